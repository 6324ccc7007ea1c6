/** The feed of events through the package: alarms and notices, followed from where one left off. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createLedger,
  createLedgerSync,
  type EntriesRequest,
  type LedgerEvent,
  memoryStorage,
} from "sms-ledger";
import catalog from "sms-ledger/catalogs/cloutly";

const account = "acme";
const to = "+61412345678";
const now = () => "2026-11-21T12:00:00Z";

describe("events", () => {
  test("come once, in order, and go on where one left off", async () => {
    const ledger = createLedger({ storage: memoryStorage(), catalog, now });
    await ledger.openAccount({ id: account });
    await ledger.adjust({ id: "a1", account, segments: 10, reason: "test" });
    await ledger.setAlarms({ account, thresholds: [{ below: 9 }, { region: "AU", below: 8 }] });
    for (const id of ["m1", "m2", "m3"]) await ledger.reserve({ id, account, to, text: "hello" });
    const seen: LedgerEvent[] = [];
    for await (const event of ledger.events({ account })) seen.push(event);
    assert.deepEqual(
      seen.map(({ id, low }) => [id, low]),
      [
        ["open/1", undefined],
        ["adjust/2", undefined],
        ["alarm/5", [{ below: 9, usable: 8 }]],
        ["alarm/7", [{ region: "AU", below: 8, usable: 7 }]],
      ],
    );
    const after = seen.at(-1)?.sequence;
    const later: string[] = [];
    await ledger.adjust({ id: "a2", account, segments: 1, reason: "test" });
    for await (const event of ledger.events({ account, after })) later.push(event.id);
    assert.deepEqual(later, ["adjust/8"]);
  });

  test("of a synchronous ledger are an ordinary iterator over any number of pages", () => {
    const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now });
    ledger.openAccount({ id: account });
    for (let n = 0; n < 250; n++) ledger.adjust({ id: `a${n}`, account, segments: 1, reason: "test" });
    const sequences = Array.from(ledger.events({ account }), ({ sequence }) => sequence);
    assert.deepEqual(
      sequences,
      Array.from({ length: 251 }, (_, index) => index + 1),
    );
    assert.throws(() => [...ledger.events({ account: "nobody" })], { code: "UNKNOWN_ACCOUNT" });
  });

  test("are written by `advance` when nothing else is", () => {
    let at = "2026-11-21T12:00:00Z";
    const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now: () => at });
    ledger.openAccount({ id: account });
    ledger.adjust({ id: "a1", account, segments: 5, reason: "test", expiresAt: "2026-12-01T00:00:00Z" });
    ledger.setAlarms({ account, expiryDays: [3], thresholds: [{ below: 1 }] });
    const kinds = (): string[] => Array.from(ledger.events({ account }), ({ kind }) => kind);
    for (let due = ledger.balance({ account }).nextDue; due !== undefined; ) {
      at = due;
      due = ledger.advance({ account }).nextDue;
    }
    assert.deepEqual(kinds(), ["open", "adjust", "expiring", "expire", "alarm"]);
  });
});

test("the journal is read from either end, and by kinds", () => {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now });
  ledger.openAccount({ id: account, plan: "starter" });
  ledger.adjust({ id: "a1", account, segments: 10, reason: "test" });
  const kinds = (input: Partial<EntriesRequest>): string[] =>
    ledger.entries({ account, ...input }).entries.map(({ kind }) => kind);
  assert.deepEqual(kinds({}), ["open", "plan", "adjust"]);
  assert.deepEqual(kinds({ reverse: true, limit: 2 }), ["adjust", "plan"]);
  assert.deepEqual(kinds({ kinds: ["plan", "open"], reverse: true }), ["plan", "open"]);
  assert.equal(ledger.entries({ account, reverse: true, limit: 2 }).next, 2);
});
