/** `reserveBatch`: many messages in one call, over stores that answer at once and later, that fail and that are small. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type BatchMessage,
  type BatchResults,
  createLedger,
  createLedgerSync,
  isLedgerError,
  type Storage,
} from "sms-ledger";
import {
  acmeStorage,
  au_number,
  byLines,
  catalog,
  contents,
  counting,
  noon,
  slow,
  us_number,
} from "./support/ledgers.ts";

const now = () => noon;
const account = "acme";
const messages = (count: number, from = 0): BatchMessage[] =>
  Array.from({ length: count }, (_, at) => ({ id: `m${from + at}`, to: au_number, text: `hello ${at % 7}` }));
const codes = ({ results }: BatchResults): string[] =>
  results.map(({ ok, error }) => (ok === undefined ? error.code : ok.id));
const code = (expected: string) => (error: unknown) => isLedgerError(error) && error.code === expected;

describe("a batch per message", () => {
  test("gives each what it would get by itself, in order", async () => {
    const [one, other] = [acmeStorage(), acmeStorage()];
    const list: BatchMessage[] = [
      ...messages(120),
      { id: "us", to: us_number, text: "£".repeat(161) },
      { id: "cyrillic", to: au_number, text: "я".repeat(71) },
      { id: "no-number", to: "0412", text: "x" },
      { id: "canada", to: "+14165550123", text: "x" },
      { id: "m0", to: au_number, text: "hello 0" },
      { id: "m0", to: au_number, text: "another body" },
      { id: "tagged", to: au_number, text: "x", purpose: "marketing", project: "caf\u00e9" },
      { id: "late", to: au_number, text: "x", attempt: 2 },
      ...messages(140, 200),
    ];
    const ledger = createLedgerSync({ storage: one, catalog, now });
    const batch = ledger.reserveBatch({ account, messages: list, mode: "per_message" });
    const singly = createLedgerSync({ storage: other, catalog, now });
    const expected = list.map((message) => {
      try {
        return { ok: singly.reserve({ account, ...message }) };
      } catch (error) {
        return { error };
      }
    });
    assert.deepEqual(batch.results, expected);
    assert.equal(batch.reserved, expected.filter(({ ok }) => ok !== undefined).length);
    const values = (storage: typeof one): unknown =>
      byLines(contents(storage).map(({ key, value }) => [key, value]));
    assert.deepEqual(values(one), values(other));
    const again = createLedger({ storage: one, catalog, now: () => noon + 1_000 });
    assert.deepEqual(await again.reserveBatch({ account, messages: list, mode: "per_message" }), batch);
  });

  test("spans many commits, and what is not committed is not reported as reserved", async () => {
    const memory = acmeStorage();
    let commits = 0;
    const storage: Storage = {
      ...memory,
      limits: { checks: 9, writes: 64 },
      commit(partition, batch) {
        commits += 1;
        // The fourth is applied and its answer lost.
        if (commits === 4) {
          memory.commit(partition, batch);
          throw new Error("the connection was lost");
        }
        return memory.commit(partition, batch);
      },
    };
    const ledger = createLedger({ storage, catalog, now, queue: 16 });
    const list = messages(100);
    const first = await ledger.reserveBatch({ account, messages: list, mode: "per_message" });
    assert.equal(first.reserved, 24);
    for (const [index, { ok, error }] of first.results.entries()) {
      assert.equal(ok !== undefined, index < 24, `${index}`);
      if (error === undefined) continue;
      assert.deepEqual([error.code, error.retryable], ["STORAGE_UNAVAILABLE", true]);
      // Of those in the lost commit nobody knows; those behind were never tried.
      assert.equal(error.outcomeUnknown === true, index < 32, `${index}`);
    }
    assert.equal((await createLedger({ storage: memory, catalog, now }).balance({ account })).held, 32);
    const second = await ledger.reserveBatch({ account, messages: list, mode: "per_message" });
    assert.equal(second.reserved, 100);
    assert.deepEqual(second.results.slice(0, 24), first.results.slice(0, 24));
    assert.equal((await ledger.balance({ account })).held, 100);
  });

  test("goes on beside other calls over a store that answers later", async () => {
    const memory = acmeStorage();
    const ledger = createLedger({ storage: slow(memory, 1), catalog, now });
    const [one, two, other] = await Promise.all([
      ledger.reserveBatch({ account, messages: messages(60), mode: "per_message" }),
      ledger.reserveBatch({ account, messages: messages(60, 30), mode: "per_message" }),
      ledger.reserve({ id: "single", account, to: au_number, text: "x" }),
    ]);
    // Those in the middle have other texts in the two.
    assert.equal(one.reserved, 60);
    assert.ok(
      two.results.slice(0, 30).every(({ ok, error }) => ok !== undefined || error.code === "ID_REUSED"),
    );
    assert.ok(two.results.slice(30).every(({ ok }) => ok !== undefined));
    assert.equal(other.id, "single");
    const { held } = await ledger.balance({ account });
    assert.equal(held, 91);
  });

  test("is refused as a whole where the account or the shape is wrong", () => {
    const storage = acmeStorage();
    const ledger = createLedgerSync({ storage, catalog, now });
    const before = contents(storage);
    const batch = (input: unknown) => () => ledger.reserveBatch(input as never);
    const mode = "per_message";
    assert.throws(batch({ account: "nobody", messages: messages(2), mode }), code("UNKNOWN_ACCOUNT"));
    for (const [input, path] of [
      [{ account: "no id", messages: messages(2), mode }, "account"],
      [{ account, messages: messages(2) }, "mode"],
      [{ account, messages: messages(2), mode, to: au_number }, "to"],
      [{ account, messages: {}, mode }, "messages"],
      [{ account, messages: new Array(100_001).fill(messages(1)[0]), mode }, "messages"],
      [{ account, messages: [...messages(1), { id: "a", to: 1, text: "" }], mode }, "messages[1].to"],
      [{ account, messages: [{ id: "a", to: "", text: "\ud800" }], mode }, "messages[0].text"],
      [{ account, messages: [{ id: "a", to: "", text: "", account }], mode }, "messages[0].account"],
      [{ account, messages: [{ id: "a", to: "", text: "", attempt: 0 }], mode }, "messages[0].attempt"],
      [{ account, messages: ["a"], mode }, "messages[0]"],
    ] as const)
      assert.throws(batch(input), (error) => isLedgerError(error) && error.details.path === path, path);
    assert.deepEqual(contents(storage), before);
    assert.deepEqual(ledger.reserveBatch({ account, messages: [], mode }), { reserved: 0, results: [] });
  });
});

describe("a batch of all or none", () => {
  const mode = "all_or_nothing";

  test("is one commit, and its results are those of each message", async () => {
    const { storage, calls } = counting(acmeStorage());
    const ledger = createLedger({ storage, catalog, now });
    await ledger.balance({ account });
    Object.assign(calls, { get: 0, list: 0, commit: 0 });
    const list = [{ id: "us", to: us_number, text: "я".repeat(71) }, ...messages(200)];
    const batch = await ledger.reserveBatch({ account, messages: list, mode });
    assert.deepEqual([calls.get, calls.list, calls.commit], [0, 0, 1]);
    assert.equal(batch.reserved, 201);
    assert.deepEqual(
      codes(batch),
      list.map(({ id }) => id),
    );
    const single = createLedgerSync({ storage: acmeStorage(), catalog, now });
    const each = list.map((message) => ({ ok: single.reserve({ account, ...message }) }));
    assert.deepEqual(batch.results, each);
    assert.deepEqual(await ledger.reserveBatch({ account, messages: list, mode }), batch);
  });

  test("is refused with the place of the first that cannot be reserved", async () => {
    const storage = acmeStorage();
    const ledger = createLedger({ storage, catalog, now });
    const list = messages(251);
    const refused = await ledger
      .reserveBatch({ account, messages: list, mode })
      .catch((error: unknown) => error);
    assert.ok(isLedgerError(refused) && refused.code === "INSUFFICIENT_BALANCE");
    assert.deepEqual([refused.details.message, refused.details.nextAttempt], [250, 2]);
    assert.equal((await ledger.balance({ account })).held, 0);
    const malformed = [...messages(2), { id: "a", to: "0412", text: "x" }];
    const wrong = await ledger
      .reserveBatch({ account, messages: malformed, mode })
      .catch((error: unknown) => error);
    assert.ok(isLedgerError(wrong) && wrong.code === "INVALID_NUMBER");
    assert.deepEqual([wrong.details.path, wrong.details.message], ["messages[2].to", 2]);
    await assert.rejects(
      ledger.reserveBatch({ account: "nobody", messages: list, mode }),
      code("UNKNOWN_ACCOUNT"),
    );
  });

  test("never comes to a half where the store takes less at once", async () => {
    const memory = acmeStorage();
    const ledger = createLedger({ storage: { ...memory, limits: { checks: 9, writes: 64 } }, catalog, now });
    const tooLarge = await ledger
      .reserveBatch({ account, messages: messages(9), mode })
      .catch((error: unknown) => error);
    assert.ok(isLedgerError(tooLarge) && tooLarge.code === "BATCH_TOO_LARGE");
    assert.deepEqual(tooLarge.details, { path: "messages", messages: 9, messagesMax: 8 });
    const batch = await ledger.reserveBatch({ account, messages: messages(8), mode });
    assert.equal(batch.reserved, 8);
  });

  test("of many messages fits a store in memory", () => {
    const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now });
    const quote = ledger.quote({ offer: "pack-au", quantity: 20_000 });
    ledger.purchase({ id: "more", account, quote, payment: { reference: "card" } });
    const batch = ledger.reserveBatch({ account, messages: messages(20_000), mode });
    assert.equal(batch.reserved, 20_000);
    assert.equal(ledger.balance({ account }).held, 20_000);
  });
});
