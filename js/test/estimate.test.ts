/** `estimate` through the package: what crosses, what a missing quantity costs, and that it is what `reserveBatch` does. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type BatchMessage,
  type Catalog,
  createLedger,
  createLedgerSync,
  createPreview,
  type EstimateMessage,
  isLedgerError,
  memoryStorage,
} from "sms-ledger";
import tencent from "sms-ledger/catalogs/tencent-sms";
import ucloud from "sms-ledger/catalogs/ucloud-usms";
import { acmeStorage, au_number, catalog, contents, noon, us_number } from "./support/ledgers.ts";

const now = () => noon;
const account = "acme";
const campaign = (count: number, to = au_number): BatchMessage[] =>
  Array.from({ length: count }, (_, at) => ({ id: `m${at}`, to, text: "£".repeat(at % 3 === 0 ? 161 : 20) }));
const code = (expected: string) => (error: unknown) => isLedgerError(error) && error.code === expected;

describe("an estimate", () => {
  test("is what the batch then takes, and keeps nothing", () => {
    const storage = acmeStorage();
    const ledger = createLedgerSync({ storage, catalog, now });
    const messages = campaign(240);
    const before = contents(storage);
    const estimate = ledger.estimate({ account, messages });
    assert.deepEqual(contents(storage), before);
    const { results } = ledger.reserveBatch({ account, messages, mode: "per_message" });
    const paid = new Map<string, number>();
    let refused = 0;
    for (const { ok, error } of results) {
      if (error !== undefined) refused += 1;
      for (const { package: id, segments } of ok?.draws ?? []) paid.set(id, (paid.get(id) ?? 0) + segments);
    }
    assert.deepEqual(
      estimate.packages,
      [...paid].map(([id, segments]) => ({ package: id, segments })),
    );
    assert.equal(
      estimate.unpaid.reduce((sum, { messages }) => sum + messages, 0),
      refused,
    );
    assert.ok(refused > 0);
    assert.equal(estimate.available, ledger.balance({ account }).available);
    assert.deepEqual([estimate.messages, estimate.segments], [240, 320]);
  });

  test("is the same over a store that answers later, in a preview, and by segments alone", async () => {
    const storage = acmeStorage();
    const ledger = createLedger({ storage, catalog, now });
    const messages = campaign(90);
    const estimate = await ledger.estimate({ account, messages });
    const preview = createPreview({ snapshot: await ledger.snapshot({ account }), catalog, now });
    assert.deepEqual(preview.estimate({ account, messages }), estimate);
    const sized: EstimateMessage[] = messages.map(({ to, text }) => ({
      to,
      segments: text.length > 160 ? 2 : 1,
    }));
    assert.deepEqual(await ledger.estimate({ account, messages: sized }), estimate);
  });

  test("names the cheapest purchase, which then pays all", () => {
    const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now });
    const messages = [
      ...campaign(240),
      ...campaign(90, us_number).map((one) => ({ ...one, id: `us-${one.id}` })),
    ];
    const { missing } = ledger.estimate({ account, messages });
    assert.deepEqual(
      missing.map(({ region, segments, purchase }) => [
        region,
        segments,
        purchase?.segments,
        purchase?.total,
      ]),
      [
        ["AU", 70, 100, "6.20"],
        ["US", 120, 200, "2.00"],
      ],
    );
    for (const [index, { purchase, segments }] of missing.entries()) {
      assert.equal(purchase?.unused, (purchase?.segments ?? 0) - segments);
      for (const { quote, times } of purchase?.purchases ?? [])
        for (let time = 0; time < times; time++)
          ledger.purchase({ id: `gap-${index}-${time}`, account, quote, payment: { reference: "card" } });
    }
    assert.deepEqual(ledger.estimate({ account, messages }).unpaid, []);
    const { results } = ledger.reserveBatch({ account, messages, mode: "per_message" });
    assert.ok(results.every(({ ok }) => ok !== undefined));
  });

  test("has packages in which whole messages find room where none is split", () => {
    const packs = {
      ...catalog,
      policy: { ...catalog.policy, split: "never" },
      offers: catalog.offers.map(({ recharge_quantity: _, ...offer }) => ({
        ...offer,
        quantity: { step: 10, min: 10, max: 10 },
      })),
    } as unknown as Catalog;
    const ledger = createLedgerSync({ storage: memoryStorage(), catalog: packs, now });
    ledger.openAccount({ id: account });
    // Three messages of three segments fit in a pack of ten.
    const messages = Array.from({ length: 6 }, (_, at) => ({ id: `m${at}`, to: au_number, segments: 3 }));
    const [missing] = ledger.estimate({ account, messages }).missing;
    assert.equal(missing?.segments, 18);
    const times = missing?.purchase?.purchases.reduce((sum, each) => sum + each.times, 0) ?? 0;
    const quote = missing?.purchase?.purchases[0]?.quote;
    assert.ok(quote !== undefined && times >= 3, "two packs of ten hold but six messages where one is split");
    for (let time = 0; time < times; time++)
      ledger.purchase({ id: `o${time}`, account, quote, payment: { reference: "card" } });
    assert.deepEqual(ledger.estimate({ account, messages }).unpaid, []);
  });

  test("asks for no purchase that the account may not make, nor of another purpose", () => {
    const estimateOf = (seller: Catalog, gates: string[], message: EstimateMessage) => {
      const ledger = createLedgerSync({ storage: memoryStorage(), catalog: seller, now });
      ledger.openAccount({ id: account, gates });
      return ledger.estimate({ account, messages: [message] });
    };
    const abroad = { to: us_number, text: "hello" };
    const [gated] = estimateOf(ucloud, [], abroad).unpaid;
    assert.equal(gated?.reason, "none");
    const [closed] = estimateOf(ucloud, [], { ...abroad, purpose: "general" }).missing;
    assert.equal(closed?.purchase, undefined);
    const [open] = estimateOf(ucloud, ["enterprise-certified"], { ...abroad, purpose: "general" }).missing;
    assert.equal(open?.purchase?.purchases[0]?.quote.purpose, "general");
    // Its packages pay any purpose.
    const [any] = estimateOf(tencent, [], { to: "+8613800138000", text: "你好", purpose: "general" }).missing;
    assert.ok(any?.purchase !== undefined);
    const [none] = estimateOf(ucloud, ["enterprise-certified"], {
      ...abroad,
      purpose: "carrier-pigeons",
    }).missing;
    assert.equal(none?.purchase, undefined);
  });

  test("names the orders of auto-recharge, as a preview does and as the batch then places them", async () => {
    const storage = acmeStorage();
    const ledger = createLedger({ storage, catalog, now });
    await ledger.setRecharge({ account, offer: "pack-au", threshold: 100, perDay: 3 });
    const messages = campaign(240);
    const before = contents(storage);
    const estimate = await ledger.estimate({ account, messages });
    assert.deepEqual(contents(storage), before);
    assert.deepEqual(estimate.recharges, [
      { region: "AU", offer: "pack-au", quantity: 100, total: "6.20", currency: "USD", trigger: "threshold" },
    ]);
    assert.equal(estimate.missing[0]?.segments, 70, "an order is not paid yet");
    const preview = createPreview({ snapshot: await ledger.snapshot({ account }), catalog, now });
    assert.deepEqual(preview.estimate({ account, messages }), estimate);
    const { results } = await ledger.reserveBatch({ account, messages, mode: "per_message" });
    const placed = [];
    for await (const { recharge } of ledger.events({ account }))
      if (recharge !== undefined) placed.push(recharge);
    assert.deepEqual(placed, estimate.recharges);
    const waits = results.filter(({ error }) => error?.code === "TOP_UP_REQUIRED").length;
    assert.equal(
      estimate.unpaid.reduce((sum, { messages }) => sum + messages, 0),
      waits,
    );
    assert.deepEqual((await ledger.estimate({ account, messages })).recharges, [], "one is on its way");
  });

  test("tells what cannot be sent by its place, and throws for what is no message", () => {
    const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now });
    const messages: EstimateMessage[] = [
      { to: "0412", text: "x" },
      { to: au_number, text: "x" },
    ];
    assert.deepEqual(ledger.estimate({ account, messages }).invalid, [
      { message: 0, code: "INVALID_NUMBER" },
    ]);
    const bad: unknown[] = [
      { to: au_number },
      { to: au_number, text: "x", segments: 1 },
      { to: au_number, segments: 0 },
      { to: au_number, text: "\ud800" },
      { to: au_number, text: "x", other: 1 },
    ];
    for (const message of bad)
      assert.throws(
        () => ledger.estimate({ account, messages: [message as EstimateMessage] }),
        code("INVALID_INPUT"),
      );
    assert.throws(() => ledger.estimate({ account: "nobody", messages }), code("UNKNOWN_ACCOUNT"));
    for (const [path, forged] of [
      ["at", { at: "yesterday" }],
      ["at", { at: "2027-02-29T00:00:00Z" }],
      ["at", { at: "2027-04-31T00:00:00+02:00" }],
      ["at", { at: "2026-12-31T24:00:00Z" }],
      ["currency", { currency: "" }],
      ["currency", { currency: "usd" }],
      ["currency", { currency: "DOLLARS" }],
    ] as const)
      assert.throws(
        () => ledger.estimate({ account, messages, ...forged }),
        (error) => code("INVALID_INPUT")(error) && isLedgerError(error) && error.details["path"] === path,
        JSON.stringify(forged),
      );
    ledger.estimate({ account, messages, at: "2028-02-29T23:59:59.999+14:00", currency: "EUR" });
    assert.equal(ledger.estimate({ account, messages: [] }).messages, 0);
  });

  test("takes a hundred thousand messages in one crossing", () => {
    const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now });
    const messages = campaign(100_000);
    const { segments, missing } = ledger.estimate({ account, messages });
    assert.equal(segments, 133_334);
    assert.equal(missing[0]?.segments, 133_334 - 250);
    assert.throws(
      () => ledger.estimate({ account, messages: [...messages, ...messages] }),
      code("INVALID_INPUT"),
    );
  });
});
