/** The preview is the bill: what a snapshot's copy is told, it answers as the ledger itself does. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Catalog, createLedgerSync, createPreview, isLedgerError, type SyncLedger } from "sms-ledger";
import { acmeStorage, au_number, catalog, contents, noon, us_number } from "./support/ledgers.ts";

const account = "acme";

/** With messages that are held for a year: a snapshot does not know when those of before time out. */
const patient = JSON.parse(
  JSON.stringify(catalog).replace('"policy":{', '"policy":{"hold":{"hours":8784,"then":"settle"},'),
) as Catalog;

/** A small generator, so that a failing history is the same again: mulberry32. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b_79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

type Call = (ledger: SyncLedger) => unknown;

/** A command or query that needs no record of before: a snapshot has none. */
function call(next: (below: number) => number, id: string): Call {
  const to = [au_number, us_number, "+14165550123", "0412"][next(4)] as string;
  const text = "я".repeat(1 + next(400));
  const message = { id, account, to, text };
  switch (next(9)) {
    case 0:
      return (ledger) => ledger.balance({ account, at: new Date(noon + 300 * 86_400_000) });
    case 1:
      return (ledger) => ledger.adjust({ id, account, segments: 7, reason: "goodwill" });
    case 2:
      return (ledger) => ledger.explain({ account, to, text });
    case 3: {
      const quantity = 100 * (1 + next(3));
      return (ledger) => {
        const quote = ledger.quote({ offer: "pack-us", quantity });
        return ledger.purchase({ id, account, quote, payment: { reference: id } });
      };
    }
    case 4: {
      const mode = next(2) === 0 ? "all_or_nothing" : "per_message";
      const { account: _, ...own } = message;
      const messages = [own, { ...own, id: `${id}-2` }, { ...own, id: `${id}-3`, to: au_number }];
      return (ledger) => ledger.reserveBatch({ account, messages, mode });
    }
    default:
      return (ledger) => ledger.reserve(message);
  }
}

function told(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    assert.ok(isLedgerError(error), String(error));
    return { code: error.code, message: error.message, details: error.details };
  }
}

describe("a preview of a snapshot", () => {
  test("answers as the bill does, in thousands of random histories", () => {
    let commands = 0;
    for (let seed = 1; seed <= 2_000; seed++) {
      const next = random(seed);
      let clock = noon;
      const now = (): number => clock;
      const ledger = createLedgerSync({ storage: acmeStorage(), catalog: patient, now });
      for (let step = next(4); step > 0; step--) {
        clock += next(20) * 86_400_000;
        const before = call(next, `before-${step}`);
        told(() => before(ledger));
      }
      const preview = createPreview({ snapshot: ledger.snapshot({ account }), catalog: patient, now });
      for (let step = 1 + next(3); step > 0; step--) {
        clock += next(3) * 86_400_000;
        const one = call(next, `m${step}`);
        const previewed = told(() => one(preview));
        assert.deepEqual(
          told(() => one(ledger)),
          previewed,
          `seed ${seed}`,
        );
        commands += 1;
      }
      assert.deepEqual(preview.balance({ account }), ledger.balance({ account }), `seed ${seed}`);
    }
    assert.ok(commands >= 3_000);
  });

  test("keeps held what was held before, for as long as it lasts", () => {
    let clock = noon;
    const now = (): number => clock;
    const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now });
    ledger.reserve({ id: "before", account, to: au_number, text: "x" });
    const preview = createPreview({ snapshot: ledger.snapshot({ account }), catalog, now });
    preview.reserve({ id: "own", account, to: au_number, text: "x" });
    clock += 72 * 3_600_000;
    const counts = ({ held, spent }: { held: number; spent: number }): number[] => [held, spent];
    assert.deepEqual(counts(preview.balance({ account })), [1, 1]);
    assert.deepEqual(counts(ledger.balance({ account })), [0, 1]);
  });

  test("leaves no trace of itself", () => {
    const storage = acmeStorage();
    const ledger = createLedgerSync({ storage, catalog, now: () => noon });
    const snapshot = ledger.snapshot({ account });
    const before = [contents(storage), structuredClone(snapshot)];
    const preview = createPreview({ snapshot, catalog, now: () => noon });
    assert.equal(preview.reserve({ id: "m1", account, to: au_number, text: "x" }).available, 249);
    assert.equal(preview.balance({ account }).held, 1);
    assert.deepEqual([contents(storage), snapshot], before);
    assert.equal(createPreview({ snapshot, catalog, now: () => noon }).balance({ account }).held, 0);
  });

  test("has no past", () => {
    const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now: () => noon + 1_000 });
    ledger.reserve({ id: "m1", account, to: au_number, text: "x" });
    const preview = createPreview({
      snapshot: ledger.snapshot({ account }),
      catalog,
      now: () => noon + 2_000,
    });
    const past = { account, at: new Date(noon) };
    assert.equal(ledger.balance(past).available, 250);
    const missing = (error: unknown): boolean => isLedgerError(error) && error.code === "INVALID_INPUT";
    assert.throws(() => preview.balance(past), missing);
    preview.reserve({ id: "m2", account, to: au_number, text: "x" });
    assert.throws(() => preview.packages(past), missing);
  });

  test("takes nothing but a snapshot", () => {
    for (const [options, path] of [
      [{ catalog }, "snapshot"],
      [{ snapshot: { partition: 1, entries: [] }, catalog }, "snapshot.partition"],
      [{ snapshot: { partition: account, entries: [] }, catalog, storage: {} }, "storage"],
      [{ snapshot: { partition: account, entries: [] } }, "catalog"],
    ] as const)
      assert.throws(
        () => createPreview(options as never),
        (error) => isLedgerError(error) && error.code === "INVALID_INPUT" && error.details.path === path,
        path,
      );
  });
});
