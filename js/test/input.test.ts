/** Bad input: each gets its code and its path, and nothing is written. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createLedger,
  createLedgerSync,
  type ErrorCode,
  isLedgerError,
  memoryStorage,
  type SyncLedger,
} from "sms-ledger";
import { acmeStorage, au_number, catalog, contents, counting, noon } from "./support/ledgers.ts";

interface Case {
  call: keyof SyncLedger;
  input: unknown;
  code: ErrorCode;
  /** Of `details.path`; not compared where absent. */
  path?: string;
}

const message = { id: "m9", account: "acme", to: au_number, text: "hello" };
const quote = createLedgerSync({ storage: memoryStorage(), catalog, now: () => noon }).quote({
  offer: "pack-au",
  quantity: 100,
});
const purchase = { id: "o9", account: "acme", quote, payment: { reference: "card" } };
class Money {
  amount = "1";
}

function invalid(call: keyof SyncLedger, input: unknown, path: string): Case {
  return { call, input, code: "INVALID_INPUT", path };
}

const cases: Record<string, readonly Case[]> = {
  "an input that is no plain object": [
    ...[undefined, null, 1, "reserve", [], new Map(), new Money(), () => message].flatMap((input) => [
      invalid("reserve", input, ""),
      invalid("settle", input, ""),
      invalid("report", input, ""),
      invalid("preview", input, ""),
      invalid("balance", input, ""),
    ]),
  ],
  "wrong types": [
    invalid("reserve", { ...message, id: 1 }, "id"),
    invalid("reserve", { ...message, account: null }, "account"),
    invalid("reserve", { ...message, to: 61412345678 }, "to"),
    invalid("reserve", { ...message, text: undefined }, "text"),
    invalid("reserve", { id: "m9", account: "acme", to: au_number }, "text"),
    invalid("reserve", { ...message, text: ["hello"] }, "text"),
    invalid("reserve", { ...message, attempt: "2" }, "attempt"),
    invalid("settle", { id: "m1", account: "acme", segments: "1" }, "segments"),
    invalid("release", { id: {}, account: "acme" }, "id"),
    invalid("report", { id: "m1", account: "acme", stage: 4 }, "stage"),
    invalid("report", { id: "m1", account: "acme", stage: "delivered", code: 5 }, "code"),
    invalid("openAccount", { id: 7 }, "id"),
    invalid("openAccount", { id: "x", plan: ["starter"] }, "plan"),
    invalid("quote", { offer: 1, quantity: 100 }, "offer"),
    invalid("quote", { offer: "pack-au", quantity: "100" }, "quantity"),
    invalid("quote", { offer: "pack-au", quantity: 100n }, "quantity"),
    invalid("purchase", { ...purchase, payment: "paid" }, "payment"),
    invalid("purchase", { ...purchase, payment: { reference: 5 } }, "payment.reference"),
    invalid("purchase", { ...purchase, payment: { paid: true } }, "payment.paid"),
    invalid("entries", { account: "acme", limit: "10" }, "limit"),
    invalid("balance", { account: "acme", at: noon }, "at"),
    invalid("balance", { account: "acme", at: () => noon }, "at"),
    invalid("segments", 5, "text"),
    invalid("segments", undefined, "text"),
  ],
  "counts that are none": [Number.NaN, Number.POSITIVE_INFINITY, 0, -1, 1.5, -0, 2 ** 53, 2 ** 32].flatMap(
    (count) => [
      invalid("reserve", { ...message, attempt: count }, "attempt"),
      invalid("settle", { id: "m1", account: "acme", segments: count }, "segments"),
      {
        call: "quote",
        input: { offer: "pack-au", quantity: count },
        code: count === 0 || count === 2 ** 32 ? "INVALID_QUANTITY" : "INVALID_INPUT",
        path: "quantity",
      } as Case,
    ],
  ),
  "pages that are none": [Number.NaN, 0, -1, 1.5, 1_001, 2 ** 53].flatMap((limit) => [
    invalid("entries", { account: "acme", limit }, "limit"),
    invalid("endedPackages", { account: "acme", limit }, "limit"),
  ]),
  "cursors that are none": [Number.NaN, -1, 0.5, 2 ** 53].map((after) =>
    invalid("entries", { account: "acme", after }, "after"),
  ),
  "too many attempts": [invalid("reserve", { ...message, attempt: 21 }, "attempt")],
  "floats for money": [
    invalid("purchase", { ...purchase, quote: { ...quote, total: 6.2 } }, "quote.total"),
    invalid(
      "purchase",
      { ...purchase, quote: { ...quote, lines: [{ ...quote.lines[0], amount: 6.2 }] } },
      "quote.lines[0].amount",
    ),
  ],
  "unknown properties": [
    invalid("reserve", { ...message, urgent: true }, "urgent"),
    invalid("reserve", { ...message, Text: "x" }, "Text"),
    invalid("preview", { ...message }, "id"),
    invalid("settle", { id: "m1", account: "acme", count: 1 }, "count"),
    invalid("release", { id: "m1", account: "acme", reason: "x" }, "reason"),
    invalid("report", { id: "m1", account: "acme", stage: "delivered", status: "x" }, "status"),
    invalid("openAccount", { id: "x", plna: "starter" }, "plna"),
    invalid("quote", { offer: "pack-au", quantity: 100, voucher: "x" }, "voucher"),
    invalid("purchase", { ...purchase, agreement: 1 }, "agreement"),
    invalid("purchase", { ...purchase, payment: { reference: "r", card: 4242 } }, "payment.card"),
    invalid("purchase", { ...purchase, quote: { ...quote, rebate: "1" } }, "quote.rebate"),
    invalid("balance", { account: "acme", region: "AU" }, "region"),
    invalid("verify", { account: "acme", deep: true }, "deep"),
    invalid("snapshot", JSON.parse('{"account":"acme","__proto__":{}}'), "__proto__"),
  ],
  "lone surrogates": [
    invalid("reserve", { ...message, text: "hi \ud83d" }, "text"),
    invalid("reserve", { ...message, id: "\udc00" }, "id"),
    invalid("preview", { account: "acme", to: au_number, text: "\udc00\ud800" }, "text"),
    invalid("report", { id: "m1", account: "acme", stage: "delivered", code: "\ud800" }, "code"),
    invalid("openAccount", { id: "x", zone: "\ud800" }, "zone"),
    invalid("purchase", { ...purchase, payment: { reference: "\ud800" } }, "payment.reference"),
    invalid("explain", { account: "acme", to: au_number, text: "\ud800" }, "text"),
    invalid("segments", "\ud800", "text"),
  ],
  "ids that are none": ["", "a b", "é", "a\0", "x".repeat(129), "a\n"].flatMap((id) => [
    invalid("reserve", { ...message, id }, "id"),
    invalid("reserve", { ...message, account: id }, "account"),
    invalid("openAccount", { id }, "id"),
    invalid("purchase", { ...purchase, id }, "id"),
    invalid("balance", { account: id }, "account"),
  ]),
  "numbers that are not E.164": [
    "",
    "0412345678",
    "+",
    "+0412",
    "61412345678",
    "+6141234567890123",
    "tel:+61412345678",
    "+61412345678\n",
    "+６１４１２３４５６７８",
  ].flatMap((to) => [
    { call: "reserve", input: { ...message, to }, code: "INVALID_NUMBER", path: "to" } as Case,
    {
      call: "preview",
      input: { account: "acme", to, text: "x" },
      code: "INVALID_NUMBER",
      path: "to",
    } as Case,
  ]),
  "times that are no times": [
    ...[
      "yesterday",
      "2026-11-21",
      "2026-11-21T09:30:00",
      "2026-02-30T00:00:00Z",
      "2026-11-21T25:00:00Z",
      "",
      new Date("no"),
    ].map((at) => invalid("balance", { account: "acme", at }, "at")),
    invalid("openAccount", { id: "x", billingAnchor: "soon" }, "billingAnchor"),
    invalid("openAccount", { id: "x", billingAnchor: new Date(Number.NaN) }, "billingAnchor"),
    invalid("quote", { offer: "pack-au", quantity: 100, at: new Date(8e15) }, "at"),
  ],
  "zones that are none": ["Mars/Olympus", "", "+10:00"].map((zone) =>
    invalid("openAccount", { id: "x", plan: "starter", zone }, "zone"),
  ),
  "what the catalog does not know": [
    { call: "quote", input: { offer: "pack-de", quantity: 100 }, code: "UNKNOWN_OFFER", path: "offer" },
    {
      call: "quote",
      input: { offer: "pack-au", region: "US", quantity: 100 },
      code: "UNKNOWN_REGION",
      path: "region",
    },
    { call: "quote", input: { offer: "pack-au", quantity: 150 }, code: "INVALID_QUANTITY", path: "quantity" },
    { call: "openAccount", input: { id: "x", plan: "platinum" }, code: "UNKNOWN_PLAN", path: "plan" },
    invalid("report", { id: "m1", account: "acme", stage: "lost" }, "stage"),
  ],
  "what the account does not know": [
    { call: "reserve", input: { ...message, account: "nobody" }, code: "UNKNOWN_ACCOUNT" },
    { call: "purchase", input: { ...purchase, account: "nobody" }, code: "UNKNOWN_ACCOUNT" },
    { call: "balance", input: { account: "nobody" }, code: "UNKNOWN_ACCOUNT" },
    { call: "entries", input: { account: "nobody" }, code: "UNKNOWN_ACCOUNT" },
    { call: "snapshot", input: { account: "nobody" }, code: "UNKNOWN_ACCOUNT" },
    { call: "settle", input: { id: "none", account: "acme" }, code: "UNKNOWN_HOLD" },
    { call: "release", input: { id: "none", account: "acme" }, code: "UNKNOWN_HOLD" },
    { call: "report", input: { id: "none", account: "acme", stage: "delivered" }, code: "UNKNOWN_HOLD" },
  ],
  "an id with another body": [
    { call: "reserve", input: { ...message, id: "m1", text: "other" }, code: "ID_REUSED" },
    { call: "reserve", input: { ...message, id: "m1", to: "+61498765432" }, code: "ID_REUSED" },
    { call: "purchase", input: { ...purchase, id: "order-1" }, code: "ID_REUSED" },
    { call: "openAccount", input: { id: "acme", plan: "growth" }, code: "ID_REUSED" },
  ],
  "quotes that do not hold": [
    { call: "purchase", input: { ...purchase, quote: { ...quote, total: "0.01" } }, code: "QUOTE_MISMATCH" },
    {
      call: "purchase",
      input: { ...purchase, quote: { ...quote, quantity: 1_000 } },
      code: "QUOTE_MISMATCH",
    },
    {
      call: "purchase",
      input: { ...purchase, quote: { ...quote, expiresAt: "2036-01-01T00:00:00Z" } },
      code: "QUOTE_MISMATCH",
    },
    {
      call: "purchase",
      input: { ...purchase, quote: JSON.parse(JSON.stringify(createQuote("2026-11-20T11:00:00Z"))) },
      code: "QUOTE_EXPIRED",
    },
  ],
  "too much": [
    {
      call: "reserve",
      input: { ...message, text: "x".repeat(153 * 255 + 1) },
      code: "MESSAGE_TOO_LONG",
      path: "text",
    },
    ...["", "\ud800"].flatMap((start) => {
      const text = start + "x".repeat(255 * 160 + 1);
      return [
        { call: "segments", input: text, code: "MESSAGE_TOO_LONG", path: "text" },
        { call: "reserve", input: { ...message, text }, code: "MESSAGE_TOO_LONG", path: "text" },
        ...(["preview", "explain"] as const).map((call) => ({
          call,
          input: { account: "acme", to: au_number, text },
          code: "MESSAGE_TOO_LONG",
          path: "text",
        })),
      ] as Case[];
    }),
    ...["id", "account", "to"].map((name) =>
      invalid("reserve", { ...message, [name]: "x".repeat(1_025) }, name),
    ),
    ...["account", "to"].flatMap((name) =>
      (["preview", "explain"] as const).map((call) =>
        invalid(call, { account: "acme", to: au_number, text: "x", [name]: "x".repeat(1_025) }, name),
      ),
    ),
    ...["id", "account", "stage", "code"].map((name) =>
      invalid("report", { id: "m1", account: "acme", stage: "delivered", [name]: "x".repeat(1_025) }, name),
    ),
    invalid("settle", { id: "x".repeat(1_025), account: "acme" }, "id"),
    invalid("release", { id: "m1", account: "x".repeat(1_025) }, "account"),
    invalid("openAccount", { id: "x", zone: "x".repeat(32_769) }, "zone"),
    invalid("purchase", { ...purchase, payment: { reference: "x".repeat(32_769) } }, "payment.reference"),
    invalid("purchase", { ...purchase, payment: { ["x".repeat(32_769)]: 1 } }, "payment"),
    invalid("quote", { offer: "x".repeat(32_769), quantity: 100 }, "offer"),
    invalid("purchase", { ...purchase, quote: { ...quote, lines: Array(100_001).fill(0) } }, "quote.lines"),
    invalid("purchase", { ...purchase, quote: Object.fromEntries(Array(100_001).entries()) }, "quote"),
    invalid("purchase", { ...purchase, quote: Array(400).fill(Array(400).fill(0)) }, "quote[248]"),
    invalid("purchase", { ...purchase, payment: Array(100).fill("x".repeat(32_768)) }, "payment[30]"),
    invalid("purchase", { ...purchase, payment: nested(17) }, `payment${"[0]".repeat(16)}`),
    invalid("purchase", { ...purchase, payment: nested(15) }, "payment"),
    {
      call: "settle",
      input: { id: "m1", account: "acme", segments: 2 },
      code: "INVALID_INPUT",
      path: "segments",
    },
  ],
};

/** So many arrays within one another. */
function nested(levels: number): unknown {
  return levels === 0 ? [] : [nested(levels - 1)];
}

function createQuote(at: string): unknown {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now: () => Date.parse(at) });
  return ledger.quote({ offer: "pack-au", quantity: 100 });
}

/** What a call is refused with. */
async function refusal(call: () => unknown): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return undefined;
}

function title({ call, input }: Case): string {
  const json = JSON.stringify(input, (_, value: unknown) =>
    typeof value === "bigint" || (typeof value === "number" && !Number.isFinite(value))
      ? String(value)
      : value,
  );
  const text = json ?? String(input);
  return `${call} ${text.length > 100 ? `${text.slice(0, 100)}…` : text}`;
}

for (const [group, list] of Object.entries(cases)) {
  describe(group, () => {
    for (const each of list) {
      test(title(each), async () => {
        const { storage, calls } = counting(acmeStorage());
        const ledger = createLedger({ storage, catalog, now: () => noon });
        await ledger.reserve({ ...message, id: "m1" });
        const before = contents(storage);
        calls.applied = 0;
        const run = (ledger as unknown as Record<string, (input: unknown) => unknown>)[each.call];
        const error = await refusal(() => run?.(each.input));
        assert.ok(isLedgerError(error), `answered ${JSON.stringify(error)} instead of an error`);
        assert.equal(error.code, each.code, error.message);
        if (each.path !== undefined) assert.equal((error.details as { path?: string }).path, each.path);
        assert.equal(calls.applied, 0);
        assert.deepEqual(contents(storage), before);
      });
    }
  });
}

describe("a refusal", () => {
  test("says what is allowed instead", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog });
    const error = await refusal(() => ledger.release({ id: "m1", account: "acme", reason: "x" } as never));
    assert.equal((error as Error).message, "`reason` is not known here; allowed are `id`, `account`");
  });

  test("speaks of the input, not of the module's inside", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog });
    for (const input of [{ account: 7 }, { account: "acme", limit: 1.5 }, { account: "acme", after: [] }]) {
      const error = await refusal(() => ledger.entries(input as never));
      assert.doesNotMatch((error as Error).message, /Error:|JsValue|floating point|\bu\d+\b/);
    }
  });

  test("does not repeat a long value whole", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog });
    const error = await refusal(() => ledger.reserve({ ...message, attempt: "9".repeat(10_000) as never }));
    assert.ok(JSON.stringify({ ...(error as object), message: (error as Error).message }).length < 400);
  });

  test("of one call costs the others of its tick nothing", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now: () => noon });
    const results = await Promise.allSettled([
      ledger.reserve(message),
      ledger.reserve({ ...message, text: 1 as never }),
      ledger.reserve({ ...message, id: "m10", to: "nowhere" }),
      ledger.reserve({ ...message, id: "m11" }),
    ]);
    assert.deepEqual(
      results.map(({ status }) => status),
      ["fulfilled", "rejected", "rejected", "fulfilled"],
    );
  });

  test("also meets an input whose properties throw, and the ledger goes on", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now: () => noon });
    const input = Object.defineProperty({ ...message }, "text", {
      enumerable: true,
      get() {
        throw new RangeError("no text today");
      },
    });
    await assert.rejects(ledger.reserve(input), RangeError);
    assert.equal((await ledger.reserve(message)).id, "m9");
  });
});

test("an array that is long without holding anything is refused at once", async () => {
  const ledger = createLedger({ storage: acmeStorage(), catalog, now: () => noon });
  const sparse = { ...purchase, quote: { ...quote, lines: new Array(2 ** 32 - 1) } };
  await assert.rejects(ledger.purchase(sparse), { code: "INVALID_INPUT" });
});

describe("a long text", () => {
  test("is refused with its length before it is copied", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now: () => noon });
    const text = "x".repeat(50_000);
    const details = { path: "text", segments: 313, segmentsMax: 255, units: 50_000 };
    assert.throws(() => ledger.segments(text), { code: "MESSAGE_TOO_LONG", details });
    await assert.rejects(ledger.reserve({ ...message, text }), { code: "MESSAGE_TOO_LONG", details });
    const explain = ledger.explain({ account: "acme", to: au_number, text });
    await assert.rejects(explain, { code: "MESSAGE_TOO_LONG", details });
  });

  test("that the segments can carry is taken", async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now: () => noon });
    const text = "x".repeat(153 * 255);
    assert.equal(ledger.segments(text).segments, 255);
    assert.equal((await ledger.explain({ account: "acme", to: au_number, text })).segments, 255);
  });

  test("in a catalog is taken up to its own bound, and a long list as well", () => {
    const regions = Array(120_000).fill("AU");
    const named = (name: unknown) =>
      ({ ...catalog, offers: [{ name, regions }] }) as unknown as typeof catalog;
    const make = (name: unknown) => () =>
      createLedger({ storage: memoryStorage(), catalog: named(name), now: () => noon });
    assert.throws(make("x".repeat(32_768)), { code: "INVALID_CATALOG" });
    assert.throws(make("x".repeat(32_769)), { code: "INVALID_INPUT" });
    assert.throws(make(nested(17)), { code: "INVALID_INPUT" });
  });
});

describe("a store and options", () => {
  const make = (options: unknown) => () => createLedger(options as Parameters<typeof createLedger>[0]);
  const storage = memoryStorage();
  const bad: [unknown, string][] = [
    [undefined, ""],
    [{}, "storage"],
    [{ storage: {}, catalog }, "storage.get"],
    [{ storage: { ...storage, commit: true }, catalog }, "storage.commit"],
    [{ storage: { ...storage, limits: 5 }, catalog }, "storage.limits"],
    [{ storage: { ...storage, limits: { writes: 0 } }, catalog }, "storage.limits.writes"],
    [{ storage: { ...storage, limits: { writes: 15 } }, catalog }, "storage.limits.writes"],
    [{ storage: { ...storage, limits: { checks: 1 } }, catalog }, "storage.limits.checks"],
    [{ storage: { ...storage, limits: { valueBytes: 16_383 } }, catalog }, "storage.limits.valueBytes"],
    [{ storage }, "catalog"],
    [{ storage, catalog: "cloutly" }, "catalog"],
    [{ storage, catalog, now: noon }, "now"],
    [{ storage, catalog, cacheBytes: -1 }, "cacheBytes"],
    [{ storage, catalog, queue: 1.5 }, "queue"],
    [{ storage, catalog, cache: 5 }, "cache"],
  ];
  for (const [options, path] of bad) {
    test(`that are refused: ${path === "" ? "none" : path}`, () => {
      assert.throws(
        make(options),
        (error) => isLedgerError(error) && (error.details as { path?: string }).path === path,
      );
    });
  }
});

describe("a catalog", () => {
  type Plain = Record<string, unknown>;
  const edited = (edit: (catalog: { offers: { price: Plain; quantity: Plain }[] } & Plain) => void) => {
    const copy = structuredClone(catalog) as unknown as Parameters<typeof edit>[0];
    edit(copy);
    return copy;
  };
  const tiers = (...starts: number[]) => ({
    model: "volume",
    per: 100,
    tiers: starts.map((from) => ({ from, amount: "1.00" })),
  });
  const bad: [string, Plain, RegExp][] = [
    ["without offers", edited((c) => Reflect.deleteProperty(c, "offers")), /^(offers)?$/],
    ["with an unknown property", edited((c) => Object.assign(c, { colour: "red" })), /colour|^$/],
    [
      "with an unknown property in an offer",
      edited((c) => Object.assign(c.offers[1] as Plain, { colour: "red" })),
      /offers\[1\]/,
    ],
    [
      "with a price that is a float",
      edited((c) => Object.assign(c.offers[0]?.price as Plain, { amount: 6.2 })),
      /offers\[0\]\.price/,
    ],
    [
      "with a price that is no number",
      edited((c) => Object.assign(c.offers[0]?.price as Plain, { amount: "cheap" })),
      /offers\[0\]\.price/,
    ],
    [
      "with overlapping tiers",
      edited((c) => Object.assign(c.offers[2] as Plain, { price: tiers(1, 1_000, 500) })),
      /offers\[2\]\.price\.tiers\[2\]/,
    ],
    [
      "with the same bound twice",
      edited((c) => Object.assign(c.offers[2] as Plain, { price: tiers(1, 1_000, 1_000) })),
      /offers\[2\]\.price\.tiers\[2\]/,
    ],
    [
      "with two offers of one id",
      edited((c) => Object.assign(c.offers[1] as Plain, { id: "pack-au" })),
      /offers\[1\]\.id/,
    ],
    [
      "with a region that is not listed",
      edited((c) => Object.assign(c.offers[0] as Plain, { regions: ["XX"] })),
      /offers\[0\]\.regions/,
    ],
    [
      "with a negative step",
      edited((c) => Object.assign(c.offers[0]?.quantity as Plain, { step: -100 })),
      /offers\[0\]\.quantity/,
    ],
    ["in a zone that is none", edited((c) => Object.assign(c, { zone: "Mars/Olympus" })), /zone/],
  ];
  for (const [name, broken, path] of bad) {
    test(`${name} is refused with the place`, () => {
      const make = () =>
        createLedger({ storage: memoryStorage(), catalog: broken as unknown as typeof catalog });
      assert.throws(make, (error) => {
        assert.ok(isLedgerError(error) && error.code === "INVALID_CATALOG", String(error));
        assert.ok(
          error.details.problems?.some((problem) => path.test(problem.path)),
          JSON.stringify(error.details),
        );
        return true;
      });
    });
  }
});
