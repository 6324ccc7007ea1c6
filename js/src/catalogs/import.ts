/**
 * A price list out of a spreadsheet: rows of CSV text become the prices of a catalog's price list, and every cell that does not
 * fit is told of, by its row and column. What a price may be is the catalog's check to say; here it is only carried over,
 * digit by digit.
 */
import { dsvFormat } from "d3-dsv";
import { invalidInput } from "../errors.ts";
import { only, plain } from "../shape.ts";
import type {
  CatalogListedPrice,
  CatalogPack,
  CatalogTier,
  ImportColumns,
  ImportedPrices,
  ImportProblem,
  PriceMapping,
} from "../types.ts";

const properties = [
  "columns",
  "model",
  "header",
  "delimiter",
  "decimal",
  "regions",
  "purposes",
  "where",
  "currency",
  "per",
];
const column_names = ["region", "amount", "purpose", "currency", "per", "from", "upTo", "quantity"] as const;
const models = ["flat", "volume", "graduated", "fixed"] as const;
const delimiters = [",", ";", "\t"] as const;
const region_form = /^([A-Z]{2}|\d{3})$/;

type Name = keyof ImportColumns;

/** A row that was read: what stands in it, and where it is. */
interface Row {
  row: number;
  region: string;
  purpose: string | undefined;
  amount: string;
  per: number | undefined;
  from: number | undefined;
  upTo: number | undefined;
  quantity: number | undefined;
}

/** A sheet: its cells, and the names of its columns. */
class Sheet {
  readonly problems: ImportProblem[] = [];
  readonly #rows: readonly (readonly string[])[];
  readonly #header: readonly string[];
  readonly #first: number;

  constructor(text: string, delimiter: string, header: number) {
    this.#rows = dsvFormat(delimiter).parseRows(text.replace(/^\uFEFF/, ""));
    this.#header = (this.#rows[header - 1] ?? []).map((name) => name.trim());
    this.#first = header;
    if ((text.split('"').length - 1) % 2 === 1)
      this.add(
        this.#rows.length,
        "",
        "a quoted cell is not closed: close its quotes, or double those within it",
      );
  }

  /** Where a column stands; a problem of the mapping where there is none. */
  place(column: string | number, path: string): number {
    if (typeof column === "number") {
      if (Number.isSafeInteger(column) && column >= 1) return column - 1;
      throw invalidInput(path, "must be a column's number, from 1, or its name in the header", column);
    }
    const place = this.#header.indexOf(column);
    if (place >= 0) return place;
    const known = this.#header.filter((name) => name !== "").map((name) => `\`${name}\``);
    throw invalidInput(path, `is not a column of the sheet; its columns are ${known.join(", ")}`, column);
  }

  /** What a column is called in a problem: its name, or its letters. */
  nameOf(place: number): string {
    const name = this.#header[place];
    if (name !== undefined && name !== "") return name;
    let letters = "";
    for (let left = place + 1; left > 0; left = Math.floor((left - 1) / 26))
      letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters;
    return letters;
  }

  add(row: number, column: string, message: string): void {
    this.problems.push({ row, column, message });
  }

  /** The rows below the header that have anything in them, as a person counts rows. */
  *rows(): Generator<{ row: number; cells: readonly string[] }> {
    for (const [index, cells] of this.#rows.entries())
      if (index >= this.#first && cells.some((cell) => cell.trim() !== "")) yield { row: index + 1, cells };
  }
}

/** Turns a sheet into prices. Throws a `LedgerError` where the mapping itself cannot be used. */
export function importPrices(csv: string, mapping: PriceMapping): ImportedPrices {
  if (typeof csv !== "string") throw invalidInput("csv", "must be a string", csv ?? null);
  check(mapping);
  const sheet = new Sheet(
    csv,
    mapping.delimiter ?? delimiterOf(csv, mapping.header ?? 1),
    mapping.header ?? 1,
  );
  const reader = new Reader(sheet, mapping);
  const rows = [...sheet.rows()].flatMap(({ row, cells }) => reader.read(row, cells));
  const prices = grouped(rows).flatMap((group) => priceOf(group, mapping, sheet, reader));
  sheet.problems.sort((left, right) => left.row - right.row);
  return { prices, problems: sheet.problems };
}

function check(mapping: PriceMapping): void {
  const given = plain<PriceMapping>(mapping);
  only(given, properties);
  only(plain<ImportColumns>(given.columns, "columns"), column_names, "columns");
  const one = (path: string, value: unknown, allowed: readonly unknown[]): void => {
    if (!allowed.includes(value))
      throw invalidInput(
        path,
        `must be one of ${allowed.map((each) => JSON.stringify(each)).join(", ")}`,
        value ?? null,
      );
  };
  one("model", given.model, models);
  one("delimiter", given.delimiter ?? ",", delimiters);
  one("decimal", given.decimal ?? ".", [".", ","]);
  const { columns, model, header = 1, per } = mapping;
  const needed: Name[] = ["region", "amount"];
  if (model === "volume" || model === "graduated") needed.push("from");
  if (model === "fixed") needed.push("quantity");
  for (const name of needed)
    if (columns[name] === undefined)
      throw invalidInput(`columns.${name}`, `is missing: the model \`${model}\` needs it`, null);
  if (mapping.currency !== undefined && columns.currency === undefined)
    throw invalidInput("columns.currency", "is missing: say where the currency stands", null);
  for (const [path, value, least] of [
    ["header", header, 0],
    ["per", per ?? 1, 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least)
      throw invalidInput(path, `must be a whole number of ${least} or more`, value);
  for (const name of ["regions", "purposes", "where"] as const)
    if (given[name] !== undefined) plain(given[name], name);
}

/** The delimiter that the header has most of, or the first line where there is none. */
function delimiterOf(csv: string, header: number): string {
  const line = csv.split(/\r?\n/, Math.max(1, header)).at(-1) ?? "";
  const count = (delimiter: string): number => line.split(delimiter).length;
  return delimiters.reduce((best, each) => (count(each) > count(best) ? each : best));
}

class Reader {
  readonly #sheet: Sheet;
  readonly #mapping: PriceMapping;
  readonly #places: ReadonlyMap<Name, number>;
  readonly #where: readonly { place: number; allowed: readonly string[] }[];
  readonly #amount: RegExp;

  constructor(sheet: Sheet, mapping: PriceMapping) {
    this.#sheet = sheet;
    this.#mapping = mapping;
    const named = column_names.filter((name) => mapping.columns[name] !== undefined);
    this.#places = new Map(
      named.map((name) => [name, sheet.place(mapping.columns[name] as string | number, `columns.${name}`)]),
    );
    this.#where = Object.entries(mapping.where ?? {}).map(([column, allowed]) => ({
      place: sheet.place(/^\d+$/.test(column) ? Number(column) : column, `where.${column}`),
      allowed: typeof allowed === "string" ? [allowed] : allowed,
    }));
    // Digits, in groups of three or in none, and a decimal mark; around them a currency's sign or code.
    const [thousands, mark] =
      mapping.decimal === "," ? ["[. '\u00a0\u202f]", ","] : ["[, '\u00a0\u202f]", "\\."];
    this.#amount = new RegExp(
      `^(?:[A-Z]{3}|\\p{Sc})?\\s*(\\d{1,3}(?:${thousands}\\d{3})+|\\d+)(?:${mark}(\\d+))?\\s*(?:[A-Z]{3}|\\p{Sc})?$`,
      "u",
    );
  }

  /** What a column is called. */
  column(name: Name): string {
    return this.#sheet.nameOf(this.#places.get(name) ?? -1);
  }

  /** The row, unless it is not wanted or something in it does not fit. */
  read(row: number, cells: readonly string[]): Row[] {
    const cell = (name: Name): string => (cells[this.#places.get(name) ?? -1] ?? "").trim();
    const unwanted = ({ place, allowed }: { place: number; allowed: readonly string[] }): boolean =>
      !allowed.includes((cells[place] ?? "").trim());
    const { currency, regions = {}, purposes = {}, per } = this.#mapping;
    if (this.#where.some(unwanted) || (currency !== undefined && cell("currency") !== currency)) return [];
    const before = this.#sheet.problems.length;
    const said = cell("region");
    const region = Object.hasOwn(regions, said) ? (regions[said] as string) : said;
    if (!region_form.test(region)) {
      const what = said === "" ? "is empty" : `\`${said}\` is not a region`;
      this.#wrong(row, "region", `${what}: write two capitals, such as \`AU\`, or name it in \`regions\``);
    }
    const purpose = cell("purpose");
    const read: Row = {
      row,
      region,
      purpose: purpose === "" ? undefined : Object.hasOwn(purposes, purpose) ? purposes[purpose] : purpose,
      amount: this.#money(row, cell("amount")),
      per: this.#count(row, "per", cell("per"), false) ?? per,
      from: this.#count(row, "from", cell("from"), this.#places.has("from")),
      upTo: this.#count(row, "upTo", cell("upTo"), false),
      quantity: this.#count(row, "quantity", cell("quantity"), this.#places.has("quantity")),
    };
    return this.#sheet.problems.length === before ? [read] : [];
  }

  #wrong(row: number, name: Name, message: string): void {
    this.#sheet.add(row, this.column(name), message);
  }

  #money(row: number, cell: string): string {
    const found = this.#amount.exec(cell);
    if (found === null) {
      const such = this.#mapping.decimal === "," ? "1.234,50" : "1,234.50";
      const what = cell === "" ? "is empty" : `\`${cell}\` is not a price`;
      this.#wrong(row, "amount", `${what}: write a decimal of 0 or more, such as \`${such}\``);
      return "";
    }
    const [, whole = "", fraction] = found;
    const digits = whole.replace(/\D/g, "");
    return fraction === undefined ? digits : `${digits}.${fraction}`;
  }

  #count(row: number, name: Name, cell: string, must: boolean): number | undefined {
    if (cell === "" && !must) return undefined;
    const digits = /^\d{1,3}([,. '\u00a0\u202f]\d{3})+$/.test(cell) ? cell.replace(/\D/g, "") : cell;
    const count = Number(digits);
    if (/^\d+$/.test(digits) && Number.isSafeInteger(count)) return count;
    const what = cell === "" ? "is empty" : `\`${cell}\` is not a count`;
    this.#wrong(row, name, `${what}: write a whole number of segments`);
    return undefined;
  }
}

/** Rows of one region and purpose, in the order in which each first appears. */
function grouped(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = JSON.stringify([row.region, row.purpose]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

function priceOf(group: Row[], { model }: PriceMapping, sheet: Sheet, reader: Reader): CatalogListedPrice[] {
  const [first] = group as [Row];
  const { region, purpose, per } = first;
  const place = purpose === undefined ? { region } : { region, purpose };
  const before = sheet.problems.length;
  const differing = group.find((row) => row.per !== per);
  if (differing !== undefined)
    sheet.add(differing.row, reader.column("per"), `differs from row ${first.row}, which prices the same`);
  const each = per === undefined ? {} : { per };
  const twice = ({ row }: Row, name: Name, of: Row): void =>
    sheet.add(row, reader.column(name), `stands in row ${of.row} as well: each is listed once`);
  if (model === "flat") {
    for (const row of group.slice(1)) twice(row, "region", first);
    return sheet.problems.length === before ? [{ ...place, model, ...each, amount: first.amount }] : [];
  }
  if (model === "fixed") {
    const packs = sorted(group, "quantity", twice).map(
      ({ quantity, amount }): CatalogPack => ({ quantity: quantity as number, amount }),
    );
    return sheet.problems.length === before ? [{ ...place, model, packs }] : [];
  }
  const tiers = tiersOf(sorted(group, "from", twice), sheet, reader);
  return sheet.problems.length === before ? [{ ...place, model, ...each, tiers }] : [];
}

/** Rows by rising count, each once. */
function sorted(
  group: readonly Row[],
  name: "from" | "quantity",
  twice: (row: Row, name: Name, of: Row) => void,
): Row[] {
  const rows = [...group].sort((left, right) => (left[name] as number) - (right[name] as number));
  for (const [index, row] of rows.entries()) {
    const above = rows[index - 1];
    if (above !== undefined && above[name] === row[name]) twice(row, name, above);
  }
  return rows;
}

/** Tiers without a gap; a last quantity that is not said is the one before the next tier. */
function tiersOf(rows: readonly Row[], sheet: Sheet, reader: Reader): CatalogTier[] {
  return rows.map((row, index) => {
    const next = rows[index + 1];
    const from = row.from as number;
    const upTo = row.upTo ?? (next === undefined ? undefined : (next.from as number) - 1);
    if (next !== undefined && upTo !== (next.from as number) - 1 && next.from !== from)
      sheet.add(
        next.row,
        reader.column("from"),
        `\`${next.from}\` does not follow row ${row.row}, whose last quantity is ${upTo}`,
      );
    return upTo === undefined ? { from, amount: row.amount } : { from, up_to: upTo, amount: row.amount };
  });
}
