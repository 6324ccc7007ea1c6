/** What changes for a buyer from one catalog to another: one change in a document, one change told. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Catalog, type CatalogChange, createPricing, diffCatalogs } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import tencent from "sms-ledger/catalogs/tencent-sms";
import tencentLive from "sms-ledger/catalogs/tencent-sms-live";
import ucloud from "sms-ledger/catalogs/ucloud-usms";

const options = { at: "2026-11-21T12:00:00Z" };
const profiles: readonly Catalog[] = [cloutly, tencent, tencentLive, ucloud];

// biome-ignore lint/suspicious/noExplicitAny: a document on its way to being another one
type Draft = any;

function changed(catalog: Catalog, change: (draft: Draft) => void): Catalog {
  const draft = structuredClone(catalog);
  change(draft);
  return draft;
}

const brief = (changes: readonly CatalogChange[]): string[] =>
  changes.map(({ kind, path, effect, percent }) => [kind, path, effect, percent].filter(Boolean).join(" "));

/** With a list that follows, from 2027 on, at the same prices. */
function later(catalog: Catalog): Catalog {
  return changed(catalog, (c) => {
    const list = c.price_lists.find((each: Draft) => each.id === "domestic-2022-04-21");
    const next = structuredClone({ ...list, id: "domestic-2027", from: "2027-01-01T00:00:00Z" });
    list.until = next.from;
    c.price_lists.push(next);
  });
}

/** With a charge model of earlier accounts. */
const rated = changed(cloutly, (c) => {
  const rates = [
    { region: "AU", credits: "1" },
    { region: "NZ", credits: "1.5" },
  ];
  c.legacy = [{ id: "old", name: "Old", opened_before: "2020-01-01T00:00:00Z", rates }];
});

/** One change of a document, and what is told of it there and back. */
const cases: [string, Catalog, (draft: Draft) => void, string[]][] = [
  [
    "a price that rises",
    cloutly,
    (c) => {
      c.offers[0].price.amount = "6.51";
    },
    ["price offers.pack-au.price worse 5"],
  ],
  [
    "a price that falls by less than a cent",
    cloutly,
    (c) => {
      c.offers[0].price.amount = "6.1999";
    },
    ["price offers.pack-au.price better"],
  ],
  [
    "another way to write a decimal",
    cloutly,
    (c) => {
      c.offers[0].price.amount = "6.2000";
    },
    [],
  ],
  [
    "another way to say a price",
    cloutly,
    (c) => {
      Object.assign(c.offers[0].price, { amount: "0.062", per: 1 });
    },
    [],
  ],
  [
    "regions in another order",
    cloutly,
    (c) => {
      c.regions.reverse();
      c.offers.reverse();
    },
    [],
  ],
  [
    "an offer that goes",
    cloutly,
    (c) => {
      c.offers.pop();
    },
    ["offer offers.pack-nz worse"],
  ],
  [
    "a larger smallest quantity",
    cloutly,
    (c) => {
      c.offers[0].quantity.min = 200;
      c.offers[0].recharge_quantity = 200;
    },
    ["quantity offers.pack-au.quantity.min worse", "offer offers.pack-au.recharge_quantity neutral"],
  ],
  [
    "a larger largest quantity",
    cloutly,
    (c) => {
      c.offers[0].quantity.max = 2000000;
    },
    ["quantity offers.pack-au.quantity.max better"],
  ],
  [
    "packages that expire",
    cloutly,
    (c) => {
      c.offers[0].validity = { months: 12 };
    },
    ["validity offers.pack-au.validity worse"],
  ],
  [
    "another choice of validity",
    ucloud,
    (c) => {
      c.offers[0].validity.push({ months: 36 });
    },
    ["validity offers.domestic.validity better"],
  ],
  [
    "choices in another order",
    ucloud,
    (c) => {
      c.offers[0].validity.reverse();
    },
    [],
  ],
  [
    "a longer wait",
    cloutly,
    (c) => {
      c.offers[0].activation_seconds = 60;
    },
    ["activation offers.pack-au.activation_seconds worse"],
  ],
  [
    "a new wording",
    ucloud,
    (c) => {
      c.offers[0].agreement.version = "2";
    },
    ["agreement offers.domestic.agreement neutral"],
  ],
  [
    "a new condition",
    cloutly,
    (c) => {
      c.offers[0].gates = ["certified"];
    },
    ["gates offers.pack-au.gates worse"],
  ],
  [
    "a purpose that goes",
    ucloud,
    (c) => {
      c.offers[0].purposes.pop();
    },
    ["offer offers.domestic.purposes worse"],
  ],
  [
    "vouchers",
    cloutly,
    (c) => {
      c.offers[0].vouchers = true;
    },
    ["vouchers offers.pack-au.vouchers better"],
  ],
  [
    "refunds that end",
    tencent,
    (c) => {
      delete c.offers[0].refund;
    },
    ["refund offers.cn-custom.refund worse"],
  ],
  [
    "a shorter time for refunds",
    tencent,
    (c) => {
      c.offers[0].refund.within = { days: 14 };
    },
    ["refund offers.cn-custom.refund worse"],
  ],
  [
    "refunds without an end",
    tencent,
    (c) => {
      delete c.offers[0].refund.within;
    },
    ["refund offers.cn-custom.refund better"],
  ],
  [
    "another price of a list for later",
    later(ucloud),
    (c) => {
      c.price_lists.at(-1).prices[0].tiers[0].amount = "0.060";
    },
    ["price offers.domestic.price worse 20"],
  ],
  [
    "a larger step",
    cloutly,
    (c) => {
      c.offers[0].quantity.step = 500;
      c.offers[0].quantity.min = 500;
      c.offers[0].recharge_quantity = 500;
    },
    [
      "quantity offers.pack-au.quantity.min worse",
      "quantity offers.pack-au.quantity.step worse",
      "offer offers.pack-au.recharge_quantity neutral",
    ],
  ],
  [
    "a pack that goes",
    tencent,
    (c) => {
      for (const list of c.price_lists)
        for (const price of list.prices) if (price.region === "TH") price.packs?.pop();
    },
    ["price offers.regional-packs.price worse"],
  ],
  [
    "no refunds said in other words",
    ucloud,
    (c) => {
      delete c.offers[0].refund;
    },
    [],
  ],
  [
    "one tier",
    tencent,
    (c) => {
      c.price_lists[0].prices[0].tiers[0].amount = "0.055";
    },
    ["price offers.cn-custom.price worse 10"],
  ],
  [
    "all tiers by the same share",
    tencent,
    (c) => {
      for (const tier of c.price_lists[0].prices[0].tiers)
        tier.amount = String((Number(tier.amount) * 2).toFixed(4));
    },
    ["price offers.cn-custom.price worse 100"],
  ],
  [
    "a list that ends",
    ucloud,
    (c) => {
      c.price_lists.at(-1).until = "2030-01-01T00:00:00Z";
    },
    ["price offers.international.price worse", "price_list price_lists.international-2019-07-09 neutral"],
  ],
  [
    "a list for later",
    ucloud,
    (c) => {
      const list = c.price_lists.find((each: Draft) => each.id === "domestic-2022-04-21");
      list.until = "2027-01-01T00:00:00Z";
      const { until: _, ...open } = list;
      c.price_lists.push({ ...open, id: "domestic-2027", from: "2027-01-01T00:00:00Z" });
    },
    ["price_list price_lists.domestic-2022-04-21 neutral", "price_list price_lists.domestic-2027 neutral"],
  ],
  [
    "more credits",
    cloutly,
    (c) => {
      c.plans[0].credits = 60;
    },
    ["plan plans.starter.credits better"],
  ],
  [
    "credits that roll over",
    cloutly,
    (c) => {
      c.plans[0].rollover = { periods: 2 };
      c.plans[1].prorate = true;
    },
    ["plan plans.starter.rollover.periods better", "plan plans.essentials.prorate worse"],
  ],
  [
    "packs for those who have a plan",
    cloutly,
    (c) => {
      c.policy.packs_need_plan = true;
    },
    ["policy policy.packs_need_plan worse"],
  ],
  [
    "a schedule for fewer",
    tencent,
    (c) => {
      c.schedules[0].gates.push("new");
    },
    ["schedule schedules.monthly.gates worse"],
  ],
  [
    "a schedule in part",
    tencent,
    (c) => {
      c.schedules[0].prorate = true;
    },
    ["schedule schedules.monthly.prorate worse"],
  ],
  [
    "another counting",
    cloutly,
    (c) => {
      c.policy.counting = "any-text-70";
    },
    ["policy policy.counting neutral"],
  ],
  [
    "shorter messages",
    cloutly,
    (c) => {
      c.policy.segments_max -= 1;
    },
    ["policy policy.segments_max worse"],
  ],
  [
    "another order of paying",
    cloutly,
    (c) => {
      c.policy.draw.reverse();
      c.policy.draw = ["expiry", "sequence"];
    },
    ["policy policy.draw neutral"],
  ],
  [
    "an alarm",
    tencent,
    (c) => {
      c.policy.alarms.thresholds[0].below = 1000;
    },
    ["policy policy.alarms neutral"],
  ],
  [
    "how often auto-recharge may order",
    cloutly,
    (c) => {
      c.policy.recharge = { per_day: 2 };
    },
    ["policy policy.recharge neutral"],
  ],
  [
    "a ceiling",
    cloutly,
    (c) => {
      c.policy.ceilings = [{ per_hour: 100 }];
    },
    ["policy policy.ceilings neutral"],
  ],
  [
    "what arrives costs nothing",
    tencent,
    (c) => {
      c.policy.receipts.find((each: Draft) => each.stage === "delivered").charge = "none";
    },
    ["receipt policy.receipts.delivered better"],
  ],
  [
    "a code that costs less than its stage",
    tencent,
    (c) => {
      c.policy.receipts.push({ stage: "delivered", codes: ["7", "8"], charge: "none" });
    },
    ["receipt policy.receipts.delivered.7 better", "receipt policy.receipts.delivered.8 better"],
  ],
  [
    "charged on submission",
    tencent,
    (c) => {
      c.policy.charge_on = "submit";
    },
    ["policy policy.charge_on worse"],
  ],
  [
    "a grace, and corrections",
    tencent,
    (c) => {
      c.policy.grace_hours = 24;
      c.policy.corrections = true;
    },
    ["policy policy.grace_hours better", "policy policy.corrections neutral"],
  ],
  [
    "messages without a final word",
    tencent,
    (c) => {
      c.policy.hold = JSON.parse('{ "hours": 48, "then": "release" }');
    },
    ["policy policy.hold.hours neutral", "policy policy.hold.then better"],
  ],
  [
    "what was the usual, said",
    tencent,
    (c) => {
      c.policy.hold = JSON.parse('{ "hours": 72, "then": "settle" }');
    },
    [],
  ],
  [
    "receipts in another order",
    tencent,
    (c) => {
      c.policy.receipts.reverse();
    },
    [],
  ],
  [
    "a quote that holds longer",
    cloutly,
    (c) => {
      c.quote_seconds += 1;
    },
    ["quote quote_seconds better"],
  ],
  [
    "another zone",
    cloutly,
    (c) => {
      c.zone = "Asia/Tokyo";
    },
    ["seller zone neutral"],
  ],
  [
    "a legacy model that goes",
    cloutly,
    (c) => {
      c.legacy = [];
    },
    ["legacy legacy.credits worse"],
  ],
  [
    "another code",
    tencent,
    (c) => {
      c.errors[0].seller = "1032";
    },
    ["error_code errors.INSUFFICIENT_BALANCE neutral"],
  ],
  [
    "a code for one reason only",
    tencent,
    (c) => {
      c.errors.push({ code: "INSUFFICIENT_BALANCE", reason: "fragmented", seller: "1032" });
    },
    ["error_code errors.INSUFFICIENT_BALANCE.fragmented neutral"],
  ],
  [
    "a region that asks for something",
    cloutly,
    (c) => {
      c.regions[0].gates = ["certified"];
    },
    [`region regions.${cloutly.regions[0]?.code}.gates worse`],
  ],
  [
    "suspensions that do not block",
    cloutly,
    (c) => {
      c.policy.suspended_blocks = false;
    },
    ["policy policy.suspended_blocks better"],
  ],
  [
    "a purpose of messages that say none",
    cloutly,
    (c) => {
      c.policy.default_purpose = "codes";
    },
    ["policy policy.default_purpose neutral"],
  ],
  [
    "numbers of a region",
    ucloud,
    (c) => {
      c.regions.find((each: Draft) => each.code === "FI").numbers = [];
    },
    ["region regions.FI.numbers worse"],
  ],
  [
    "a purpose for what was for any",
    cloutly,
    (c) => {
      c.offers[0].purposes = ["codes"];
    },
    ["offer offers.pack-au.purposes worse"],
  ],
  [
    "no purposes said by an empty list",
    cloutly,
    (c) => {
      c.offers[0].purposes = [];
    },
    [],
  ],
  [
    "a schedule for one region",
    tencent,
    (c) => {
      c.schedules[0].regions = c.schedules[0].regions === undefined ? ["CN"] : undefined;
    },
    [
      `schedule schedules.monthly.regions ${tencent.schedules?.[0]?.regions === undefined ? "worse" : "better"}`,
    ],
  ],
  [
    "a legacy model in other words",
    rated,
    (c) => {
      c.legacy[0].rates.reverse();
      c.legacy[0].rates[0].credits = "1.50";
      c.legacy[0].opened_before = "2020-01-01T01:00:00+01:00";
    },
    [],
  ],
  [
    "a legacy model's rate",
    rated,
    (c) => {
      c.legacy[0].rates[0].credits = "3";
    },
    ["legacy legacy.old.rates.AU worse"],
  ],
  [
    "a legacy model's rates, one of which goes, and its date",
    rated,
    (c) => {
      c.legacy[0].rates = [{ region: "NZ", credits: "1.25" }];
      c.legacy[0].opened_before = "2021-01-01T00:00:00Z";
    },
    ["legacy legacy.old neutral", "legacy legacy.old.rates.AU worse", "legacy legacy.old.rates.NZ better"],
  ],
  [
    "instants with another offset",
    later(ucloud),
    (c) => {
      for (const list of c.price_lists) {
        if (list.until === "2027-01-01T00:00:00Z") list.until = "2027-01-01T08:00:00+08:00";
        if (list.from === "2027-01-01T00:00:00Z") list.from = "2026-12-31T23:00:00-01:00";
      }
    },
    [],
  ],
  [
    "dearer segments in a refund",
    tencent,
    (c) => {
      for (const list of c.price_lists)
        if (list.series === "cn-refund") for (const price of list.prices) Object.assign(price, dearer(price));
    },
    ["refund offers.cn-custom.refund.prices worse", "refund offers.cn-packs.refund.prices worse"],
  ],
];

/** A refund's price by so many segments less. */
function dearer(price: Draft): Draft {
  const twice = (amount: string): string => (Number(amount) * 2).toFixed(4);
  return "tiers" in price
    ? { tiers: price.tiers.map((tier: Draft) => ({ ...tier, amount: twice(tier.amount) })) }
    : { amount: twice(price.amount) };
}

const opposite = { better: "worse", worse: "better", neutral: "neutral" } as const;

describe("one change", () => {
  for (const [name, catalog, change, expected] of cases) {
    test(`of a document is told, there and back: ${name}`, () => {
      const after = changed(catalog, change);
      const there = diffCatalogs(catalog, after, options);
      assert.deepEqual(brief(there), expected);
      const back = diffCatalogs(after, catalog, options);
      assert.equal(back.length, there.length);
      for (const { kind, path, effect, before, after: now, message } of there) {
        const other = back.find((each) => each.kind === kind && each.path === path);
        assert.ok(other !== undefined, path);
        assert.deepEqual([other.effect, other.before, other.after], [opposite[effect], now, before]);
        assert.ok(message.length > 10 && !/undefined|\[object|[{}"]|,,|,:/.test(message), message);
      }
    });
  }
});

describe("catalogs", () => {
  test("that are the same have no changes, whoever parsed them", () => {
    for (const catalog of profiles) {
      assert.deepEqual(diffCatalogs(catalog, catalog, options), []);
      assert.deepEqual(diffCatalogs(catalog, JSON.parse(JSON.stringify(catalog)) as Catalog, options), []);
    }
  });

  test("of one seller as described and as it charges differ in what is charged when, and for whom", () => {
    const changes = diffCatalogs(tencent, tencentLive, options);
    assert.deepEqual(brief(changes), [
      "seller id neutral",
      "schedule schedules.monthly.gates better",
      "schedule schedules.monthly.gates worse",
      "policy policy.charge_on worse",
      "receipt policy.receipts.accepted worse",
      "receipt policy.receipts.submitted worse",
      "receipt policy.receipts.undelivered worse",
      "receipt policy.receipts.expired worse",
    ]);
  });

  test("are compared from an instant on, whenever a list begins or ends", () => {
    const dearer = changed(later(ucloud), (c) => {
      c.price_lists.at(-1).prices[0].tiers[0].amount = "0.060";
    });
    const prices = (before: Catalog, after: Catalog, at: string) =>
      diffCatalogs(before, after, { at }).filter(({ kind }) => kind === "price");
    const since = "2027-01-01T00:00:00.000Z";
    const what = "100 of domestic (CN, verification) cost 6.00 instead of 5.00 CNY (+20 %)";
    const [soon, ...none] = prices(ucloud, dearer, "2026-12-31T23:59:59Z");
    assert.deepEqual(none, []);
    assert.equal(soon?.message, `From ${since} on, ${what}`);
    assert.deepEqual(
      [soon?.offer, soon?.region, soon?.purpose, soon?.quantity, soon?.percent, soon?.since],
      ["domestic", "CN", "verification", 100, "20", since],
    );
    const [then, ...others] = prices(ucloud, dearer, since);
    assert.deepEqual([then?.message, then?.since, others], [what, undefined, []]);

    // For a time only: the price before comes back.
    const passing = changed(dearer, (c) => {
      const last = c.price_lists.at(-1);
      last.until = "2027-02-01T00:00:00Z";
      const first = c.price_lists.find((each: Draft) => each.id === "domestic-2022-04-21");
      const { until: _, ...open } = structuredClone(first);
      c.price_lists.push({ ...open, id: "domestic-2027-02", from: last.until });
    });
    assert.deepEqual(
      prices(ucloud, passing, "2026-12-31T23:59:59Z").map(({ effect, message }) => [effect, message]),
      [
        ["worse", `From ${since} on, ${what}`],
        [
          "neutral",
          "From 2027-02-01T00:00:00.000Z on, 100 of domestic (CN, verification) cost 5.00 CNY, as in the catalog before",
        ],
      ],
    );

    // Nothing follows: said once for all regions.
    const ending = changed(ucloud, (c) => {
      c.price_lists.at(-1).until = "2030-01-01T00:00:00Z";
    });
    const [end] = prices(ucloud, ending, since);
    assert.equal(
      end?.message,
      "From 2030-01-01T00:00:00.000Z on, international can no longer be bought in CNY",
    );
  });

  test("are told apart in sentences without a document's signs", () => {
    const sentence = (catalog: Catalog, change: (draft: Draft) => void): string[] =>
      diffCatalogs(catalog, changed(catalog, change), options).map(({ message }) => message);
    const agreement = { id: "terms", version: "2" };
    assert.deepEqual(
      sentence(cloutly, (c) => Object.assign(c.offers[0], { agreement })),
      ["The agreement that a buyer of pack-au accepts: none becomes id terms, version 2"],
    );
    assert.deepEqual(
      sentence(tencent, (c) => Object.assign(c.offers[0].refund, { within: { days: 14 } })),
      [
        "Refunds of cn-custom: model used-value, within 3 months, prices cn-refund becomes model used-value, within 14 days, prices cn-refund",
      ],
    );
    assert.deepEqual(
      sentence(cloutly, (c) => Object.assign(c.offers[0], { vouchers: true })),
      ["Whether pack-au takes vouchers: no becomes yes"],
    );
    assert.deepEqual(
      sentence(cloutly, (c) => Object.assign(c.offers[0], { validity: [{ months: 1 }, { days: 60 }] })),
      ["How long a package of pack-au lasts: for ever becomes 1 month, 60 days"],
    );
  });

  test("that are not valid are refused", () => {
    const broken = changed(cloutly, (c) => {
      c.revision = 0;
    });
    for (const [before, after] of [
      [broken, cloutly],
      [cloutly, broken],
    ] as const)
      assert.throws(() => diffCatalogs(before, after), { code: "INVALID_CATALOG" });
    assert.throws(() => diffCatalogs(cloutly, cloutly, { when: 1 } as never), { code: "INVALID_INPUT" });
    assert.throws(() => diffCatalogs(cloutly, null as never), { code: "INVALID_INPUT" });
  });
});

describe("prices of two small catalogs", () => {
  /** Numbers that look random, the same in every run. */
  let state = 7;
  const int = (least: number, most: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return least + ((state >>> 8) % (most - least + 1));
  };
  const cents = (least: number, most: number): string => (int(least, most) / 100).toFixed(2);
  const price = (step: number, max: number): Draft => {
    const model = ["flat", "volume", "graduated", "fixed"][int(0, 3)];
    if (model === "flat") return { model, amount: cents(1, 9) };
    const starts = [...new Set(Array.from({ length: int(1, 3) }, () => int(2, 30)))].sort((a, b) => a - b);
    if (model === "fixed") {
      const quantities = [...new Set(starts.map((each) => Math.min(max, each * step)))];
      return { model, packs: quantities.map((quantity) => ({ quantity, amount: cents(1, 300) })) };
    }
    const froms = [1, ...starts];
    const tiers = froms.map((from, at) => ({
      from,
      ...(at + 1 < froms.length ? { up_to: (froms[at + 1] as number) - 1 } : {}),
      amount: cents(1, 9),
    }));
    return { model, tiers };
  };
  const small = (): Catalog =>
    changed(cloutly, (c) => {
      const [step, max] = [int(1, 3), int(10, 40)];
      const quantity = { step, min: step * int(1, 3), max: step * max };
      const { recharge_quantity: _, ...offer } = c.offers[0];
      const made = price(step, quantity.max);
      if (made.packs !== undefined) quantity.min = step;
      c.offers = [{ ...offer, quantity, price: made }];
    });

  test("differ in a line for each quantity that costs something else, and in none where nothing does", () => {
    let differing = 0;
    for (let round = 0; round < 300; round++) {
      const [before, after] = [small(), int(0, 9) === 0 ? undefined : small()];
      const other = after ?? structuredClone(before);
      const lines = diffCatalogs(before, other, options).filter(({ kind }) => kind === "price");
      const [old, now] = [createPricing({ catalog: before }), createPricing({ catalog: other })];
      let differs = false;
      for (let quantity = 1; quantity <= 120; quantity++) {
        const [was, is] = [old, now].map((pricing) => {
          try {
            return Number(pricing.quote({ offer: "pack-au", quantity }).total);
          } catch {
            return undefined;
          }
        });
        if (was === undefined || is === undefined || was === is) continue;
        differs = true;
        const effect = is < was ? "better" : "worse";
        const told = lines.some(
          (line) =>
            line.effect === effect &&
            line.region === "AU" &&
            line.before !== undefined &&
            line.after !== undefined,
        );
        const what = JSON.stringify([before.offers, other.offers, lines.map(({ message }) => message)]);
        assert.ok(told, `${round}: ${quantity} cost ${is} instead of ${was}: ${what}`);
      }
      if (differs) differing++;
      for (const { before: was, after: is, message } of lines) {
        assert.ok(differs || was === undefined || is === undefined, `${round}: ${message}`);
        assert.notEqual(was, is, message);
      }
      assert.deepEqual(diffCatalogs(other, other, options), []);
    }
    assert.ok(differing > 100, `${differing}`);
  });

  test("that differ by less than a cent are told as before, and as less or more before rounding", () => {
    const [before, after] = ["0.10", "0.0999"].map((amount) =>
      changed(cloutly, (c) => {
        const price = {
          model: "graduated",
          tiers: [
            { from: 1, up_to: 1_000, amount: "0.10" },
            { from: 1_001, amount },
          ],
        };
        c.offers = [{ ...c.offers[0], quantity: { step: 1, min: 1, max: 2_000 }, price }];
      }),
    ) as [Catalog, Catalog];
    const told = diffCatalogs(before, after, options).map(({ effect, message }) => `${effect}: ${message}`);
    assert.deepEqual(told, [
      "better: 1001 of pack-au (AU) cost 100.10 USD as before, but less before that is rounded",
      "better: 2000 of pack-au (AU) cost 199.90 instead of 200.00 USD (-0.05 %)",
    ]);
  });
});
