/** The catalogs that ship, and what can be asked of catalogs without a ledger. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  type Catalog,
  compare,
  createLedgerSync,
  createPricing,
  diffCatalogs,
  isLedgerError,
  memoryStorage,
  type QuoteRequest,
  validateCatalog,
} from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import tencent from "sms-ledger/catalogs/tencent-sms";
import live from "sms-ledger/catalogs/tencent-sms-live";
import ucloud from "sms-ledger/catalogs/ucloud-usms";
import { profiles } from "../scripts/profiles.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (file: string): string => readFileSync(`${root}${file}`, "utf8");
const all: readonly Catalog[] = [cloutly, tencent, live, ucloud];
const noon = "2026-11-21T12:00:00Z";

interface Row {
  vendor: string;
  kind: string;
  country: string;
  purpose?: string;
  unit_price: string;
  tier_min?: number;
  tier_max?: number;
  pack_size?: number;
  pack_price?: string;
  date_seen: string;
}
const { rows } = JSON.parse(read("tests/fixtures/prices.json")) as { rows: Row[] };

/** Minor units of so many at a decimal price, half up, in whole numbers. */
function total(quantity: number, price: string): string {
  const [whole = "", fraction = ""] = price.split(".");
  const scale = 10n ** BigInt(fraction.length);
  const exact = BigInt(whole + fraction) * BigInt(quantity) * 100n;
  const minor = (2n * exact + scale) / (2n * scale);
  return `${minor / 100n}.${String(minor % 100n).padStart(2, "0")}`;
}

const quoting = (catalog: Catalog) => {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now: () => noon });
  return (request: QuoteRequest) => ledger.quote(request);
};

describe("the profiles", () => {
  test("are what the script writes", () => {
    for (const [file, text] of Object.entries(profiles))
      assert.equal(read(`src/catalog/profiles/${file}`), text, `${file}: run node scripts/profiles.mjs`);
  });

  test("are valid, and warn only of larger quantities that cost less and of times without prices", () => {
    for (const catalog of all) {
      const { problems, warnings } = validateCatalog(catalog);
      assert.deepEqual(problems, []);
      for (const { message } of warnings)
        assert.match(message, /cost less than|no list of the series prices/);
      assert.deepEqual(validateCatalog(JSON.stringify(catalog)), { problems, warnings });
    }
  });

  test("price every international row as quantity times price", () => {
    const quote = quoting(ucloud);
    const renamed: Readonly<Record<string, string>> = { UK: "GB", TP: "TL", ZR: "CD", FX: "FR" };
    const found = rows.filter(
      ({ kind, vendor, country }) => vendor === "UCloud USMS" && kind === "prepaid_unit" && country !== "CN",
    );
    assert.equal(found.length, 220);
    for (const row of found) {
      const region = renamed[row.country] ?? row.country;
      for (const quantity of [100, 200, 1_300, 99_900, 10_000_000]) {
        const made = quote({ offer: "international", region, quantity, validity: { months: 12 } });
        assert.equal(made.total, total(quantity, row.unit_price), `${region} ${quantity}`);
        assert.equal(made.priceList, "international-2019-07-09");
      }
    }
  });

  test("price every tier around its bounds", () => {
    const asks = [
      [ucloud, "UCloud USMS", "prepaid_tier", "domestic", 100, { validity: { months: 6 } }],
      [tencent, "Tencent Cloud SMS", "custom_package_tier", "cn-custom", 1, {}],
      [live, "Tencent Cloud SMS", "custom_package_tier", "cn-custom", 1, {}],
    ] as const;
    for (const [catalog, vendor, kind, offer, step, choice] of asks) {
      const quote = quoting(catalog);
      const found = rows.filter((row) => row.vendor === vendor && row.kind === kind);
      for (const row of found) {
        const at = row.date_seen.startsWith("2019")
          ? "2020-01-01T00:00:00Z"
          : row.date_seen.startsWith("2021")
            ? "2021-08-01T00:00:00Z"
            : noon;
        const { purpose, tier_min: first = step, tier_max: last } = row;
        if (kind === "prepaid_tier" && last === undefined) continue; // above what is sold now
        const end = last === undefined ? first + 9 * step : Math.floor(last / step) * step;
        for (const quantity of [first, first + step, end - step, end]) {
          const made = quote({
            offer,
            quantity,
            at,
            ...choice,
            ...(kind === "prepaid_tier" && purpose !== undefined ? { purpose } : {}),
          });
          assert.equal(made.total, total(quantity, row.unit_price), `${offer} ${quantity} at ${at}`);
        }
      }
    }
  });

  test("price every pack as listed", () => {
    for (const catalog of [tencent, live]) {
      const quote = quoting(catalog);
      for (const row of rows.filter(({ vendor }) => vendor === "Tencent Cloud SMS")) {
        const offer = { fixed_package: "cn-packs", regional_package: "regional-packs" }[row.kind];
        if (offer === undefined) continue;
        const at = row.date_seen.startsWith("until") ? "2020-02-09T15:59:59Z" : noon;
        const made = quote({ offer, region: row.country, quantity: row.pack_size as number, at });
        assert.equal(made.total, row.pack_price);
      }
    }
  });
});

test("the example of docs/catalog.md is complete, and its tables name every field of the type", () => {
  const page = read("docs/catalog.md");
  const example = JSON.parse(/```json\n([\s\S]*?)```/.exec(page)?.[1] ?? "") as Catalog;
  assert.deepEqual(validateCatalog(example), { problems: [], warnings: [] });
  assert.equal(quoting(example)({ offer: "pack-de", quantity: 300 }).total, "22.50");
  const fields = read("js/src/catalog.ts").matchAll(/readonly (\w+)\??:/g);
  for (const [, field] of fields)
    if (
      !["path", "message", "problems", "warnings", "stage", "charge", "months", "days"].includes(field ?? "")
    )
      assert.ok(page.includes(`\`${field}\``), `${field} is not in docs/catalog.md`);
});

describe("a quote", () => {
  const quote = quoting(ucloud);
  const wanted: QuoteRequest = {
    offer: "domestic",
    purpose: "notification",
    quantity: 9_900,
    validity: { months: 12 },
  };

  test("tells of the quantities beside it and of a larger one that costs less", () => {
    const made = quote(wanted);
    assert.equal(made.total, "495.00");
    assert.deepEqual(made.alternatives, [
      { quantity: 9_800, total: "490.00" },
      { quantity: 10_000, total: "450.00" },
    ]);
    assert.deepEqual(made.cheaperAt, { quantity: 10_000, total: "450.00" });
    assert.deepEqual(made.validity, { months: 12 });
    assert.equal(made.priceList, "domestic-2022-04-21");
  });

  test("leaves each choice to the buyer", () => {
    const { purpose: _purpose, ...unsaid } = wanted;
    const { validity: _validity, ...open } = wanted;
    for (const [request, path] of [
      [unsaid, "purpose"],
      [{ ...wanted, purpose: "general" }, "purpose"],
      [open, "validity"],
      [{ ...wanted, validity: { months: 5 } }, "validity"],
      [{ ...wanted, validity: { weeks: 5 } as never }, "validity.weeks"],
      [{ ...wanted, currency: "EURO" }, "currency"],
    ] as const)
      assert.throws(
        () => quote(request),
        (error) => isLedgerError(error) && error.code === "INVALID_INPUT" && error.details.path === path,
        path,
      );
    assert.throws(() => quote({ ...wanted, currency: "USD" }), {
      code: "NO_PRICE",
      message: "currency: `CN` has no price in `USD`: choose one of `CNY`",
      details: { path: "currency", currencies: ["CNY"] },
    });
    assert.throws(() => quote({ ...wanted, at: "2018-01-01T00:00:00Z" }), {
      code: "NO_PRICE",
      details: { path: "at", from: "2019-10-24T16:00:00.000Z" },
    });
  });

  test("in another currency comes from that currency's list", () => {
    const list = ucloud.price_lists?.find(({ id }) => id === "domestic-2022-04-21");
    assert.ok(list !== undefined);
    const yen = { ...list, id: "domestic-jpy", currency: "JPY" };
    const catalog = { ...ucloud, price_lists: [...(ucloud.price_lists ?? []), yen] };
    const made = quoting(catalog)({ ...wanted, quantity: 100, currency: "JPY" });
    assert.deepEqual([made.currency, made.total, made.priceList], ["JPY", "5", "domestic-jpy"]);
  });

  test("is bought as it was made, choices and all", () => {
    const ledger = createLedgerSync({ storage: memoryStorage(), catalog: ucloud, now: () => noon });
    ledger.openAccount({ id: "acme" });
    const made = ledger.quote(wanted);
    const agreement = { id: "global-sms-service-agreement", version: "1" };
    const purchase = { id: "o1", account: "acme", quote: made, agreement, payment: { reference: "paid" } };
    const order = ledger.purchase(purchase);
    assert.equal(order.total, "495.00");
    assert.ok(order.state === "fulfilled");
    assert.equal(order.expiresAt, "2027-11-21T12:00:00.000Z");
    assert.deepEqual(ledger.purchase(purchase), order);
    const others = [
      { validity: { months: 5 } },
      { purpose: "marketing" },
      { currency: "USD" },
      { priceList: "x" },
    ];
    for (const [at, change] of others.entries())
      assert.throws(() => ledger.purchase({ ...purchase, id: `o${at + 2}`, quote: { ...made, ...change } }), {
        code: "QUOTE_MISMATCH",
      });
  });

  test("made again at its own instant is the same", () => {
    const { offer, region, purpose, quantity, currency, validity, quotedAt } = quote(wanted);
    const again = { offer, region, purpose, quantity, currency, validity, at: quotedAt } as QuoteRequest;
    assert.deepEqual(quote(again), quote(wanted));
  });
});

describe("the JSON Schema", () => {
  test("is in the package, and knows every field that the type knows", () => {
    const schema = createRequire(import.meta.url)("sms-ledger/catalog.schema.json") as {
      title: string;
      properties: object;
    };
    assert.equal(schema.title, "Catalog of sms-ledger");
    for (const catalog of [cloutly, ucloud])
      for (const field of Object.keys(catalog)) assert.ok(field in schema.properties, field);
  });
});

describe("`validateCatalog`", () => {
  test("tells every problem with its path", () => {
    const broken = structuredClone(cloutly) as unknown as {
      revision: unknown;
      zone: unknown;
      offers: unknown[];
    };
    broken.revision = "1";
    broken.zone = "Mars/Olympus";
    broken.offers[2] = { id: "a b", colour: "red" };
    const paths = validateCatalog(broken).problems.map(({ path }) => path);
    for (const path of ["revision", "zone", "offers[2].id", "offers[2].colour", "offers[2]"])
      assert.ok(paths.includes(path), `${path} in ${paths.join(", ")}`);
  });

  test("never throws for what is no catalog", () => {
    for (const [what, path, message] of [
      ["{", "", /^not JSON/],
      ["[]", "", /plain object/],
      [null, "", /plain object/],
      [{ ...cloutly, id: () => "" }, "id", /data, not a function/],
      [{ ...cloutly, quote_seconds: 1.5 }, "quote_seconds", /whole number/],
    ] as const) {
      const [problem] = validateCatalog(what).problems;
      assert.equal(problem?.path, path);
      assert.match(problem?.message ?? "", message);
    }
  });
});

test("a catalog's JSON text is as good as the parsed document", () => {
  const text = JSON.stringify(cloutly);
  const request = { offer: "pack-au", quantity: 200, at: noon };
  const made = createPricing({ catalog: cloutly }).quote(request);
  assert.deepEqual(createPricing({ catalog: text }).quote(request), made);
  assert.deepEqual(createLedgerSync({ storage: memoryStorage(), catalog: text }).quote(request), made);
  const need = { region: "AU", quantity: 200, at: noon };
  assert.deepEqual(compare({ ...need, catalogs: [text] }), [{ quote: made }]);
  assert.deepEqual(diffCatalogs(text, cloutly), []);
  for (const broken of ["{", "{ // a comment\n}"])
    for (const call of [
      () => createPricing({ catalog: broken }),
      () => createLedgerSync({ storage: memoryStorage(), catalog: broken }),
      () => diffCatalogs(cloutly, broken),
      () => compare({ ...need, catalogs: [broken] }),
    ])
      assert.throws(
        call,
        (error) => isLedgerError(error) && error.code === "INVALID_CATALOG" && /not JSON/.test(error.message),
      );
  assert.throws(() => createPricing({ catalog: "[]" }), { code: "INVALID_INPUT" });
});

describe("`compare`", () => {
  test("prices the same need in every catalog that has it", () => {
    const found = compare({ region: "CN", quantity: 9_950, catalogs: all, at: noon });
    assert.deepEqual(
      found.map(({ quote }) => [quote.catalog.id, quote.offer, quote.purpose, quote.quantity, quote.total]),
      [
        ["tencent-sms", "cn-custom", undefined, 9_950, "497.50"],
        ["tencent-sms", "cn-packs", undefined, 10_000, "470.00"],
        ["tencent-sms-live", "cn-custom", undefined, 9_950, "497.50"],
        ["tencent-sms-live", "cn-packs", undefined, 10_000, "470.00"],
        ["ucloud-usms", "domestic", "verification", 10_000, "450.00"],
        ["ucloud-usms", "domestic", "notification", 10_000, "450.00"],
        ["ucloud-usms", "domestic", "marketing", 10_000, "540.00"],
      ],
    );
    assert.deepEqual(compare({ region: "AQ", quantity: 100, catalogs: all }), []);
    const tooMany = compare({ region: "TH", quantity: 20_000_000, catalogs: all });
    assert.deepEqual(tooMany, []);
  });

  test("leaves out what the buyer may not buy, where it is said what the buyer has", () => {
    const offered = (gates?: string[]): unknown[] =>
      compare({
        region: "FR",
        quantity: 1_000,
        catalogs: [ucloud],
        at: noon,
        ...(gates ? { gates } : {}),
      }).map(({ quote }) => [quote.offer, quote.gates]);
    assert.deepEqual(offered(), [["international", ["enterprise-certified"]]]);
    assert.deepEqual(offered(["enterprise-certified"]), [["international", ["enterprise-certified"]]]);
    assert.deepEqual(offered([]), []);
    const [domestic] = compare({ region: "CN", quantity: 100, catalogs: [ucloud], at: noon, gates: [] });
    assert.deepEqual(domestic?.quote.agreement, { id: "global-sms-service-agreement", version: "1" });
  });

  test("refuses what is no need, and says which catalog it cannot use", () => {
    assert.throws(() => compare({ region: "AU", quantity: 1, catalogs: all, gates: "x" } as never), {
      code: "INVALID_INPUT",
      details: { path: "gates", value: "x" },
    });
    const broken = { ...cloutly, revision: 0 };
    assert.throws(
      () => compare({ region: "AU", quantity: 1, catalogs: [cloutly, broken] }),
      (error) =>
        isLedgerError(error) &&
        error.code === "INVALID_CATALOG" &&
        error.message.startsWith("catalogs[1]: ") &&
        error.details.problems?.[0]?.path === "catalogs[1].revision",
    );
    assert.throws(() => compare({ region: "AU", quantity: 1 } as never), { code: "INVALID_INPUT" });
    assert.throws(() => compare({ region: "AU", quantity: -1, catalogs: all }), { code: "INVALID_INPUT" });
    assert.throws(() => compare({ region: "AU", quantity: 1, catalogs: [{} as Catalog] }), {
      code: "INVALID_CATALOG",
    });
  });
});

describe("fields that are null", () => {
  /** Every object of a catalog, the first item of a list standing for all. */
  function* objects(value: unknown): Generator<Record<string, unknown>> {
    if (Array.isArray(value)) yield* objects(value[0]);
    else if (typeof value === "object" && value !== null) {
      yield value as Record<string, unknown>;
      for (const below of Object.values(value)) yield* objects(below);
    }
  }
  const names = [
    ...[
      "category",
      "package_type",
      "purposes",
      "validity",
      "activation_seconds",
      "agreement",
      "gates",
      "refund",
    ],
    ...[
      "vouchers",
      "recharge_quantity",
      "price",
      "prices",
      "per",
      "amount",
      "tiers",
      "packs",
      "up_to",
      "within",
    ],
    ...[
      "purpose",
      "from",
      "until",
      "historic",
      "source",
      "seen",
      "price_lists",
      "plans",
      "schedules",
      "legacy",
    ],
    ...["errors", "numbers", "regions", "$schema"],
  ];

  test("are absent, for whoever reads a catalog", () => {
    let taken = 0;
    for (const profile of [cloutly, tencent, ucloud])
      for (const name of names) {
        const before = validateCatalog(profile);
        const catalog = structuredClone(profile) as Catalog;
        for (const object of [...objects(catalog)]) if (!(name in object)) object[name] = null;
        assert.deepEqual(validateCatalog(catalog).problems, before.problems, `${profile.id} ${name}`);
        const [offer] = profile.offers;
        assert.ok(offer !== undefined);
        const region = offer.regions[0] as string;
        const purpose = offer.purposes?.[0];
        const validity = [offer.validity ?? []].flat()[0];
        const choice = { ...(purpose && { purpose }), ...(validity && { validity }), at: noon };
        const request = { offer: offer.id, region, quantity: offer.quantity.min, ...choice };
        const asked = (from: Catalog): unknown => {
          const pricing = createPricing({ catalog: from, now: () => noon });
          return [
            pricing.quote(request),
            pricing.quotes([request, { ...request, at: new Date(noon) }]).total(1),
            pricing.adviseQuantity({ region, need: 1_234, perMonth: 100, ...choice }),
            compare({ region, quantity: 1_234, catalogs: [from], at: noon }).length,
            quoting(from)({ ...request, voucher: { id: "v", percent: "5" } }).discount,
          ];
        };
        const told = (from: Catalog): unknown => {
          try {
            return asked(from);
          } catch (error) {
            assert.ok(isLedgerError(error), `${profile.id} ${name}: ${error}`);
            return [error.code, error.message];
          }
        };
        assert.deepEqual(told(catalog), told(profile), `${profile.id} ${name}`);
        assert.deepEqual(diffCatalogs(profile, catalog, { at: noon }), []);
        assert.deepEqual(diffCatalogs(catalog, profile, { at: noon }), []);
        taken++;
      }
    assert.equal(taken, 3 * names.length);
  });

  test("that must be there are missing", () => {
    for (const name of ["id", "currency", "offers", "policy"]) {
      const { problems } = validateCatalog({ ...cloutly, [name]: null });
      assert.deepEqual(problems, [{ path: "", message: `\`${name}\` is missing` }]);
    }
  });
});

describe("what is no data in a catalog", () => {
  test("hides nothing, and each is told once", () => {
    type Loose = Record<string, unknown>;
    const catalog = structuredClone(cloutly) as unknown as Loose;
    const [first, second, third, fourth] = catalog["offers"] as Loose[];
    let deep: unknown = 1;
    for (let level = 0; level < 20; level++) deep = [deep];
    Object.assign(catalog, { quote_seconds: Number.NaN, name: "x".repeat(40_000), id: "a b", legacy: deep });
    Object.assign(first ?? {}, { name: "\ud800" });
    Object.assign(second ?? {}, { quantity: 5n });
    Object.assign(third?.["price"] ?? {}, { amount: () => "1" });
    Object.assign(fourth ?? {}, { regions: [undefined, "NZ"] });
    (catalog["plans"] as unknown[])[0] = new Map();
    Object.assign((catalog["plans"] as unknown[])[1] ?? {}, { credits: 0 });
    const get = () => {
      throw new Error("no errors");
    };
    Object.defineProperty(catalog, "errors", { enumerable: true, get });
    Object.defineProperty(catalog["policy"], "__proto__", { value: 1, enumerable: true });
    const { problems, warnings } = validateCatalog(catalog);
    assert.deepEqual(warnings, []);
    const paths = problems.map(({ path }) => path).sort();
    assert.deepEqual(paths, [
      "errors",
      "id",
      "legacy[0]",
      `legacy${"[0]".repeat(16)}`,
      "name",
      "offers[0].name",
      "offers[1].quantity",
      "offers[2].price.amount",
      "offers[3].regions[0]",
      "plans[0]",
      "plans[1].credits",
      "policy.__proto__",
      "quote_seconds",
    ]);
    assert.match(problems.find(({ path }) => path === "errors")?.message ?? "", /cannot be read: no errors/);
  });

  test("is bounded", () => {
    const { problems } = validateCatalog({ ...cloutly, offers: new Array(4_000_000_000) });
    assert.equal(problems.length, 1_000);
    const proxy = new Proxy(
      {},
      {
        ownKeys() {
          throw new Error("no keys");
        },
      },
    );
    assert.deepEqual(validateCatalog(proxy), {
      problems: [{ path: "", message: "cannot be read: no keys" }],
      warnings: [],
    });
    for (const [text, path] of [
      ["[".repeat(100_000), ""],
      [`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, "a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a"],
    ] as const)
      assert.ok(validateCatalog(text).problems.some((problem) => problem.path === path));
  });
});
