/** Earlier charge models and the migration away from them, through the package. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Catalog,
  createLedger,
  createLedgerSync,
  createPreview,
  isLedgerError,
  memoryStorage,
  type SyncLedger,
} from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { au_number, noon, us_number } from "./support/ledgers.ts";

const account = "acme";

/** `cloutly` of a shop that knows the rates of its earlier model. */
const catalog: Catalog = {
  ...cloutly,
  revision: cloutly.revision + 1,
  legacy: (cloutly.legacy ?? []).map((model) => ({ ...model, rates: [{ region: "AU", credits: "1.5" }] })),
};
const two = "a".repeat(306);

function opened(given: Catalog = catalog): SyncLedger {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog: given, now: () => noon });
  ledger.openAccount({ id: account, plan: "starter", createdAt: "2024-05-01T00:00:00Z" });
  return ledger;
}

function details(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    assert.ok(isLedgerError(error), `${error}`);
    return { code: error.code, ...error.details };
  }
  assert.fail("must be refused");
}

test("a message under an earlier model says its segments and its credits", async () => {
  const ledger = opened();
  assert.equal(ledger.account({ account }).chargeModel, "credits");
  const preview = { region: "AU", encoding: "GSM-7", segments: 2, credits: 3, available: 47 };
  const draws = [{ package: "p1", segments: 3 }];
  assert.deepEqual(ledger.preview({ account, to: au_number, text: two }), { ...preview, draws });
  const reserved = ledger.reserve({ id: "m1", account, to: au_number, text: two });
  assert.deepEqual(reserved, { id: "m1", ...preview, draws, at: reserved.at });
  const ucs2 = ledger.reserve({ id: "m2", account, to: au_number, text: "я".repeat(70) });
  assert.deepEqual([ucs2.encoding, ucs2.segments, ucs2.credits], ["UCS-2", 1, 1]);
  const messages = [
    { id: "m3", to: au_number, text: two },
    { id: "m4", to: us_number, text: two },
  ];
  const { results } = ledger.reserveBatch({ account, messages, mode: "per_message" });
  assert.deepEqual(results[0]?.ok?.credits, 3);
  assert.equal(results[1]?.error?.details["reason"], "unrated_region");
  const whole = messages.slice(0, 1);
  assert.deepEqual(ledger.reserveBatch({ account, messages: whole, mode: "all_or_nothing" }).results, [
    results[0],
  ]);
  assert.equal(ledger.explain({ account, to: au_number, text: two }).credits, 3);
  const outcome = ledger.settle({ id: "m1", account, segments: 1 });
  assert.deepEqual(
    [outcome.segments, outcome.credits, outcome.spent, outcome.released, outcome.applied],
    [2, 3, 1, 2, true],
  );
  const asynchronous = createLedger({ storage: memoryStorage(), catalog, now: () => noon });
  await asynchronous.openAccount({ id: account, plan: "starter", createdAt: new Date("2024-05-01") });
  assert.deepEqual(await asynchronous.reserve({ id: "m1", account, to: au_number, text: two }), reserved);
});

test("a message of a new account has segments only", () => {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now: () => noon });
  ledger.openAccount({ id: account, plan: "starter" });
  const reserved = ledger.reserve({ id: "m1", account, to: au_number, text: two });
  assert.ok(!("credits" in reserved));
  assert.ok(!("credits" in ledger.release({ id: "m1", account })));
});

test("the profile by itself has no rates", () => {
  const ledger = opened(cloutly);
  assert.deepEqual(
    details(() => ledger.reserve({ id: "m1", account, to: au_number, text: two })),
    {
      code: "UNKNOWN_REGION",
      reason: "unrated_region",
      region: "AU",
      needed: 2,
      available: 50,
      at: new Date(noon).toISOString(),
      nextAttempt: 2,
    },
  );
});

test("a migration is tried, made, seen in packages and events, and taken back", () => {
  const ledger = opened();
  const input = { id: "to-credits", account, ratio: { from: 3, to: 2 }, reason: "on request" };
  const would = ledger.migrate({ ...input, dryRun: true });
  const exchange = { package: "p1", name: "Starter plan credits", before: 50, after: 34 };
  assert.deepEqual([would.dryRun, would.exchanges], [true, [exchange]]);
  const preview = createPreview({ snapshot: ledger.snapshot({ account }), catalog, now: () => noon });
  const migrated = ledger.migrate(input);
  const { dryRun: _, exchanges: __, ...same } = would;
  assert.deepEqual(migrated, same);
  assert.deepEqual(migrated.ratio, { from: 3, to: 2, rounding: "up" });
  assert.deepEqual(preview.migrate(input), migrated);
  assert.deepEqual(preview.packages({ account }), ledger.packages({ account }));
  assert.deepEqual(ledger.packages({ account })[0]?.exchanged, 50);
  const events = [...ledger.events({ account })];
  assert.deepEqual(
    events.slice(-2).map((event) => [event.id, event.reference, event.ratio?.from, event.reason]),
    [
      ["migrate/3", "to-credits", 3, "on request"],
      ["exchange/4", "p1", 3, undefined],
    ],
  );
  assert.deepEqual(
    details(() => ledger.migrate({ ...input, id: "again" })),
    { code: "NOT_MIGRATABLE", id: "again", reason: "migrated", migration: "to-credits" },
  );
  const reverted = ledger.revertMigration({ id: "to-credits", account });
  assert.equal(reverted.revertedAt, new Date(noon).toISOString());
  assert.equal(ledger.balance({ account }).available, 50);
  ledger.migrate({ ...input, id: "again" });
  ledger.reserve({ id: "m1", account, to: us_number, text: "Hi" });
  assert.deepEqual(
    details(() => ledger.revertMigration({ id: "again", account })),
    { code: "NOT_REVERTIBLE", id: "again", reason: "moved", entry: 9 },
  );
  assert.deepEqual(
    details(() => ledger.revertMigration({ id: "other", account })),
    { code: "UNKNOWN_MIGRATION", id: "other" },
  );
  assert.equal(ledger.verify({ account }).ok, true);
});
