/** Quotes as words against quotes as data, many at once, and advice. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type Catalog,
  createLedgerSync,
  createPricing,
  isLedgerError,
  memoryStorage,
  type Quote,
  type QuoteRequest,
  type Validity,
} from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import tencent from "sms-ledger/catalogs/tencent-sms";
import ucloud from "sms-ledger/catalogs/ucloud-usms";
import { noon } from "./support/ledgers.ts";

const now = () => noon;
const catalogs: readonly Catalog[] = [cloutly, tencent, ucloud];

/** As data: a null is as good as absent, and makes a request one that only data can say. */
const asData = (request: QuoteRequest): QuoteRequest =>
  ({ ...request, currency: request.currency ?? null }) as QuoteRequest;

/** A quote or an error, to the byte. */
function told(call: () => unknown): string {
  try {
    return JSON.stringify(sorted(call()));
  } catch (error) {
    assert.ok(isLedgerError(error));
    return JSON.stringify([error.code, error.message, error.details]);
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}

/** Numbers that look random, the same in every run. */
function* numbers(seed: number): Generator<number, number> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state;
  }
}

function requestsOf(catalog: Catalog, count: number): QuoteRequest[] {
  const random = numbers(catalog.offers.length);
  const next = (below: number): number => (random.next().value >>> 8) % below;
  const some = <T>(items: readonly T[]): T => items[next(items.length)] as T;
  return Array.from({ length: count }, () => {
    const offer = some(catalog.offers);
    const { validity, purposes, quantity } = offer;
    const request: QuoteRequest = {
      offer: next(50) === 0 ? "nothing" : offer.id,
      quantity: some([
        quantity.min,
        quantity.max,
        quantity.step * next(200),
        next(1_000_000),
        quantity.max + quantity.step,
        10_000,
        500_000,
      ]),
    };
    if (next(10) > 0) request.region = next(30) === 0 ? "XX" : some(offer.regions);
    if (purposes !== undefined && next(10) > 0) request.purpose = some(purposes);
    if (validity !== undefined && next(10) > 0)
      request.validity = (Array.isArray(validity) ? some(validity) : validity) as Validity;
    if (next(20) === 0) request.purpose = "laughs";
    if (next(20) === 0) request.validity = { days: next(90) };
    if (next(10) === 0) request.currency = some(["CNY", "USD", "EUR", "XXX", "usd"]);
    if (next(5) === 0) request.at = new Date(1_500_000_000_000 + next(400_000) * 1_000_000);
    if (next(40) === 0) request.at = "2021-07-01T00:00:00+08:00";
    return request;
  });
}

describe("a quote as words", () => {
  for (const catalog of catalogs) {
    test(`is the quote as data, and so is each of many: ${catalog.id}`, () => {
      const pricing = createPricing({ catalog, now });
      const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now });
      const requests = requestsOf(catalog, 9_000);
      const many = pricing.quotes(requests);
      let quoted = 0;
      for (const [index, request] of requests.entries()) {
        const expected = told(() => pricing.quote(asData(request)));
        assert.equal(
          told(() => pricing.quote(request)),
          expected,
          JSON.stringify(request),
        );
        assert.equal(
          told(() => ledger.quote(request)),
          expected,
        );
        assert.equal(
          told(() => many.at(index)),
          expected,
        );
        if (!expected.startsWith("[")) {
          quoted++;
          assert.equal(many.total(index), (JSON.parse(expected) as Quote).total);
        } else assert.throws(() => many.total(index));
      }
      assert.ok(quoted > 2_000, `${quoted} quotes`);
      assert.deepEqual(
        [many.length, many.at(9_000), many.at(-1), many.total(9_000)],
        [9_000, undefined, undefined, undefined],
      );
    });
  }

  test("is the order that is made of it", () => {
    const catalog = { ...tencent, quote_seconds: 3_600 };
    const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now });
    ledger.openAccount({ id: "acme" });
    for (const [index, request] of requestsOf(catalog, 400).entries()) {
      delete request.at;
      let quote: Quote;
      try {
        quote = ledger.quote(request);
      } catch {
        continue;
      }
      const order = ledger.purchase({ id: `o${index}`, account: "acme", quote, payment: { reference: "r" } });
      for (const name of [
        "offer",
        "region",
        "quantity",
        "total",
        "currency",
        "priceList",
        "purpose",
      ] as const)
        assert.equal(order[name], quote[name]);
    }
  });

  test("keeps what was asked, whatever becomes of the request", () => {
    const pricing = createPricing({ catalog: cloutly, now });
    const requests: QuoteRequest[] = [
      { offer: "pack-au", quantity: 100 },
      { offer: "pack-au", quantity: 150 },
    ];
    const many = pricing.quotes(requests);
    for (const request of requests) request.quantity = 700;
    assert.equal(many.at(0)?.quantity, 100);
    assert.throws(() => many.at(1), {
      code: "INVALID_QUANTITY",
      details: { path: "quantity", quantity: 150, nearest: [100, 200] },
    });
    const [first, second] = [many.at(0), many.at(0)];
    assert.ok(first !== undefined && second !== undefined);
    first.catalog.revision = 99;
    assert.equal(second.catalog.revision, 1);
  });

  test("comes one after the other, up to the first that is refused", () => {
    const pricing = createPricing({ catalog: cloutly, now });
    const good = [100, 200, 300].map((quantity) => ({ offer: "pack-au", quantity }));
    const many = pricing.quotes(good);
    assert.deepEqual(
      [...many].map(({ total }) => total),
      ["6.20", "12.40", "18.60"],
    );
    assert.deepEqual(
      [...many],
      [0, 1, 2].map((index) => many.at(index)),
    );
    assert.deepEqual([...pricing.quotes([])], []);
    assert.throws(() => [...pricing.quotes([...good, { offer: "pack-au", quantity: 150 }])], {
      code: "INVALID_QUANTITY",
    });
  });

  test("of what is no request is refused with its path", () => {
    const pricing = createPricing({ catalog: cloutly, now });
    class Request {
      offer = "pack-au";
      quantity = 100;
    }
    for (const [request, path] of [
      [new Request(), ""],
      [null, ""],
      [{ offer: "pack-au", quantity: 100, colour: "red" }, "colour"],
      [{ offer: "pack-au", quantity: "100" }, "quantity"],
      [{ offer: "pack-au", quantity: 100, voucher: "v1" }, "voucher"],
      [{ offer: "pack-au", quantity: -100 }, "quantity"],
    ] as [QuoteRequest, string][]) {
      assert.throws(
        () => pricing.quote(request),
        (error) => isLedgerError(error) && error.details.path === path,
        String(path),
      );
      assert.throws(() => pricing.quotes([request]).at(0), { code: "INVALID_INPUT" });
    }
    assert.throws(() => pricing.quotes({} as never), { code: "INVALID_INPUT" });
    assert.throws(() => createPricing({ catalog: { ...cloutly, revision: 0 } }), { code: "INVALID_CATALOG" });
    assert.throws(() => createPricing({ catalog: cloutly, clock: now } as never), { code: "INVALID_INPUT" });
  });

  test("takes a voucher by its terms", () => {
    const [pack, ...others] = cloutly.offers;
    assert.ok(pack !== undefined);
    const pricing = createPricing({
      catalog: { ...cloutly, offers: [{ ...pack, vouchers: true }, ...others] },
      now,
    });
    const voucher = { id: "v1", percent: "10" };
    const quote = pricing.quote({ offer: "pack-au", quantity: 200, voucher });
    assert.deepEqual([quote.voucher, quote.discount, quote.total], ["v1", "1.24", "11.16"]);
    assert.deepEqual(pricing.quotes([{ offer: "pack-au", quantity: 200, voucher }]).at(0), quote);
  });
});

describe("advice", () => {
  const tiered = (tiers: object[], validity?: Validity): Catalog => {
    const [pack] = cloutly.offers;
    assert.ok(pack !== undefined);
    const offer = {
      ...pack,
      quantity: { step: 100, min: 100, max: 100_000 },
      price: { model: "volume", tiers },
      ...(validity === undefined ? {} : { validity }),
    };
    return { ...cloutly, offers: [offer] } as unknown as Catalog;
  };
  const steep = [
    { from: 1, up_to: 999, amount: "0.10" },
    { from: 1_000, up_to: 9_999, amount: "0.05" },
    { from: 10_000, amount: "0.01" },
  ];

  test("is the cheapest that covers the need, be it larger", () => {
    const pricing = createPricing({ catalog: tiered(steep), now });
    for (const [need, quantity, total] of [
      [150, 200, "20.00"],
      [500, 500, "50.00"],
      // 600 cost 60.00, 1,000 cost 50.00.
      [600, 1_000, "50.00"],
      [1_500, 1_500, "75.00"],
      [1_900, 1_900, "95.00"],
      // 2,100 cost 105.00, 10,000 cost 100.00.
      [2_100, 10_000, "100.00"],
    ] as const) {
      const advice = pricing.adviseQuantity({ region: "AU", need });
      assert.deepEqual(
        [advice.purchases.map(({ quote, times }) => [quote.quantity, times]), advice.total, advice.unused],
        [[[quantity, 1]], total, quantity - need],
        `${need}`,
      );
      assert.equal(advice.expired, 0);
    }
  });

  test("buys no more than can be used before it expires, unless that is cheaper all the same", () => {
    const pricing = createPricing({ catalog: tiered(steep, { months: 3 }), now });
    // 300 a month: of 1,000 only 900 are used in three months, of 10,000 no more, at twice the money.
    const advice = pricing.adviseQuantity({ region: "AU", need: 1_800, perMonth: 300 });
    assert.deepEqual(
      advice.purchases.map(({ quote, times }) => [quote.quantity, times]),
      [[1_000, 2]],
    );
    assert.deepEqual(
      [advice.total, advice.segments, advice.unused, advice.expired],
      ["100.00", 2_000, 200, 200],
    );
    // Of a price that never falls, just what is used is bought, again and again.
    const flat = createPricing({ catalog: tiered([{ from: 1, amount: "0.10" }], { months: 3 }), now });
    const often = flat.adviseQuantity({ region: "AU", need: 1_000, perMonth: 100 });
    assert.deepEqual(
      often.purchases.map(({ quote, times }) => [quote.quantity, times]),
      [
        [300, 3],
        [100, 1],
      ],
    );
    assert.deepEqual([often.total, often.expired], ["100.00", 0]);
  });

  test("is never dearer than any one purchase that would do", () => {
    for (const [catalog, region] of [
      [tencent, "CN"],
      [ucloud, "CN"],
      [ucloud, "FR"],
      [tencent, "TH"],
      [cloutly, "NZ"],
    ] as const) {
      const pricing = createPricing({ catalog, now });
      for (const need of [1, 99, 100, 1_000, 9_950, 99_999, 460_000, 1_000_000]) {
        const advice = pricing.adviseQuantity({ region, need });
        const covered = advice.purchases.reduce((sum, { quote, times }) => sum + quote.quantity * times, 0);
        assert.ok(covered >= need && covered === advice.segments, `${catalog.id} ${need}`);
        for (const offer of catalog.offers.filter(({ regions }) => regions.includes(region))) {
          const { step, max } = offer.quantity;
          const [validity] = Array.isArray(offer.validity) ? offer.validity : [offer.validity];
          for (const purpose of offer.purposes ?? [undefined])
            for (
              let quantity = Math.ceil(need / step) * step;
              quantity <= Math.min(max, need * 20);
              quantity += step * 997
            ) {
              const wanted = { offer: offer.id, region, quantity, purpose, validity } as QuoteRequest;
              let quote: Quote;
              try {
                quote = pricing.quote(JSON.parse(JSON.stringify(wanted)) as QuoteRequest);
              } catch {
                continue;
              }
              assert.ok(
                Number(advice.total) <= Number(quote.total),
                `${need}: ${advice.total} ${quote.total}`,
              );
            }
        }
      }
    }
  });

  test("is as cheap as any set of purchases could be, where prices fall with the quantity", () => {
    const random = numbers(42);
    const int = (least: number, most: number): number =>
      least + ((random.next().value >>> 8) % (most - least + 1));
    for (let round = 0; round < 150; round++) {
      const starts = [...new Set([1, ...Array.from({ length: int(1, 4) }, () => int(2, 40) * 100)])];
      starts.sort((left, right) => left - right);
      const prices = starts.map(() => int(1, 20)).sort((left, right) => right - left);
      const tiers = starts.map((from, at) => ({
        from,
        ...(at + 1 < starts.length ? { up_to: (starts[at + 1] as number) - 1 } : {}),
        amount: ((prices[at] as number) / 100).toFixed(2),
      }));
      const months = int(1, 6);
      const pricing = createPricing({ catalog: tiered(tiers, { months }), now });
      const need = int(1, 40) * 50;
      const perMonth = round % 2 === 0 ? undefined : int(50, 900);
      const usable = perMonth === undefined ? Number.POSITIVE_INFINITY : perMonth * months;
      // The least that so many segments cost, by every quantity that is sold.
      const least = [0];
      const costs = Array.from({ length: 50 }, (_, at) => {
        const quantity = (at + 1) * 100;
        const { total } = pricing.quote({ offer: "pack-au", quantity });
        return { covers: Math.min(quantity, usable), cost: Math.round(Number(total) * 100) };
      });
      for (let covered = 1; covered <= need; covered++)
        least.push(
          Math.min(
            ...costs.map(({ covers, cost }) => (least[Math.max(0, covered - covers)] as number) + cost),
          ),
        );
      const advice = pricing.adviseQuantity({
        region: "AU",
        need,
        ...(perMonth === undefined ? {} : { perMonth }),
      });
      const total = Math.round(Number(advice.total) * 100);
      const best = least[need] as number;
      assert.equal(total, best, `${round}`);
    }
  });

  const month_ms = 2_629_746_000;
  /** An offer of any price. */
  const priced = (price: object, quantity: object, validity?: Validity): Catalog => {
    const [offer] = tiered([], validity).offers;
    const { recharge_quantity: _recharge, ...rest } = offer as unknown as Record<string, unknown>;
    return { ...cloutly, offers: [{ ...rest, price, quantity }] } as unknown as Catalog;
  };
  const packs = (...each: [quantity: number, amount: string][]): Catalog => {
    const price = { model: "fixed", packs: each.map(([quantity, amount]) => ({ quantity, amount })) };
    return priced(price, { step: 1, min: 1, max: 1_000_000 });
  };

  test("is of as many quantities as are the cheapest together", () => {
    for (const [catalog, need, total, sold] of [
      [
        packs([2, "4.00"], [9, "10.00"], [11, "19.00"]),
        13,
        "18.00",
        [
          [9, 1],
          [2, 2],
        ],
      ],
      [
        packs([12, "8.00"], [14, "9.00"]),
        76,
        "50.00",
        [
          [14, 2],
          [12, 4],
        ],
      ],
      [
        packs([7, "5.00"], [11, "7.00"], [13, "8.50"]),
        31,
        "20.50",
        [
          [13, 1],
          [11, 1],
          [7, 1],
        ],
      ],
    ] as [Catalog, number, string, [number, number][]][]) {
      const advice = createPricing({ catalog, now }).adviseQuantity({ region: "AU", need });
      assert.equal(advice.total, total);
      assert.deepEqual(
        advice.purchases.map(({ quote, times }) => [quote.quantity, times]),
        sold,
      );
    }
  });

  test("is near the cheapest for a need of any size", () => {
    const catalog = packs([2_000, "4.00"], [9_001, "10.00"], [11_000, "19.00"]);
    const advice = createPricing({ catalog, now }).adviseQuantity({ region: "AU", need: 900_000_000 });
    const [most] = advice.purchases;
    // 99,988 are 899,991,988: of the rest, 8,012, five of 2,000 would be dearer than one more.
    assert.deepEqual([most?.quote.quantity, most?.times], [9_001, 99_989]);
    assert.equal(advice.total, "999890.00");
  });

  test("is the cheapest of all, by any model of price, with and without an expiry, and while prices change", () => {
    const random = numbers(4_711);
    const int = (least: number, most: number): number =>
      least + ((random.next().value >>> 8) % (most - least + 1));
    const price = (): Record<string, unknown> => {
      const model = ["flat", "volume", "graduated", "fixed"][int(0, 3)];
      const amount = (most: number): string => (int(1, most) / 100).toFixed(2);
      if (model === "flat") return { model, amount: amount(90) };
      const starts = [...new Set(Array.from({ length: int(1, 3) }, () => int(2, 30)))].sort((a, b) => a - b);
      if (model === "fixed")
        return {
          model,
          packs: starts.map((quantity) => ({ quantity: quantity * 6, amount: amount(9_000) })),
        };
      const froms = [1, ...starts];
      const tiers = froms.map((from, at) => ({
        from,
        ...(at + 1 < froms.length ? { up_to: (froms[at + 1] as number) - 1 } : {}),
        amount: amount(90),
      }));
      return { model, tiers };
    };
    let changing = 0;
    for (let round = 0; round < 400; round++) {
      const step = int(1, 3);
      const quantity = { step, min: step * int(1, 3), max: 180 };
      quantity.max -= quantity.max % step;
      const months = int(1, 4);
      const change = new Date(noon + int(1, 6) * month_ms + 1_000).toISOString();
      const prices = round % 3 === 0 ? [price(), price()] : [price()];
      if (prices.some(({ model }) => model === "fixed")) quantity.min = step;
      const one = priced(prices[0] as object, quantity, { months });
      const [{ price: _price, ...offer }] = one.offers as unknown as [Record<string, unknown>];
      const list = { series: "au", currency: "USD" };
      const catalog =
        prices.length === 1
          ? one
          : ({
              ...one,
              offers: [{ ...offer, prices: "au" }],
              price_lists: prices.map((each, at) => ({
                ...list,
                id: `list-${at}`,
                ...(at === 0 ? { until: change } : { from: change }),
                prices: [{ region: "AU", ...each }],
              })),
            } as unknown as Catalog);
      const pricing = createPricing({ catalog, now });
      const need = int(1, 100);
      const perMonth = round % 2 === 0 ? int(1, 40) : undefined;
      const usable = perMonth === undefined ? Number.POSITIVE_INFINITY : perMonth * months;
      const advice = pricing.adviseQuantity({
        region: "AU",
        need,
        ...(perMonth === undefined ? {} : { perMonth }),
      });
      // From what is covered last to what is covered first, by every quantity that is sold on that day.
      const least: number[] = [];
      least[need] = 0;
      const known = new Map<number, { covers: number; cost: number }[]>();
      for (let covered = need - 1; covered >= 0; covered--) {
        const at = perMonth === undefined ? noon : noon + Math.floor((covered * month_ms) / perMonth);
        const era = at >= Date.parse(change) ? 1 : 0;
        const sizes =
          known.get(era) ??
          Array.from({ length: 180 }, (_, index) => {
            try {
              const request = { offer: "pack-au", quantity: index + 1, at: new Date(at) };
              const cost = Math.round(Number(pricing.quote(request).total) * 100);
              return [{ covers: Math.min(index + 1, usable), cost }];
            } catch {
              return [];
            }
          }).flat();
        known.set(era, sizes);
        least[covered] = Math.min(
          ...sizes.map(({ covers, cost }) => cost + (least[Math.min(need, covered + covers)] as number)),
        );
      }
      if (known.size === 2) changing++;
      const what = JSON.stringify({ need, perMonth, months, change, quantity, prices });
      assert.equal(Math.round(Number(advice.total) * 100), least[0], `${round}: ${what}`);
    }
    assert.ok(changing > 20, `${changing}`);
  });

  /** One offer at the prices of dated lists, in cents a segment by tiers from a hundred and from a thousand. */
  const dated = (
    lists: { from?: string; until?: string; tiers: object[] }[],
    validity?: Validity,
  ): Catalog => {
    const [pack] = tiered([], validity).offers;
    const { price: _price, ...offer } = pack as unknown as Record<string, unknown>;
    return {
      ...cloutly,
      offers: [{ ...offer, prices: "au" }],
      price_lists: lists.map(({ tiers, ...dates }, at) => ({
        id: `list-${at}`,
        series: "au",
        currency: "USD",
        ...dates,
        prices: [{ region: "AU", model: "volume", tiers }],
      })),
    } as unknown as Catalog;
  };
  test("prices each purchase as of its own day", () => {
    const changes = "2027-01-01T00:00:00Z";
    const catalog = dated(
      [
        { until: changes, tiers: [{ from: 1, amount: "0.10" }] },
        { from: changes, tiers: [{ from: 1, amount: "0.20" }] },
      ],
      { months: 3 },
    );
    const pricing = createPricing({ catalog, now });
    // 300 last from 20 November until 19 February, and so do the next, at twice the price.
    const advice = pricing.adviseQuantity({ region: "AU", need: 600, perMonth: 100 });
    assert.deepEqual(
      advice.purchases.map(({ quote, times }) => [quote.quantity, times, quote.priceList, quote.quotedAt]),
      [
        // 100 more are used up before the year is over, so that 300 more can be bought at the old price.
        [100, 1, "list-0", new Date(noon).toISOString()],
        [300, 1, "list-0", new Date(noon + month_ms).toISOString()],
        [200, 1, "list-1", new Date(noon + 4 * month_ms).toISOString()],
      ],
    );
    assert.deepEqual([advice.total, advice.segments, advice.expired], ["80.00", 600, 0]);
    const sum = advice.purchases.reduce((total, { quote, times }) => total + Number(quote.total) * times, 0);
    assert.equal(advice.total, sum.toFixed(2));
    // All at once, or all before the change: as of now.
    for (const request of [
      { region: "AU", need: 600 },
      { region: "AU", need: 600, perMonth: 1_000 },
    ]) {
      const at_once = pricing.adviseQuantity(request);
      assert.deepEqual([at_once.total, at_once.purchases.length], ["60.00", 1]);
    }
    const later = pricing.adviseQuantity({ region: "AU", need: 600, perMonth: 100, at: changes });
    assert.equal(later.total, "120.00");
  });

  test("buys beforehand what is dearer later, and no more than it must of what is cheaper later", () => {
    const changes = "2027-01-01T00:00:00Z";
    const prices = ["0.10", "0.20"];
    const asked = (before: string, after: string): [number, number, string | undefined][] => {
      const catalog = dated([
        { until: changes, tiers: [{ from: 1, amount: before }] },
        { from: changes, tiers: [{ from: 1, amount: after }] },
      ]);
      const { purchases } = createPricing({ catalog, now }).adviseQuantity({
        region: "AU",
        need: 2_000,
        perMonth: 500,
      });
      return purchases.map(({ quote, times }) => [quote.quantity, times, quote.priceList]);
    };
    const [low, high] = prices as [string, string];
    assert.deepEqual(asked(low, high), [[2_000, 1, "list-0"]]);
    // 41.5 days at 500 a month are 682 segments.
    assert.deepEqual(asked(high, low), [
      [700, 1, "list-0"],
      [1_300, 1, "list-1"],
    ]);
  });

  test("is as cheap as any purchases day by day could be, while prices change", () => {
    const random = numbers(7);
    const int = (least: number, most: number): number =>
      least + ((random.next().value >>> 8) % (most - least + 1));
    let [exact, rounds] = [0, 0];
    for (let round = 0; round < 120; round++) {
      const perMonth = int(50, 900);
      const months = int(1, 6);
      const need = int(2, 40) * 50;
      const usable = perMonth * months;
      // Instants at which prices change, by how many segments are used then.
      const changes = [...new Set([int(1, need), int(1, need)])].sort((left, right) => left - right);
      const instant = (used: number): number => noon + Math.ceil((used * month_ms) / perMonth);
      const lists = [0, ...changes].map((used, at) => {
        const starts = [...new Set([1, int(2, 20) * 100, int(2, 40) * 100])].sort(
          (left, right) => left - right,
        );
        const amounts = starts.map(() => int(1, 20)).sort((left, right) => right - left);
        const next = changes[at];
        return {
          ...(at === 0 ? {} : { from: new Date(instant(used)).toISOString() }),
          ...(next === undefined ? {} : { until: new Date(instant(next)).toISOString() }),
          tiers: starts.map((from, place) => ({
            from,
            ...(place + 1 < starts.length ? { up_to: (starts[place + 1] as number) - 1 } : {}),
            amount: ((amounts[place] as number) / 100).toFixed(2),
          })),
        };
      });
      const pricing = createPricing({ catalog: dated(lists, { months }), now });
      const costs = [0, ...changes].map((used) =>
        Array.from({ length: 50 }, (_, at) => {
          const quantity = (at + 1) * 100;
          const { total } = pricing.quote({ offer: "pack-au", quantity, at: new Date(instant(used)) });
          return { covers: Math.min(quantity, usable), cost: Math.round(Number(total) * 100) };
        }),
      );
      // The least that the rest costs once so much is used, from the end on.
      const least = new Array<number>(need + 1).fill(0);
      for (let used = need - 1; used >= 0; used--) {
        const day = noon + Math.floor((used * month_ms) / perMonth);
        const list = changes.filter((each) => instant(each) <= day).length;
        least[used] = Math.min(
          ...(costs[list] as { covers: number; cost: number }[]).map(
            ({ covers, cost }) => cost + (least[Math.min(need, used + covers)] as number),
          ),
        );
      }
      const advice = pricing.adviseQuantity({ region: "AU", need, perMonth });
      const total = Math.round(Number(advice.total) * 100);
      const best = least[0] as number;
      const sum = advice.purchases.reduce(
        (cents, { quote, times }) => cents + Math.round(Number(quote.total) * 100) * times,
        0,
      );
      assert.equal(sum, total, `${round}: each quote is as of its own day`);
      assert.ok(total >= best, `${round}: ${total} is less than can be`);
      assert.ok(total <= best * 1.02, `${round}: ${total} ${best}`);
      rounds += 1;
      if (total === best) exact += 1;
    }
    assert.ok(exact >= rounds * 0.9, `${exact} of ${rounds} are the very best`);
  });

  test("answers soon, however often is bought until prices change", () => {
    const changes = "2030-01-01T00:00:00Z";
    const catalog = dated(
      [
        { until: changes, tiers: steep },
        { from: changes, tiers: [{ from: 1, amount: "0.20" }] },
      ],
      { days: 1 },
    );
    const pricing = createPricing({ catalog, now });
    const started = performance.now();
    const advice = pricing.adviseQuantity({ region: "AU", need: 1_000_000_000, perMonth: 20_000_000 });
    assert.ok(advice.segments >= 1_000_000_000);
    assert.ok(performance.now() - started < 5_000, `${performance.now() - started} ms`);
  });

  test("leaves out what the buyer may not buy, where it is said what the buyer has", () => {
    const [pack, ...others] = cloutly.offers;
    assert.ok(pack !== undefined);
    const certified = {
      ...pack,
      id: "certified-au",
      price: { model: "flat", amount: "0.01" },
      gates: ["enterprise-certified"],
      agreement: { id: "terms", version: "2" },
    } as Catalog["offers"][0];
    const catalog = { ...cloutly, offers: [pack, certified, ...others] };
    const pricing = createPricing({ catalog, now });
    const bought = (gates?: string[]): unknown[] => {
      const { purchases } = pricing.adviseQuantity({ region: "AU", need: 100, ...(gates ? { gates } : {}) });
      return purchases.map(({ quote: { offer, gates: asked, agreement } }) => [offer, asked, agreement]);
    };
    const best = ["certified-au", ["enterprise-certified"], { id: "terms", version: "2" }];
    assert.deepEqual(bought(), [best]);
    assert.deepEqual(bought(["other", "enterprise-certified"]), [best]);
    assert.deepEqual(bought([]), [["pack-au", undefined, undefined]]);
    const gated = createPricing({ catalog: { ...catalog, offers: [certified] }, now });
    assert.throws(() => gated.adviseQuantity({ region: "AU", need: 100, gates: [] }), {
      code: "GATE_CLOSED",
      details: { gates: ["enterprise-certified"] },
    });
  });

  test("of what nobody sells is refused", () => {
    const pricing = createPricing({ catalog: cloutly, now });
    assert.throws(() => pricing.adviseQuantity({ region: "AU", need: 100, currency: "EUR" }), {
      code: "NO_PRICE",
      details: { path: "currency", currencies: ["USD"] },
    });
    assert.throws(() => pricing.adviseQuantity({ region: "FR", need: 100 }), { code: "UNKNOWN_REGION" });
    const soon = dated([{ from: "2027-01-01T00:00:00Z", tiers: steep }]);
    assert.throws(() => createPricing({ catalog: soon, now }).adviseQuantity({ region: "AU", need: 100 }), {
      code: "NO_PRICE",
      details: { path: "at", from: "2027-01-01T00:00:00.000Z" },
    });
    for (const [request, path] of [
      [{ region: "AU", need: 100, gates: "all" }, "gates"],
      [{ region: "AU", need: 100, gates: [1] }, "gates[0]"],
      [{ region: "AU", need: 100, at: 7 }, "at"],
      [{ region: "AU", need: 100, purpose: "codes" }, "purpose"],
      [{ region: "FR", need: 100 }, "region"],
      [{ region: "AU", need: 0 }, "need"],
      [{ region: "AU", need: 1.5 }, "need"],
      [{ region: "AU", need: 100, perMonth: -1 }, "perMonth"],
      [{ need: 100 }, "region"],
      [{ region: "AU", need: 100, pace: 3 }, "pace"],
    ] as const)
      assert.throws(
        () => pricing.adviseQuantity(request as never),
        (error) => isLedgerError(error) && error.details.path === path,
      );
  });
});
