/** Price lists out of spreadsheets: the rows of the three sellers, and every way in which a cell may not fit. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import {
  type Catalog,
  type CatalogListedPrice,
  importPrices,
  isLedgerError,
  type PriceMapping,
  validateCatalog,
} from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import tencent from "sms-ledger/catalogs/tencent-sms";
import ucloud from "sms-ledger/catalogs/ucloud-usms";

interface Row {
  vendor: string;
  kind: string;
  country?: string;
}
const fixture = path.join(import.meta.dirname, "../../tests/fixtures/prices.json");
const { rows } = JSON.parse(readFileSync(fixture, "utf8")) as { rows: Row[] };

const quoted = (cell: string | number | undefined): string =>
  /[",;\n]/.test(`${cell ?? ""}`) ? `"${`${cell}`.replaceAll('"', '""')}"` : `${cell ?? ""}`;

/** All rows of all sellers, as one sheet. */
const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
const sheet = [columns, ...rows.map((row) => columns.map((column) => row[column as keyof Row]))]
  .map((cells) => cells.map(quoted).join(","))
  .join("\r\n");

/** In one order: which region comes first says nothing. */
const ordered = (prices: readonly CatalogListedPrice[]): string[] =>
  prices.map((price) => JSON.stringify(price)).sort();

const listed = (catalog: Catalog, id: string): readonly CatalogListedPrice[] => {
  const list = catalog.price_lists?.find((each) => each.id === id);
  assert.ok(list !== undefined, id);
  return list.prices;
};

/** What a profile carries comes out of the sheet again, and a catalog with it is valid. */
function carries(catalog: Catalog, id: string, mapping: PriceMapping): void {
  const { prices, problems } = importPrices(sheet, mapping);
  assert.deepEqual(problems, []);
  assert.deepEqual(ordered(prices), ordered(listed(catalog, id)), id);
  const lists = catalog.price_lists?.map((list) => (list.id === id ? { ...list, prices } : list));
  assert.deepEqual(validateCatalog({ ...catalog, price_lists: lists }).problems, []);
}

const vendor = { ucloud: "UCloud USMS", tencent: "Tencent Cloud SMS", cloutly: "Cloutly" };

describe("the rows of the three sellers", () => {
  test("UCloud: hundreds of regions at one price, under the codes that the seller still uses", () => {
    const wanted = [
      ...new Set(
        rows.flatMap((row) =>
          row.vendor === vendor.ucloud && row.kind === "prepaid_unit" ? [row.country ?? ""] : [],
        ),
      ),
    ];
    carries(ucloud, "international-2019-07-09", {
      columns: { region: "country", amount: "unit_price", currency: "currency" },
      model: "flat",
      currency: "CNY",
      regions: { UK: "GB", TP: "TL", ZR: "CD" },
      // Mainland China is sold by purpose, and France stands twice.
      where: {
        vendor: vendor.ucloud,
        kind: "prepaid_unit",
        country: wanted.filter((code) => code !== "CN" && code !== "FX"),
      },
    });
  });

  test("UCloud: by purpose, in tiers", () => {
    for (const [id, seen] of [
      ["domestic-2022-04-21", "2022-04-21 (unchanged at 2026-07-17)"],
      ["domestic-2019-10-25", "2019-10-25"],
      ["domestic-2021-06-16", "2021-06-16"],
    ] as const)
      carries(ucloud, id, {
        columns: {
          region: "country",
          amount: "unit_price",
          purpose: "purpose",
          from: "tier_min",
          upTo: "tier_max",
        },
        model: "volume",
        where: { vendor: vendor.ucloud, kind: "prepaid_tier", date_seen: seen },
      });
  });

  test("Tencent: tiers of any quantity, packs, and packs by country", () => {
    const of = (kind: string) => ({ vendor: vendor.tencent, kind });
    carries(tencent, "cn-custom-2020-02-10", {
      columns: { region: "country", amount: "unit_price", from: "tier_min", upTo: "tier_max" },
      model: "volume",
      where: of("custom_package_tier"),
    });
    const packs = { region: "country", amount: "pack_price", quantity: "pack_size" };
    const fixed = { columns: packs, model: "fixed" } as const;
    carries(tencent, "cn-packs-early", {
      ...fixed,
      where: { ...of("fixed_package"), date_seen: "until 2020-02-09" },
    });
    carries(tencent, "regional-packs-2021-09", { ...fixed, where: of("regional_package") });
  });

  test("Cloutly: a price for each hundred", () => {
    const { prices, problems } = importPrices(sheet, {
      columns: { region: "country", amount: "pack_price", per: "pack_size" },
      model: "flat",
      where: { vendor: vendor.cloutly, kind: "credit_pack" },
    });
    assert.deepEqual(problems, []);
    const packs = cloutly.offers.map(
      (offer) => ({ region: offer.regions[0], ...offer.price }) as CatalogListedPrice,
    );
    assert.deepEqual(
      ordered(prices),
      ordered(packs.map(({ region, model, ...rest }) => ({ region, model, ...rest }) as CatalogListedPrice)),
    );
  });
});

describe("a sheet", () => {
  const flat = { columns: { region: "Code", amount: "Price" }, model: "flat" } as const;

  test("may be written in the ways that sheets are written", () => {
    const expected = [
      { region: "DE", model: "flat", amount: "1234.50" },
      { region: "FR", model: "flat", amount: "0.075" },
    ];
    for (const [csv, extra] of [
      ["Code,Price\nDE,1234.50\nFR,0.075\n", {}],
      ["\uFEFFCode;Price\r\nDE;1.234,50 €\r\n;\r\nFR;0,075\r\n", { decimal: "," }],
      ["Code\tPrice\nDE\tEUR 1,234.50\nFR\t€0.075", {}],
      ['"Code","Price"\n"DE","1,234.50"\n\n FR ,"0.075"', {}],
      [
        'Prices; all of 2026; by region\n\nPrice,Name,Code\n1 234.50,Deutschland,DE\n0.075,"France,\n""Hexagone""",FR',
        { header: 3 },
      ],
    ] as [string, Partial<PriceMapping>][])
      assert.deepEqual(importPrices(csv, { ...flat, ...extra }), { prices: expected, problems: [] }, csv);
    const numbered = importPrices("Germany,9\nFrance,8", {
      columns: { region: 1, amount: 2 },
      model: "flat",
      header: 0,
      regions: { Germany: "DE", France: "FR" },
      per: 100,
    });
    assert.deepEqual(numbered.prices[1], { region: "FR", model: "flat", per: 100, amount: "8" });
  });

  test("has every cell that does not fit told by row and column, and keeps the rest", () => {
    const csv = [
      "Code,Price,From,To",
      "DE,0.05,1,999",
      "Atlantis,0.05,1,",
      "DE,free,1000,",
      "FR,-1,1,",
      "FR,0.05,one,",
      ",0.05,1,",
      "IT,1e3,1,",
      "IT,1.234.567,1,",
      "AU,0.01,1,",
    ].join("\n");
    const { prices, problems } = importPrices(csv, {
      columns: { region: "Code", amount: "Price", from: "From", upTo: "To" },
      model: "graduated",
    });
    assert.deepEqual(
      problems.map(({ row, column, message }) => `${row} ${column}: ${message.split(":")[0]}`),
      [
        "3 Code: `Atlantis` is not a region",
        "4 Price: `free` is not a price",
        "5 Price: `-1` is not a price",
        "6 From: `one` is not a count",
        "7 Code: is empty",
        "8 Price: `1e3` is not a price",
        "9 Price: `1.234.567` is not a price",
      ],
    );
    assert.deepEqual(prices, [{ region: "AU", model: "graduated", tiers: [{ from: 1, amount: "0.01" }] }]);
  });

  test("has no price of which a row does not fit: no tier takes the place of one that could not be read", () => {
    const tiers = { columns: { region: "c", from: "f", amount: "p" }, model: "volume" } as const;
    const bounded = { columns: { ...tiers.columns, upTo: "t" }, model: "volume" } as const;
    const packs = { columns: { region: "c", quantity: "f", amount: "p" }, model: "fixed" } as const;
    for (const [csv, mapping, wrong] of [
      ["c,f,p\nDE,1,0.08\nDE,1000,oops\nDE,5000,0.06", tiers, [3]],
      ["c,f,p\nDE,1,0.08\nDE,1000,oops", tiers, [3]],
      ["c,f,p\nDE,1,oops\nDE,1000,0.07", tiers, [2]],
      ["c,f,p\nDE,1,0.08\nDE,1k,0.07\nDE,5000,0.06", tiers, [3]],
      ["c,f,t,p\nDE,1,999,0.08\nDE,1000,,oops", bounded, [3]],
      ["c,f,t,p\nDE,1,many,0.08\nDE,1000,,0.07", bounded, [2]],
      ["c,f,p\nDE,100,8.00\nDE,200,oops", packs, [3]],
      ["c,p\nDE,oops\nDE,0.08", { columns: { region: "c", amount: "p" }, model: "flat" }, [2]],
    ] as [string, PriceMapping, number[]][]) {
      const others = mapping === bounded ? "AU,1,,0.01" : mapping.model === "flat" ? "AU,1" : "AU,1,0.01";
      const { prices, problems } = importPrices(`${csv}\n${others}`, mapping);
      assert.deepEqual(
        problems.map(({ row }) => row),
        wrong,
        csv,
      );
      assert.deepEqual(
        prices.map(({ region }) => region),
        ["AU"],
        csv,
      );
    }
    // Another purpose is another price; a region that cannot be read takes no other with it.
    const purposes = { columns: { ...tiers.columns, purpose: "u" }, model: "volume" } as const;
    const { prices, problems } = importPrices(
      "c,u,f,p\nDE,codes,1,oops\nDE,codes,1000,0.07\nDE,adverts,1,0.08\nGermany,adverts,1000,0.07",
      purposes,
    );
    assert.deepEqual(
      problems.map(({ row, column }) => `${row} ${column}`),
      ["2 p", "5 c"],
    );
    assert.deepEqual(prices, [
      { region: "DE", purpose: "adverts", model: "volume", tiers: [{ from: 1, amount: "0.08" }] },
    ]);
  });

  test("has no price at all where its cells cannot be told apart", () => {
    for (const [csv, row] of [
      ['Code,Price,From\nDE,1,1\nFR,2,1\nDE,"0.5,1000\nDE,0.1,2000', 4],
      ['Code,Price,From,Note\nDE,1,1,"cheap\nDE,0.5,1000,"dear"', 2],
      ['Code,Price,From\nDE,"1"x,1', 2],
    ] as const) {
      const { prices, problems } = importPrices(csv, {
        columns: { region: "Code", amount: "Price", from: "From" },
        model: "volume",
      });
      assert.deepEqual(prices, [], csv);
      assert.deepEqual(
        problems.map((problem) => [problem.row, problem.column]),
        [[row, ""]],
        csv,
      );
      assert.match(problems[0]?.message ?? "", /^a quoted cell is not closed/);
    }
  });

  test("has amounts whose mark could be either told, unless another amount shows which it is", () => {
    const told = (amounts: string[], extra: Partial<PriceMapping> = {}): string[] => {
      const codes = ["DE", "FR", "IT"];
      const csv = ["Code;Price", ...amounts.map((amount, at) => `${codes[at]};${amount}`)].join("\n");
      const { prices, problems } = importPrices(csv, { ...flat, ...extra });
      return [
        ...prices.map((price) => ("amount" in price ? price.amount : "")),
        ...problems.map(({ row, message }) => `${row}: ${message}`),
      ];
    };
    const either = (row: number, cell: string, [one, other]: [string, string]): string =>
      `${row}: \`${cell}\` is ${one} or ${other}, and no other price shows which mark is decimal: write it without thousands apart`;
    const wrong = (row: number, cell: string, such: string): string =>
      `${row}: \`${cell}\` is not a price: write a decimal of 0 or more, such as \`${such}\``;
    // A decimal comma read as thousands would be a thousand times the price.
    assert.deepEqual(told(["0,079"]), [`${wrong(2, "0,079", "1,234.50")}, or say \`decimal: ","\``]);
    assert.deepEqual(told(["0.079"], { decimal: "," }), [
      `${wrong(2, "0.079", "1.234,50")}, or say \`decimal: "."\``,
    ]);
    assert.deepEqual(told(["0079"]), [wrong(2, "0079", "1,234.50")]);
    assert.deepEqual(told(["00,079"]), [wrong(2, "00,079", "1,234.50")]);
    assert.deepEqual(told(["1.234"], { decimal: "," }), [either(2, "1.234", ["1234", "1.234"])]);
    assert.deepEqual(told(["1,234"]), [either(2, "1,234", ["1234", "1.234"])]);
    // Shown by another: decimals, or two groups.
    assert.deepEqual(told(["1.234", "0,5"], { decimal: "," }), ["1234", "0.5"]);
    assert.deepEqual(told(["1.234", "1.234.567"], { decimal: "," }), ["1234", "1234567"]);
    assert.deepEqual(told(["1,234", "12.50"]), ["1234", "12.50"]);
    // Whole numbers and other marks of thousands show nothing and are no question.
    assert.deepEqual(told(["1 234", "650", "1'000"], { decimal: "," }), ["1234", "650", "1000"]);
    // Shown both ways, nothing is shown.
    assert.deepEqual(told(["1.234", "0,5", "0.5"], { decimal: "," }), [
      "0.5",
      either(2, "1.234", ["1234", "1.234"]),
      `${wrong(4, "0.5", "1.234,50")}, or say \`decimal: "."\``,
    ]);
    assert.deepEqual(told(["1 234'567"]), [wrong(2, "1 234'567", "1,234.50")]);
  });

  test("that has nothing of what is wanted says so", () => {
    const told = (csv: string, mapping: Partial<PriceMapping>): string[] => {
      const { prices, problems } = importPrices(csv, { ...flat, ...mapping } as PriceMapping);
      assert.deepEqual(prices, []);
      return problems.map(({ row, column, message }) => `${row} ${column}: ${message}`);
    };
    const money = { columns: { ...flat.columns, currency: "Money" } } as const;
    const mixed = "Code,Price,Money\nDE,1,EUR\nFR,2,CHF\nIT,3,CHF";
    assert.deepEqual(told("", {}), ["1 : the sheet is empty"]);
    assert.deepEqual(told("\uFEFF\n \n", {}), ["1 : the sheet is empty"]);
    assert.deepEqual(told("Code,Price\n", {}), ["1 : there are no rows below the header"]);
    assert.deepEqual(told(mixed, { where: { Code: "AU" } }), [
      "1 Code: no row has `AU` here; there are `DE`, `FR`, `IT`",
    ]);
    assert.deepEqual(told(mixed, { ...money, currency: "USD" }), [
      "1 Money: no row has `USD` here; there are `EUR`, `CHF`",
    ]);
    assert.deepEqual(told(mixed, { ...money, currency: "CHF", where: { Code: ["DE", "AT"] } }), [
      "1 : no row has all that `where` and `currency` ask for",
    ]);
    assert.deepEqual(told(mixed, money), [
      "3 Money: `CHF` beside `EUR` of row 2: a price list is in one currency; choose it by `currency`",
    ]);
    assert.deepEqual(told("Code,Price,Money\nDE,1,EUR\nFR,2,", money), [
      "3 Money: is empty beside `EUR` of row 2: a price list is in one currency; choose it by `currency`",
    ]);
  });

  test("has what stands twice, overlaps or leaves a gap told with both rows", () => {
    const told = (csv: string, mapping: Partial<PriceMapping>): string[] => {
      const made = importPrices(csv, { ...flat, ...mapping } as PriceMapping);
      assert.deepEqual(made.prices, []);
      return made.problems.map(({ row, column, message }) => `${row} ${column}: ${message}`);
    };
    assert.deepEqual(told("Code,Price\nDE,1\nDE,2", {}), [
      "3 Code: stands in row 2 as well: each is listed once",
    ]);
    const tiers = { ...flat.columns, from: "From", upTo: "To" };
    const volume = { model: "volume", columns: tiers } as const;
    assert.deepEqual(told("Code,Price,From,To\nDE,1,1,99\nDE,2,90,", volume), [
      "3 From: `90` does not follow row 2, whose last quantity is 99",
    ]);
    assert.deepEqual(told("Code,Price,From,To\nDE,2,120,\nDE,1,1,99", volume), [
      "2 From: `120` does not follow row 3, whose last quantity is 99",
    ]);
    assert.deepEqual(told("Code,Price,From,To\nDE,2,1,\nDE,1,1,", volume), [
      "3 From: stands in row 2 as well: each is listed once",
    ]);
    const packs = { model: "fixed", columns: { ...flat.columns, quantity: "Pack" } } as const;
    assert.deepEqual(told("Code,Price,Pack\nDE,2,100\nDE,1,100", packs), [
      "3 Pack: stands in row 2 as well: each is listed once",
    ]);
    assert.deepEqual(
      told("Code,Price,Per\nDE,2,100\nDE,1,10", { columns: { ...flat.columns, per: "Per" } }),
      [
        "3 Per: differs from row 2, which prices the same",
        "3 Code: stands in row 2 as well: each is listed once",
      ],
    );
    const [open] = importPrices('Code,Price\nDE,"1', flat).problems;
    assert.match(open?.message ?? "", /a quoted cell is not closed/);
  });

  const toldOf = (csv: string, mapping: Partial<PriceMapping> = {}): string[] =>
    importPrices(csv, { ...flat, ...mapping } as PriceMapping).problems.map(
      ({ row, column, message }) => `${row} ${column}: ${message}`,
    );
  const money = { columns: { ...flat.columns, currency: "Money" } } as const;

  test("in one currency has an amount in another told, by its code or its sign", () => {
    const head = "Code;Price;Money";
    const euros = { ...money, currency: "EUR" };
    const row = "`USD` in a row that is in `EUR`";
    assert.deepEqual(toldOf(`${head}\nDE;5 USD;EUR\nFR;€ 4;EUR\nIT;EUR 4;EUR`, euros), [`2 Price: ${row}`]);
    assert.deepEqual(toldOf(`${head}\nDE;$5;EUR\nFR;5 £;EUR\nAT;￥5;EUR`, money), [
      "2 Price: `$` in a row that is in `EUR`",
      "3 Price: `£` in a row that is in `EUR`",
      "4 Price: `¥` in a row that is in `EUR`",
    ]);
    assert.deepEqual(toldOf(`${head}\nDE;$5;CAD\nFR;5 CAD;CAD`, money), []);
    assert.deepEqual(toldOf(`${head}\nDE;€ 5;CHF\nFR;CHF 5;CHF`, money), [
      "2 Price: `€` in a row that is in `CHF`",
    ]);
    assert.deepEqual(toldOf("Code;Price\nDE;5\nFR;5 €\nIT;EUR 4\nAT;$4\nES;USD 4"), [
      "5 Price: `$` beside `€` of row 3: a price list is in one currency",
      "6 Price: `USD` beside `€` of row 3: a price list is in one currency",
    ]);
    assert.deepEqual(toldOf("Code;Price\nDE;EUR 5 USD"), [
      "2 Price: `USD` beside `EUR` of row 2: a price list is in one currency",
    ]);
  });

  test("may write its currency in small letters", () => {
    const csv = "Code,Price,Money\nDE,1,eur\nFR,2,EUR\nIT,3,Usd";
    const { prices, problems } = importPrices(csv, { ...flat, ...money, currency: "EUR" });
    assert.deepEqual([prices.map(({ region }) => region), problems], [["DE", "FR"], []]);
    assert.deepEqual(toldOf("Code,Price,Money\nDE,1,eur\nFR,2,EUR", money), []);
  });

  test("with two columns of one name is read by their numbers only", () => {
    const csv = "Code,Price,Price\nDE,1,2";
    assert.throws(
      () => importPrices(csv, flat),
      (error) =>
        isLedgerError(error) &&
        error.details.path === "columns.amount" &&
        /names columns 2 and 3: say the number of one/.test(error.message),
    );
    const { prices } = importPrices(csv, { ...flat, columns: { region: "Code", amount: 3 } });
    assert.deepEqual(prices, [{ region: "DE", model: "flat", amount: "2" }]);
  });

  test("has quotes within a cell and delimiters within quotes read as such", () => {
    const csv = 'Note,Code,Price\n5" modem,DE,1\n"say ""5, 6""",FR,2\nthe "best",IT,3';
    assert.deepEqual(
      importPrices(csv, flat).prices.map(({ region }) => region),
      ["DE", "FR", "IT"],
    );
    const quoted = '"Price; net; of tax; in cents",Code,Price\n9,DE,1';
    assert.deepEqual(importPrices(quoted, flat).prices, [{ region: "DE", model: "flat", amount: "1" }]);
    const above = '"Prices;\nall; of; them",\nCode,Price\nDE,1';
    assert.deepEqual(importPrices(above, { ...flat, header: 2 }).prices, [
      { region: "DE", model: "flat", amount: "1" },
    ]);
  });

  test("has what no catalog takes told by row and column", () => {
    const columns = { ...flat.columns, from: "From", upTo: "To", per: "Per", purpose: "Use" };
    const volume = { model: "volume", columns } as const;
    const head = "Code,Price,From,To,Per,Use";
    const digits = "1".repeat(60);
    assert.deepEqual(
      toldOf(
        `${head}\nDE,1,0,,1,codes\nFR,1,1,,0,codes\nIT,1,10,5,,codes\nAT,1,1,,,two words\nES,${digits},1,,,codes\nPT,1,1,2000000000,,codes`,
        volume,
      ),
      [
        "2 From: `0` is not a count: write a whole number of segments from 1 to 1000000000",
        "3 Per: `0` is not a count: write a whole number of segments from 1 to 1000000000",
        "4 To: `5` is less than the tier's first quantity, 10",
        "5 Use: `two words` is no id: write 1 to 128 printable ASCII characters without spaces, or name it in `purposes`",
        `6 Price: \`${digits}\` is longer than an amount may be: write at most 28 characters`,
        "7 To: `2000000000` is not a count: write a whole number of segments from 1 to 1000000000",
      ],
    );
    const steps = Array.from({ length: 201 }, (_, at) => `DE,1,${at + 1},,,`).join("\n");
    assert.deepEqual(toldOf(`${head}\n${steps}`, volume), [
      "202 From: is one of 201 tiers: a price has at most 200",
    ]);
    assert.deepEqual(toldOf(`${head}\nDE,1,1,,,\nDE,2,1,,,codes\nFR,2,1,,,codes`, volume), [
      "3 Use: `codes` beside row 2, which prices the region for any purpose",
    ]);
  });

  test("ends a tier where the next begins, where it does not say", () => {
    const { prices } = importPrices("Code,Price,From\nDE,1,1\nDE,0.5,1000\nDE,0.8,100", {
      model: "volume",
      columns: { ...flat.columns, from: "From" },
    });
    assert.deepEqual(prices[0], {
      region: "DE",
      model: "volume",
      tiers: [
        { from: 1, up_to: 99, amount: "1" },
        { from: 100, up_to: 999, amount: "0.8" },
        { from: 1000, amount: "0.5" },
      ],
    });
  });

  test("is not read by a mapping that cannot be meant", () => {
    const csv = "Code,Price\nDE,1";
    for (const [mapping, at] of [
      [{ ...flat, columns: { region: "Region", amount: "Price" } }, "columns.region"],
      [{ ...flat, columns: { region: 0, amount: "Price" } }, "columns.region"],
      [{ ...flat, columns: { amount: "Price" } }, "columns.region"],
      [{ ...flat, columns: { ...flat.columns, colour: "x" } }, "columns.colour"],
      [{ ...flat, model: "volume" }, "columns.from"],
      [{ ...flat, model: "fixed" }, "columns.quantity"],
      [{ ...flat, model: "free" }, "model"],
      [{ columns: { ...flat.columns, quantity: "Price" }, model: "fixed", per: 100 }, "per"],
      [{ columns: { ...flat.columns, quantity: "Price", per: "Price" }, model: "fixed" }, "columns.per"],
      [{ ...flat, per: 0 }, "per"],
      [{ ...flat, purposes: { codes: "two words" } }, "purposes.codes"],
      [{ ...flat, currency: "EUR" }, "columns.currency"],
      [{ ...flat, where: { Seller: "x" } }, "where.Seller"],
      [{ ...flat, header: -1 }, "header"],
      [{ ...flat, delimiter: "|" }, "delimiter"],
      [{ ...flat, columns: undefined }, "columns"],
      [{ ...flat, regions: { Germany: "de" } }, "regions.Germany"],
      [{ ...flat, purposes: { codes: 1 } }, "purposes.codes"],
      [{ ...flat, where: { Code: 1 } }, "where.Code"],
      [{ ...flat, header: 3 }, "header"],
      [null, ""],
    ] as [PriceMapping, string][])
      assert.throws(
        () => importPrices(csv, mapping),
        (error) => isLedgerError(error) && error.code === "INVALID_INPUT" && error.details.path === at,
        at,
      );
  });
});
