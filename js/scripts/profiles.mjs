// Writes the large profiles of src/catalog/profiles from the price rows of tests/fixtures/prices.json and the parts below,
// which are written by hand. Run it in js/: node scripts/profiles.mjs

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.join(import.meta.dirname, "../..");
const { rows } = JSON.parse(readFileSync(path.join(root, "tests/fixtures/prices.json"), "utf8"));
const zone = "Asia/Shanghai";

/** The first instant of a day in China. */
const day = (date) => `${date}T00:00:00+08:00`;

/** Codes that the seller still uses for what ISO 3166-1 names otherwise today. */
const renamed = { UK: "GB", TP: "TL", ZR: "CD" };
/** The same numbers at the same price as France: nothing tells the two apart. */
const doubled = ["FX"];
/** Regions of the numbering plan that the seller's list has no line for, under the line whose calling code they share. */
const claimed = {
  AN: ["BQ", "CW"],
  FI: ["AX"],
  GB: ["GG", "IM", "JE"],
  GP: ["BL", "MF"],
  NO: ["SJ"],
  YU: ["RS"],
};

const codeOf = (row) => renamed[row.country] ?? row.country;
const flat = (row) => ({ region: codeOf(row), model: "flat", amount: row.unit_price });
const tier = (row) => ({
  from: row.tier_min,
  ...(row.tier_max === undefined ? {} : { up_to: row.tier_max }),
  amount: row.unit_price,
});
const pack = (row) => ({ quantity: row.pack_size, amount: row.pack_price });

function regionOf(code, name) {
  return claimed[code] === undefined ? { code, name } : { code, name, numbers: claimed[code] };
}

function only(vendor, kind, wanted = () => true) {
  const found = rows.filter((row) => row.vendor === vendor && row.kind === kind && wanted(row));
  if (found.length === 0) throw new Error(`no rows of ${vendor}, ${kind}`);
  return found;
}

const receipts = (charges) => Object.entries(charges).map(([stage, charge]) => ({ stage, charge }));

function ucloud() {
  const vendor = "UCloud USMS";
  const international = only(vendor, "prepaid_unit").filter((row) => !doubled.includes(row.country));
  const dates = [
    { id: "domestic-2019-10-25", seen: "2019-10-25", from: "2019-10-25", until: "2020-03-19" },
    { id: "domestic-2021-06-16", seen: "2021-06-16", from: "2021-06-16", until: "2021-08-20" },
    { id: "domestic-2022-04-21", seen: "2022-04-21 (unchanged at 2026-07-17)", from: "2022-04-21" },
  ];
  const domestic = dates.map(({ id, seen, from, until }) => {
    const found = only(vendor, "prepaid_tier", (row) => row.date_seen === seen);
    const purposes = [...new Set(found.map((row) => row.purpose))];
    return {
      id,
      series: "domestic",
      currency: "CNY",
      from: day(from),
      ...(until === undefined ? {} : { until: day(until), historic: true }),
      source: found[0].source,
      seen,
      prices: purposes.map((purpose) => ({
        region: "CN",
        purpose,
        model: "volume",
        tiers: found.filter((row) => row.purpose === purpose).map(tier),
      })),
    };
  });
  const terms = {
    package_type: "custom",
    validity: [{ months: 6 }, { months: 12 }, { months: 24 }],
    agreement: { id: "global-sms-service-agreement", version: "1" },
    refund: { model: "none" },
    vouchers: true,
  };
  return {
    format: 1,
    id: "ucloud-usms",
    revision: 1,
    name: "UCloud USMS packages",
    source:
      "UCloud documentation, USMS packages; prices from the documentation's public history, see each list",
    currency: "CNY",
    zone,
    quote_seconds: 1800,
    regions: international
      .map((row) => regionOf(codeOf(row), row.country_name))
      .sort((a, b) => (a.code < b.code ? -1 : 1)),
    offers: [
      {
        id: "domestic",
        name: "Domestic SMS, China mainland",
        category: "domestic",
        regions: ["CN"],
        purposes: ["verification", "notification", "marketing"],
        quantity: { step: 100, min: 100, max: 2999900 },
        prices: "domestic",
        ...terms,
      },
      {
        id: "international",
        name: "International SMS",
        category: "international",
        regions: international
          .map(codeOf)
          .filter((code) => code !== "CN")
          .sort(),
        purposes: ["general"],
        quantity: { step: 100, min: 100, max: 10000000 },
        prices: "international",
        gates: ["enterprise-certified"],
        ...terms,
      },
    ],
    price_lists: [
      ...domestic,
      {
        id: "international-2019-07-09",
        series: "international",
        currency: "CNY",
        from: day("2019-07-09"),
        historic: true,
        source: international[0].source,
        seen: international[0].date_seen,
        prices: international.filter((row) => row.country !== "CN").map(flat),
      },
    ],
    policy: {
      counting: "any-text-70",
      segments_max: 255,
      draw: ["expiry", "purchased", "sequence"],
      sources: ["purchase", "recharge"],
      split: "allow",
      default_purpose: "general",
      receipts: receipts({
        rejected: "none",
        accepted: "wait",
        submitted: "wait",
        delivered: "full",
        undelivered: "full",
        expired: "full",
        unknown: "wait",
      }),
    },
    errors: [{ code: "INSUFFICIENT_BALANCE", seller: "18013" }],
  };
}

/** As the seed says, or as the seller does it. */
function tencent(id, name, gate, charges, when = {}) {
  const vendor = "Tencent Cloud SMS";
  const custom = only(vendor, "custom_package_tier");
  const packs = only(vendor, "fixed_package");
  const early = packs.filter((row) => row.date_seen.startsWith("until"));
  const late = packs.filter((row) => row.date_seen.startsWith("from"));
  const rates = only(vendor, "refund_used_value_rate");
  const regional = only(vendor, "regional_package");
  const countries = [...new Set(regional.map((row) => row.country))];
  const list = (id, series, found, dates, prices) => ({
    id,
    series,
    currency: "CNY",
    ...dates,
    historic: true,
    source: found[0].source,
    seen: found[0].date_seen,
    prices,
  });
  const packages = (found) => [{ region: "CN", model: "fixed", packs: found.map(pack) }];
  const change = day("2020-02-10");
  const china = {
    category: "domestic",
    regions: ["CN"],
    validity: { months: 24 },
    activation_seconds: 300,
    refund: { model: "used-value", within: { months: 3 }, prices: "cn-refund" },
  };
  const refunds = (id, note, dates) => {
    const found = rates.filter((row) => row.note === note);
    // The first tier is written from 0 there: where nothing was used, nothing is priced.
    const tiers = found.map((row) => tier({ ...row, tier_min: Math.max(1, row.tier_min) }));
    return list(id, "cn-refund", found, dates, [{ region: "CN", model: "volume", tiers }]);
  };
  return {
    format: 1,
    id,
    revision: 1,
    name,
    source: "Tencent Cloud documentation, China SMS packages; prices from its public history, see each list",
    currency: "CNY",
    zone,
    quote_seconds: 1800,
    regions: [
      regionOf("CN", "China mainland"),
      ...countries.map((code) => regionOf(code, regional.find((row) => row.country === code).country_name)),
    ],
    offers: [
      {
        id: "cn-custom",
        name: "China SMS package",
        package_type: "custom",
        quantity: { step: 1, min: 1000, max: 10000000 },
        prices: "cn-custom",
        ...china,
      },
      {
        id: "cn-packs",
        name: "China SMS package",
        package_type: "fixed",
        quantity: { step: 10000, min: 10000, max: 3000000 },
        prices: "cn-packs",
        ...china,
      },
      {
        id: "regional-packs",
        name: "Regional SMS package",
        category: "international",
        package_type: "fixed",
        regions: countries,
        quantity: { step: 100, min: 100, max: 200000 },
        prices: "regional-packs",
        validity: { months: 12 },
      },
    ],
    price_lists: [
      list("cn-custom-2020-02-10", "cn-custom", custom, { from: change }, [
        { region: "CN", model: "volume", tiers: custom.map(tier) },
      ]),
      list("cn-packs-early", "cn-packs", early, { until: change }, packages(early)),
      list("cn-packs-2020-02-10", "cn-packs", late, { from: change }, packages(late)),
      refunds("cn-refund-early", "bought before 2020-02-10", { until: change }),
      refunds("cn-refund-2020-02-10", "bought from 2020-02-10", { from: change }),
      list(
        "regional-packs-2021-09",
        "regional-packs",
        regional,
        { from: day("2021-09-01") },
        countries.map((code) => ({
          region: code,
          model: "fixed",
          packs: regional.filter((row) => row.country === code).map(pack),
        })),
      ),
    ],
    schedules: [
      {
        id: "monthly",
        name: "Complimentary China SMS package",
        credits: 100,
        regions: ["CN"],
        gates: [gate],
      },
    ],
    policy: {
      counting: "any-text-70",
      segments_max: 255,
      draw: ["source", "purchased", "sequence"],
      sources: ["complimentary", "purchase"],
      split: "never",
      receipts: receipts(charges),
      // "Lower than the number you set (which is 5,000 by default)"; of expiries the page says nothing.
      alarms: { thresholds: [{ below: 5000 }], expiry_days: [7, 5, 3, 1] },
      ...when,
    },
    errors: [{ code: "INSUFFICIENT_BALANCE", seller: "1031" }],
  };
}

/** JSON in which whatever fits stands in one line. */
function written(value, indent = "") {
  const line = inline(value);
  if (line.length + indent.length <= 120 || typeof value !== "object") return line;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const parts = Array.isArray(value)
    ? value.map((item) => written(item, inner))
    : Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${written(item, inner)}`);
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

function inline(value) {
  if (Array.isArray(value)) return `[${value.map(inline).join(", ")}]`;
  if (typeof value !== "object") return JSON.stringify(value);
  const parts = Object.entries(value).map(([name, item]) => `${JSON.stringify(name)}: ${inline(item)}`);
  return `{ ${parts.join(", ")} }`;
}

const onDelivery = { rejected: "none", accepted: "wait", submitted: "wait", delivered: "full" };
const onSubmit = { rejected: "none", accepted: "full", submitted: "full", delivered: "full" };

/** Each profile's file and what it holds. */
export const profiles = Object.fromEntries(
  [
    ucloud(),
    tencent("tencent-sms", "Tencent Cloud China SMS, as described", "postpaid", {
      ...onDelivery,
      undelivered: "none",
      expired: "none",
      unknown: "wait",
    }),
    tencent(
      "tencent-sms-live",
      "Tencent Cloud China SMS, as charged",
      "prepaid",
      { ...onSubmit, undelivered: "full", expired: "full", unknown: "wait" },
      { charge_on: "submit" },
    ),
  ].map((catalog) => [`${catalog.id}.json`, `${written(catalog)}\n`]),
);

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [file, text] of Object.entries(profiles))
    writeFileSync(path.join(root, "src/catalog/profiles", file), text);
}
