/** The API on memory storage: the main job, the two ledgers against each other, repeats, previews and snapshots. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLedger, createLedgerSync, isLedgerError, memoryStorage, type SyncLedger } from "sms-ledger";
import { acmeStorage, au_number, catalog, contents, noon, us_number } from "./support/ledgers.ts";

const now = () => noon;

describe("the main job", () => {
  test("open, quote, buy, preview, reserve, report, balance, explain, verify", async () => {
    const ledger = await createLedger({ storage: memoryStorage(), catalog, now });
    const account = await ledger.openAccount({ id: "acme", plan: "starter" });
    assert.deepEqual(account.catalog, { id: "cloutly", revision: 1 });
    const quote = ledger.quote({ offer: "pack-au", quantity: 300 });
    assert.equal(quote.total, "18.60");
    assert.equal(quote.currency, "USD");
    const order = await ledger.purchase({ id: "o1", account: "acme", quote, payment: { reference: "r" } });
    assert.equal(order.available, 350);
    const message = { account: "acme", to: au_number, text: "Your table is booked." };
    const preview = await ledger.preview(message);
    const reserved = await ledger.reserve({ id: "m1", ...message });
    assert.deepEqual({ ...preview, id: "m1", at: reserved.at }, reserved);
    assert.equal(reserved.available, 349);
    const outcome = await ledger.report({ id: "m1", account: "acme", stage: "delivered" });
    assert.deepEqual([outcome.state, outcome.spent, outcome.applied], ["settled", 1, true]);
    await ledger.reserve({ id: "m2", ...message });
    assert.equal((await ledger.release({ id: "m2", account: "acme" })).released, 1);
    const balance = await ledger.balance({ account: "acme" });
    assert.deepEqual([balance.available, balance.held, balance.spent], [349, 0, 1]);
    assert.equal((await ledger.packages({ account: "acme" })).length, 2);
    const explained = await ledger.explain({ account: "acme", to: us_number, text: "x" });
    assert.deepEqual(
      explained.packages.map(({ verdict }) => verdict),
      ["pays", "wrong_region"],
    );
    const { entries } = await ledger.entries({ account: "acme" });
    const kinds = ["open", "plan", "purchase", "reserve", "settle", "reserve", "release"];
    assert.deepEqual(
      entries.map(({ kind }) => kind),
      kinds,
    );
    const verified = await ledger.verify({ account: "acme" });
    assert.deepEqual(verified, { ok: true, entries: 7, hash: entries.at(-1)?.hash });
  });

  test("a message that arrived in part, and a report that says otherwise", () => {
    const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now });
    const message = { id: "m1", account: "acme" };
    ledger.reserve({ ...message, to: us_number, text: "x".repeat(400) });
    const report = { ...message, stage: "delivered" } as const;
    assert.throws(() => ledger.report({ ...report, stage: "submitted", segments: 2 }), {
      code: "INVALID_INPUT",
    });
    assert.throws(() => ledger.report({ ...report, segments: 4 }), { code: "INVALID_INPUT" });
    const outcome = ledger.report({ ...report, segments: 2 });
    assert.deepEqual([outcome.spent, outcome.released, outcome.contradicted], [2, 1, undefined]);
    const part = ledger.report(report).contradicted;
    assert.deepEqual(part, { stage: "delivered", at: new Date(noon).toISOString() });
    const late = ledger.report({ ...message, stage: "rejected", code: "21" });
    assert.deepEqual([late.spent, late.applied, late.contradicted?.code], [2, false, "21"]);
  });

  test("segments are counted at once, without a store", () => {
    const ledger = createLedger({ storage: memoryStorage(), catalog });
    const one = ledger.segments("x".repeat(160));
    assert.deepEqual([one.encoding, one.segments, one.remaining], ["GSM-7", 1, 0]);
    assert.equal(ledger.segments("x".repeat(161)).segments, 2);
    const curly = ledger.segments("It’s here");
    assert.equal(curly.encoding, "UCS-2");
    assert.deepEqual(curly.nonGsm, [{ index: 2, codePoint: 0x2019, character: "’" }]);
  });

  test("a message that nothing can pay is refused, with the reason", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now });
    const reserve = (id: string) =>
      ledger.reserve({ id, account: "acme", to: us_number, text: "x".repeat(1_000) });
    for (let id = 1; id <= 7; id++) await reserve(`m${id}`);
    const error = await reserve("m8").catch((thrown: unknown) => thrown);
    assert.ok(isLedgerError(error) && error.code === "INSUFFICIENT_BALANCE");
    assert.equal(error.details.needed, 7);
    assert.equal(error.details.region, "US");
    assert.equal(error.details.reason, "exhausted");
  });
});

/** Calls and their arguments; what each answers or throws is compared. */
const script: readonly [keyof SyncLedger, unknown][] = [
  [
    "openAccount",
    { id: "acme", plan: "growth", billingAnchor: new Date("2026-01-31T08:00:00Z"), zone: "Australia/Sydney" },
  ],
  [
    "openAccount",
    { id: "acme", plan: "growth", billingAnchor: "2026-01-31T08:00:00Z", zone: "Australia/Sydney" },
  ],
  ["openAccount", { id: "acme" }],
  ["setPlan", { account: "acme", plan: "starter" }],
  ["setPlan", { account: "acme", plan: null }],
  ["setPlan", { account: "acme" }],
  ["setPlan", { account: "acme", plan: "growth", billingAnchor: new Date("2026-01-31T08:00:00Z") }],
  ["segments", "hello €"],
  ["quote", { offer: "pack-us", quantity: 1_000, at: new Date(noon) }],
  ["quote", { offer: "pack-us", quantity: 150 }],
  ["preview", { account: "acme", to: au_number, text: "hello" }],
  ["reserve", { id: "m1", account: "acme", to: au_number, text: "hello" }],
  ["reserve", { id: "m1", account: "acme", to: au_number, text: "hello" }],
  ["reserve", { id: "m1", account: "acme", to: au_number, text: "other" }],
  ["reserve", { id: "m2", account: "acme", to: au_number, text: "x".repeat(20_000) }],
  ["reserve", { id: "m3", account: "acme", to: au_number, text: "y".repeat(15_000), attempt: 1 }],
  ["reserve", { id: "m3", account: "acme", to: au_number, text: "y".repeat(15_000), attempt: 2 }],
  [
    "setAlarms",
    { account: "acme", thresholds: [{ below: 60 }, { region: "AU", below: 99, margin: 5 }], expiryDays: [7] },
  ],
  ["setAlarms", { account: "acme", thresholds: [{ below: 0 }] }],
  ["advance", { account: "acme" }],
  ["eventPage", { account: "acme", after: 1, limit: 2 }],
  ["setCeilings", { account: "acme", ceilings: [{ region: "AU", perHour: 2, perDay: 3 }] }],
  ["reserve", { id: "m4", account: "acme", to: au_number, text: "hello" }],
  ["reserve", { id: "m5", account: "acme", to: au_number, text: "y".repeat(400) }],
  ["settings", { account: "acme" }],
  ["setCeilings", { account: "acme", ceilings: [{ region: "CA", perHour: 2 }] }],
  ["setCeilings", { account: "acme" }],
  ["settle", { id: "m1", account: "acme", segments: 1 }],
  ["settle", { id: "m1", account: "acme", segments: 1 }],
  ["release", { id: "m1", account: "acme" }],
  ["report", { id: "m1", account: "acme", stage: "undelivered", code: "30003" }],
  ["settle", { id: "none", account: "acme" }],
  ["account", { account: "acme" }],
  ["balance", { account: "acme" }],
  ["balance", { account: "acme", at: new Date("2027-03-01T00:00:00Z") }],
  ["packages", { account: "acme" }],
  ["endedPackages", { account: "acme", limit: 10 }],
  ["entries", { account: "acme", after: 1, limit: 2 }],
  ["explain", { account: "acme", to: "+4915112345678", text: "x" }],
  ["verify", { account: "acme" }],
  ["snapshot", { account: "acme" }],
  ["reserve", { id: "m1", account: "nobody", to: au_number, text: "hello" }],
  ["balance", { account: "acme", at: "yesterday" }],
  ["reserve", { id: "m1", account: "acme", to: au_number, text: "hello", urgent: true }],
];

type AnyLedger = Record<string, (input: unknown) => unknown>;

async function play(ledger: AnyLedger): Promise<unknown[]> {
  const results: unknown[] = [];
  for (const [name, input] of script) {
    try {
      results.push(await ledger[name]?.(input));
    } catch (error) {
      assert.ok(isLedgerError(error), `\`${name}\` threw ${String(error)}`);
      const { code, message, details, retryable } = error;
      results.push({ code, message, details, retryable });
    }
  }
  return results;
}

describe("the two ledgers", () => {
  test("answer and store the same", async () => {
    const [first, second] = [memoryStorage(), memoryStorage()];
    const asynchronous = await play(createLedger({ storage: first, catalog, now }) as unknown as AnyLedger);
    const synchronous = await play(
      createLedgerSync({ storage: second, catalog, now }) as unknown as AnyLedger,
    );
    assert.deepEqual(asynchronous, synchronous);
    const plain = (entry: { key: string; value: string }) => [entry.key, entry.value];
    assert.deepEqual(contents(first).map(plain), contents(second).map(plain));
  });

  test("have the same calls, but for those that read and write files", () => {
    const names = (ledger: object) => Object.keys(ledger);
    const synchronous = names(createLedgerSync({ storage: memoryStorage(), catalog }));
    const moving = ["export", "import", "retire", "reinstate", "delete"].map((verb) => `${verb}Account`);
    const asynchronous = names(createLedger({ storage: memoryStorage(), catalog }));
    assert.deepEqual(asynchronous.sort(), [...synchronous, ...moving, "idle"].sort());
  });

  test("a promise of the asynchronous ledger rejects where the input is malformed; it does not throw", async () => {
    const ledger = createLedger({ storage: memoryStorage(), catalog });
    const call = ledger.reserve({} as never);
    assert.ok(call instanceof Promise);
    await assert.rejects(call, { code: "INVALID_INPUT" });
  });

  test("a quote that is not waited for is told as such", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now: () => noon });
    const quote = ledger.quote({ account: "acme", offer: "pack-au", quantity: 100 }) as never;
    const purchase = ledger.purchase({ id: "o9", account: "acme", quote, payment: { reference: "card" } });
    await assert.rejects(purchase, { message: "`quote` is a promise: `await` it first" });
  });
});

describe("the same id again", () => {
  test("gives the first answer to the byte and writes nothing", async () => {
    const storage = acmeStorage();
    let clock = noon;
    const ledger = createLedger({ storage, catalog, now: () => clock });
    const message = { id: "m1", account: "acme", to: au_number, text: "hello" };
    const first = JSON.stringify(await ledger.reserve(message));
    const before = contents(storage);
    clock += 60_000;
    await ledger.balance({ account: "acme" });
    assert.equal(JSON.stringify(await ledger.reserve(message)), first);
    assert.deepEqual(contents(storage), before);
    // So does a ledger that has never seen the account.
    const fresh = createLedger({ storage, catalog, now: () => clock });
    assert.equal(JSON.stringify(await fresh.reserve(message)), first);
    assert.deepEqual(contents(storage), before);
  });

  test("of a hundred at once one is applied, and all get its answer", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now });
    const message = { id: "m1", account: "acme", to: au_number, text: "hello" };
    const answers = await Promise.all(Array.from({ length: 100 }, () => ledger.reserve(message)));
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    assert.equal((await ledger.balance({ account: "acme" })).held, 1);
  });

  test("with another body is refused and changes nothing", async () => {
    const storage = acmeStorage();
    const ledger = createLedger({ storage, catalog, now });
    await ledger.reserve({ id: "m1", account: "acme", to: au_number, text: "hello" });
    const before = contents(storage);
    const reused = ledger.reserve({ id: "m1", account: "acme", to: au_number, text: "hello!" });
    await assert.rejects(reused, { code: "ID_REUSED", details: { id: "m1" } });
    assert.deepEqual(contents(storage), before);
  });

  test("a refused message stays refused; its next attempt may succeed", async () => {
    const storage = memoryStorage();
    const ledger = createLedger({ storage, catalog, now });
    await ledger.openAccount({ id: "acme" });
    const message = { id: "m1", account: "acme", to: au_number, text: "hello" };
    await assert.rejects(ledger.reserve(message), { code: "INSUFFICIENT_BALANCE" });
    const quote = ledger.quote({ offer: "pack-au", quantity: 100 });
    await ledger.purchase({ id: "o1", account: "acme", quote, payment: { reference: "r" } });
    await assert.rejects(ledger.reserve(message), { code: "INSUFFICIENT_BALANCE" });
    assert.equal((await ledger.reserve({ ...message, attempt: 2 })).available, 99);
  });
});

describe("a plan", () => {
  test("is chosen, raised at once, lowered and cancelled with the next period", async () => {
    const ledger = createLedger({ storage: memoryStorage(), catalog, now });
    await ledger.openAccount({ id: "acme" });
    const begun = await ledger.setPlan({ account: "acme", plan: "starter" });
    assert.equal(begun.plan, "starter");
    assert.equal(begun.renewsAt, "2026-12-20T12:00:00.000Z");
    const available = async (): Promise<number> => (await ledger.balance({ account: "acme" })).available;
    assert.equal(await available(), 50);
    assert.equal((await ledger.setPlan({ account: "acme", plan: "growth" })).plan, "growth");
    assert.equal(await available(), 100);
    const lowered = await ledger.setPlan({ account: "acme", plan: "essentials" });
    assert.deepEqual([lowered.plan, lowered.nextPlan, lowered.planEnds], ["growth", "essentials", undefined]);
    const cancelled = await ledger.setPlan({ account: "acme", plan: null });
    assert.deepEqual([cancelled.plan, cancelled.nextPlan, cancelled.planEnds], ["growth", undefined, true]);
    assert.equal(await available(), 100);
    assert.equal((await ledger.balance({ account: "acme", at: "2026-12-20T12:00:00Z" })).available, 0);
  });
});

describe("a preview", () => {
  test("writes nothing and equals the reserve, within a group as well", async () => {
    const storage = acmeStorage();
    const ledger = createLedger({ storage, catalog, now });
    const before = contents(storage);
    for (const text of ["hello", "x".repeat(161), "😀".repeat(40), "x".repeat(153 * 60)]) {
      const preview = await ledger.preview({ account: "acme", to: au_number, text });
      assert.deepEqual(contents(storage), before);
      const copy = createLedger({
        storage: memoryStorage(await ledger.snapshot({ account: "acme" })),
        catalog,
        now,
      });
      const {
        id: _id,
        at: _at,
        ...reserved
      } = await copy.reserve({ id: "m", account: "acme", to: au_number, text });
      assert.deepEqual(preview, reserved);
    }
  });

  test("on a snapshot in another store gives the same", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now });
    const snapshot = JSON.parse(JSON.stringify(await ledger.snapshot({ account: "acme" })));
    const elsewhere = createLedger({ storage: memoryStorage(snapshot), catalog, now });
    const message = { account: "acme", to: au_number, text: "hello" };
    assert.deepEqual(await elsewhere.preview(message), await ledger.preview(message));
    assert.deepEqual(await elsewhere.balance({ account: "acme" }), await ledger.balance({ account: "acme" }));
  });
});

describe("the clock", () => {
  test("may give a number, a Date or a text", async () => {
    for (const given of [noon, new Date(noon), "2026-11-20T12:00:00Z", "2026-11-20T23:00:00+11:00"]) {
      const ledger = createLedger({ storage: memoryStorage(), catalog, now: () => given });
      assert.equal((await ledger.openAccount({ id: "a" })).openedAt, "2026-11-20T12:00:00.000Z");
    }
  });

  test("may not give anything else", async () => {
    for (const given of [Number.NaN, Number.POSITIVE_INFINITY, new Date("no"), "noon", null, 9e15]) {
      const ledger = createLedger({ storage: memoryStorage(), catalog, now: (() => given) as () => number });
      const error = await ledger.openAccount({ id: "a" }).catch((thrown: unknown) => thrown);
      assert.ok(isLedgerError(error) && error.code === "INVALID_INPUT");
      assert.equal(error.details.path, "now");
      assert.throws(() => ledger.quote({ offer: "pack-au", quantity: 100 }), { code: "INVALID_INPUT" });
    }
  });
});
