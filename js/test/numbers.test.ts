/** The regions of numbers: the vectors, the shape of the answers, and what is refused. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  createLedger,
  isLedgerError,
  memoryStorage,
  type ResolvedRegion,
  resolveRegion,
  resolveRegions,
} from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import * as slim from "sms-ledger/slim";
import { type Glue, Module } from "../src/module.ts";
import { Numbers } from "../src/numbers.ts";

interface Vector {
  number: string;
  region: string | null;
  callingCode: number | null;
  shared?: string[];
}
const vectors = JSON.parse(
  readFileSync(new URL("../../tests/fixtures/phone-vectors.json", import.meta.url), "utf8"),
) as Vector[];

/** What others call the region of every worldwide service. */
const worldwide = "001";

test("an area code of North America that nobody has is nobody's, wherever it lies", () => {
  for (const code of [211, 322, 411, 482, 555, 556, 711, 735, 911, 921, 950, 958, 976, 988]) {
    const { region, reason } = resolveRegion(`+1${code}5551234`);
    assert.deepEqual([region, reason], [null, "unassigned_area_code"], String(code));
  }
  for (const [code, region] of [
    [212, "US"],
    [204, "CA"],
    [242, "BS"],
    [800, "US"],
  ] as const)
    assert.equal(resolveRegion(`+1${code}5551234`).region, region);
});

describe("the region of a number", () => {
  test("holds on every vector", () => {
    assert.equal(vectors.length, 172);
    for (const { number, region, callingCode, shared } of vectors) {
      const found = resolveRegion(number);
      assert.equal(found.region, region === worldwide ? String(callingCode) : region, number);
      assert.equal(found.callingCode, callingCode, number);
      assert.equal(found.reason === undefined, region !== null, number);
      for (const one of shared ?? []) assert.ok(found.shared?.includes(one), `${number} ${one}`);
      if (region !== null) assert.equal(found.e164, number, number);
    }
  });

  const cases: [number: string, defaultRegion: string | undefined, expected: ResolvedRegion][] = [
    ["+6421123456", undefined, { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["+64 (21) 123-456", undefined, { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    [" +64.21.123.456 ", undefined, { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["021 123 456", "NZ", { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["00 1 (416) 555-0123", "NZ", { region: "CA", e164: "+14165550123", callingCode: 1 }],
    ["011 64 21 123 456", "CA", { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["+44 7924 123456", "IM", { region: "GB", e164: "+447924123456", callingCode: 44, shared: ["GB", "IM"] }],
    ["+870 773 111 632", undefined, { region: "870", e164: "+870773111632", callingCode: 870 }],
    ["", undefined, { region: null, e164: null, callingCode: null, reason: "empty" }],
    [" \u00a0\t\n", "NZ", { region: null, e164: null, callingCode: null, reason: "empty" }],
    ["tel:+6421123456", undefined, { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    [
      "tel:+6421123456;ext=5",
      undefined,
      { region: null, e164: null, callingCode: null, reason: "not_a_number" },
    ],
    [
      "\u202a+64\u00a021\u2011123/456\u202c\r\n",
      undefined,
      { region: "NZ", e164: "+6421123456", callingCode: 64 },
    ],
    ["＋６４　２１　１２３　４５６", undefined, { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["０２１　１２３　４５６", "NZ", { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["'+6421123456", undefined, { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["+64\n21123456", undefined, { region: null, e164: null, callingCode: null, reason: "not_a_number" }],
    ["+64 (0)21 123 456", undefined, { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["00 64 (0)21 123 456", "GB", { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["011 44 (0)20 7946 0958", "US", { region: "GB", e164: "+442079460958", callingCode: 44 }],
    ["+358 (0)9 1234567", undefined, { region: "FI", e164: "+35891234567", callingCode: 358 }],
    ["+39 06 4991 1234", undefined, { region: "IT", e164: "+390649911234", callingCode: 39 }],
    [
      "00 41 79 123 45 67",
      "AU",
      { region: null, e164: null, callingCode: null, reason: "not_international" },
    ],
    ["6421123456", "NZ", { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["64 (0)21 123 456", "NZ", { region: "NZ", e164: "+6421123456", callingCode: 64 }],
    ["+8707731116321", undefined, { region: null, e164: null, callingCode: 870, reason: "wrong_length" }],
    ["+33 6 12 34 56 7", undefined, { region: null, e164: null, callingCode: 33, reason: "too_short" }],
    ["06 12 34 56 789", "FR", { region: null, e164: null, callingCode: 33, reason: "too_long" }],
    ["021 123 456", undefined, { region: null, e164: null, callingCode: null, reason: "not_international" }],
    ["+44 123", undefined, { region: null, e164: null, callingCode: 44, reason: "too_short" }],
    ["+1 212 555 0123 4", undefined, { region: null, e164: null, callingCode: 1, reason: "too_long" }],
    ["+6421123456789012", undefined, { region: null, e164: null, callingCode: 64, reason: "too_long" }],
    [
      "+999 123456789",
      undefined,
      { region: null, e164: "+999123456789", callingCode: null, reason: "unassigned_calling_code" },
    ],
    [
      "000 555 1234",
      "US",
      { region: null, e164: "+10005551234", callingCode: 1, reason: "unassigned_area_code" },
    ],
    [
      "x".repeat(1_000_000),
      undefined,
      { region: null, e164: null, callingCode: null, reason: "not_a_number" },
    ],
    ["+64\ud800", undefined, { region: null, e164: null, callingCode: null, reason: "not_a_number" }],
  ];
  for (const [number, defaultRegion, expected] of cases) {
    test(`${number.slice(0, 30).toWellFormed()} in ${defaultRegion}`, () => {
      const options = defaultRegion === undefined ? undefined : { defaultRegion };
      assert.deepEqual(resolveRegion(number, options), expected);
      assert.deepEqual(resolveRegions([number], options).at(0), expected);
    });
  }

  test("is refused where the call is malformed", () => {
    const refused: [call: () => unknown, path: string, message: RegExp][] = [
      [() => resolveRegion(61 as unknown as string), "number", /must be a string/],
      [() => resolveRegion("+61", { defaultRegion: "870" }), "defaultRegion", /two capitals/],
      [() => resolveRegion("+61", { defaultRegion: "ZZ" }), "defaultRegion", /two capitals/],
      [() => resolveRegion("+61", { defaultRegion: "nz" }), "defaultRegion", /did you mean `NZ`\?/],
      [() => resolveRegion("+61", { defaultRegion: "UK" }), "defaultRegion", /did you mean `GB`\?/],
      [() => resolveRegion("+61", { defaultRegion: "" }), "defaultRegion", /two capitals/],
      [
        () => resolveRegion("+61", { region: "AU" } as object),
        "region",
        /is not known here; allowed are `defaultRegion`/,
      ],
      [() => resolveRegion("+61", null as unknown as object), "", /plain object/],
      [() => resolveRegions("+61" as unknown as string[]), "numbers", /array of strings/],
      [() => resolveRegions(["+61", 61 as unknown as string]), "numbers[1]", /must be a string/],
      [() => resolveRegions(new Array<string>(2)), "numbers[0]", /must be a string/],
    ];
    for (const [call, path, message] of refused) {
      assert.throws(call, (error) => {
        assert.ok(isLedgerError(error) && error.code === "INVALID_INPUT");
        assert.equal(error.details.path, path);
        return message.test(error.message);
      });
    }
  });

  test("needs the module to be started", () => {
    assert.throws(() => slim.resolveRegion("+6421123456"), /call `initialize` first/);
    slim.initialize(readFileSync(new URL(import.meta.resolve("sms-ledger/sms_ledger.wasm"))));
    assert.equal(slim.resolveRegion("+6421123456").region, "NZ");
  });
});

describe("the regions of many numbers", () => {
  test("are those of each alone", () => {
    const numbers = vectors.map(({ number }) => number);
    const all = resolveRegions([
      ...numbers,
      "+64\n21123456",
      "x".repeat(5_000),
      "+6421123456\n",
      " ".repeat(5_000),
    ]);
    assert.equal(all.length, numbers.length + 4);
    for (const [index, number] of numbers.entries()) {
      const alone = resolveRegion(number);
      assert.deepEqual(all.at(index), alone);
      assert.equal(all.names[all.regions[index] ?? -1], alone.region);
    }
    assert.equal(all.at(numbers.length)?.reason, "not_a_number");
    assert.equal(all.at(numbers.length + 1)?.reason, "not_a_number");
    assert.equal(all.at(numbers.length + 2)?.e164, "+6421123456");
    assert.equal(all.at(numbers.length + 3)?.reason, "empty");
    assert.equal(all.at(all.length), undefined);
    assert.equal(all.at(-1), undefined);
  });

  test("may be none, or more than cross at once", () => {
    assert.equal(resolveRegions([]).length, 0);
    const numbers = Array.from({ length: 40_000 }, (_, index) =>
      index % 3 === 0 ? "+6421123456" : "0412345678",
    );
    const { regions, names } = resolveRegions(numbers, { defaultRegion: "AU" });
    for (const [index, region] of regions.entries())
      assert.equal(names[region], index % 3 === 0 ? "NZ" : "AU");
  });

  test("stay what they were when the list changes", () => {
    const numbers = ["+64 21 123 456"];
    const all = resolveRegions(numbers);
    numbers[0] = "+61 412 345 678";
    assert.equal(all.at(0)?.e164, "+6421123456");
  });
});

describe("a region", () => {
  test("may be a worldwide service that a catalog prices", async () => {
    const offer = {
      id: "pack-870",
      name: "Satellite",
      regions: ["870"],
      quantity: { step: 1, min: 1, max: 1_000 },
      price: { model: "flat", per: 1, amount: "0.50" },
    } as const;
    const { regions, offers } = cloutly;
    const catalog = {
      ...cloutly,
      regions: [...regions, { code: "870", name: "Inmarsat" }],
      offers: [...offers, offer],
    };
    const ledger = createLedger({ storage: memoryStorage(), catalog });
    const account = "acme";
    await ledger.openAccount({ id: account });
    const quote = ledger.quote({ offer: "pack-870", quantity: 5 });
    await ledger.purchase({ id: "order", account, quote, payment: { reference: "paid" } });
    const { e164, region } = resolveRegion("+870 773 111 632");
    assert.equal(region, "870");
    const reserved = await ledger.reserve({ id: "m", account, to: e164 ?? "", text: "Ahoy" });
    assert.equal(reserved.region, "870");
    assert.deepEqual((await ledger.balance({ account })).pools, [{ region: "870", available: 4 }]);
  });
});

describe("a trap", () => {
  test("costs the call, and the next one starts anew", () => {
    let [traps, resets] = [true, 0];
    const glue = {
      initSync() {},
      __wbg_reset_state: () => (resets += 1),
      regionNames: () => ",NZ",
      resolveRegion() {
        if (traps) throw new WebAssembly.RuntimeError("unreachable");
        return (1 << 28) | (1 << 10) | 64;
      },
    };
    const module = new Module(glue as unknown as Glue);
    const numbers = new Numbers(module);
    assert.throws(() => numbers.resolveRegion("+6421123456"), /call `initialize` first/);
    module.start({});
    assert.throws(
      () => numbers.resolveRegion("+6421123456"),
      (error) => isLedgerError(error) && error.code === "ENGINE_FAILED" && error.retryable,
    );
    traps = false;
    assert.deepEqual([numbers.resolveRegion("+6421123456").region, resets], ["NZ", 1]);
  });
});
