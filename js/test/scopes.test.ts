/** What a message says beside its number and text, accounts that are suspended, and the seller's own codes, through the package. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLedgerSync, isLedgerError, memoryStorage } from "sms-ledger";
import tencent from "sms-ledger/catalogs/tencent-sms";
import { au_number, catalog, noon } from "./support/ledgers.ts";

const account = "acme";
const now = () => noon;

function opened() {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now });
  ledger.openAccount({ id: account });
  const give = (id: string, scope: { purpose?: string; project?: string }) =>
    ledger.adjust({ id, account, segments: 10, reason: "test", region: "AU", ...scope });
  give("a1", { purpose: "codes" });
  give("a2", { project: "shop" });
  return ledger;
}

function refused(call: () => unknown): { code: string; reason?: unknown; sellerCode?: string } {
  try {
    call();
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    const { reason } = error.details as { reason?: unknown };
    return { code: error.code, reason, ...(error.sellerCode === undefined ? {} : error) };
  }
  throw new Error("must be refused");
}

describe("purpose and project", () => {
  test("decide who pays, in reserve, preview and explain alike", () => {
    const ledger = opened();
    const message = { account, to: au_number, text: "x" };
    for (const [tags, payer] of [
      [{ purpose: "codes" }, "p1"],
      [{ project: "shop" }, "p2"],
      [{ purpose: "codes", project: undefined }, "p1"],
    ] as const) {
      const said = { ...message, ...tags };
      assert.equal(ledger.preview(said).draws[0]?.package, payer);
      const { packages } = ledger.explain(said);
      assert.equal(packages.find(({ verdict }) => verdict === "pays")?.package, payer);
      assert.equal(
        ledger.reserve({ id: JSON.stringify(tags).slice(2, 9), ...said }).draws[0]?.package,
        payer,
      );
    }
    assert.equal(refused(() => ledger.reserve({ id: "m", ...message })).reason, "wrong_project");
    const other = { ...message, purpose: "news", project: "blog" };
    assert.equal(refused(() => ledger.preview(other)).reason, "wrong_project");
    assert.deepEqual(
      ledger.balance({ account }).pools.map(({ purpose, project }) => purpose ?? project),
      ["shop", "codes"],
    );
  });

  test("are ids, and part of the message", () => {
    const ledger = opened();
    const message = { id: "m", account, to: au_number, text: "x" };
    for (const wrong of ["", "two words", 7, null])
      assert.equal(
        refused(() => ledger.reserve({ ...message, purpose: wrong as string })).code,
        "INVALID_INPUT",
      );
    ledger.reserve({ ...message, purpose: "codes" });
    assert.equal(refused(() => ledger.reserve(message)).code, "ID_REUSED");
  });
});

test("a suspended account sends nothing until it is resumed, and a closed one never", () => {
  const ledger = opened();
  const message = { account, to: au_number, text: "x", purpose: "codes" };
  assert.equal(ledger.suspend({ account, reason: "overdue" }).state, "suspended");
  assert.equal(refused(() => ledger.reserve({ id: "m1", ...message })).reason, "suspended");
  assert.equal(ledger.resume({ account, reason: "paid" }).state, "active");
  ledger.reserve({ id: "m1", attempt: 2, ...message });
  assert.equal(ledger.close({ account, reason: "moved" }).state, "closed");
  assert.equal(refused(() => ledger.reserve({ id: "m2", ...message })).code, "ACCOUNT_CLOSED");
  assert.equal(ledger.release({ id: "m1", account }).state, "released");
  assert.equal(ledger.verify({ account }).ok, true);
});

test("a package that waits is activated early, and a date is the end of that day where the seller is", () => {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog: tencent, now });
  ledger.openAccount({ id: account });
  const quote = ledger.quote({ offer: "cn-custom", quantity: 1_000 });
  ledger.purchase({ id: "o", account, quote, payment: { reference: "paid" } });
  assert.equal(ledger.packages({ account })[0]?.status, "pending");
  const activated = ledger.activate({ account, package: "p1" });
  assert.deepEqual([activated.id, activated.status], ["p1", "effective"]);
  assert.equal(activated.effectiveAt, new Date(noon).toISOString());
  assert.deepEqual(ledger.activate({ account, package: "p1" }), activated);
  assert.equal(refused(() => ledger.activate({ account, package: "p9" })).code, "UNKNOWN_PACKAGE");
  ledger.adjust({ id: "a", account, segments: 5, reason: "gift", region: "CN", expiresAt: "2026-12-31" });
  assert.equal(ledger.packages({ account })[1]?.expiresAt, "2026-12-31T16:00:00.000Z");
  const later = ledger.packages({ account, at: "2026-12-31T16:00:00Z" });
  assert.deepEqual([later[1]?.status, later[1]?.expired], ["expired", 5]);
  assert.equal(ledger.verify({ account }).ok, true);
});

test("what no message could use is stranded", () => {
  const regions = catalog.regions.map((each) =>
    each.code === "AU" ? { ...each, gates: ["certified"] } : each,
  );
  const asking = { ...catalog, regions };
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog: asking, now });
  ledger.openAccount({ id: account });
  ledger.adjust({ id: "a1", account, segments: 10, reason: "test", region: "AU" });
  ledger.adjust({ id: "a2", account, segments: 7, reason: "test", region: "US" });
  const stranded = () => [
    ledger.balance({ account }).stranded,
    ...ledger.packages({ account }).map((each) => each.stranded),
  ];
  assert.deepEqual(stranded(), [10, 10, undefined]);
  assert.equal(
    refused(() => ledger.reserve({ id: "m", account, to: au_number, text: "x" })).code,
    "GATE_CLOSED",
  );
  ledger.setGates({ account, gates: ["certified"] });
  assert.deepEqual(stranded(), [0, undefined, undefined]);
});

test("an error carries the seller's own code, alone where there is one", () => {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog: tencent, now });
  ledger.openAccount({ id: account });
  const call = () => ledger.reserve({ id: "m", account, to: "+8613800138000", text: "x" });
  assert.deepEqual([refused(call).sellerCode, refused(call).sellerCode], ["1031", "1031"]);
  assert.equal("sellerCode" in refused(() => ledger.order({ account, id: "o" })), false);
});
