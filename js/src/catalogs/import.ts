/**
 * A price list out of a spreadsheet: rows of CSV text become the prices of a catalog's price list, and every cell that does not
 * fit is told of, by its row and column. A price comes out whole or not at all. What a price may be is the catalog's check to
 * say; here it is only carried over, digit by digit.
 */
import { invalidInput } from "../errors.ts";
import { only, plain } from "../shape.ts";
import type {
  CatalogListedPrice,
  CatalogPack,
  CatalogTier,
  ImportColumns,
  ImportedPrices,
  PriceMapping,
} from "../types.ts";
import { Amounts, agree, moneyIn } from "./amounts.ts";
import { type Cells, delimiterOf, delimiters, Sheet } from "./sheet.ts";

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
const region_form = /^([A-Z]{2}|\d{3})$/;
/** What a catalog takes: ids, counts of segments, tiers of a price. */
const id_form = /^[!-~]{1,128}$/;
const id_words = "1 to 128 printable ASCII characters without spaces";
const quantity_max = 1_000_000_000;
const tiers_max = 200;

type Name = keyof ImportColumns;

/** What a row prices: a region and, where the sheet says one, a purpose. */
interface Place {
  row: number;
  region: string;
  purpose: string | undefined;
}
/** A row that was read. */
interface Row extends Place {
  amount: string;
  per: number | undefined;
  from: number | undefined;
  upTo: number | undefined;
  quantity: number | undefined;
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
  if (sheet.rows.length === 0) return { prices: [], problems: sheet.problems };
  const reader = new Reader(sheet, mapping);
  const wanted = new Wanted(sheet, mapping).rows();
  const prices = reader.inOneCurrency(wanted)
    ? apart(grouped(reader.rows(wanted)), sheet, reader).flatMap((group) =>
        priceOf(group, mapping, sheet, reader),
      )
    : [];
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
  for (const [path, value] of [
    ["per", per],
    ["columns.per", columns.per],
  ] as const)
    if (model === "fixed" && value !== undefined)
      throw invalidInput(path, "does not belong to `fixed`: a pack's price is for the pack", value);
  if (mapping.currency !== undefined && columns.currency === undefined)
    throw invalidInput("columns.currency", "is missing: say where the currency stands", null);
  for (const [path, value, least] of [
    ["header", header, 0],
    ["per", per ?? 1, 1],
  ] as const)
    if (!Number.isSafeInteger(value) || value < least || value > quantity_max)
      throw invalidInput(path, `must be a whole number from ${least} to ${quantity_max}`, value);
  const texts = (
    name: "regions" | "purposes" | "where",
    what: string,
    fits: (value: unknown) => boolean,
  ): void => {
    for (const [key, value] of Object.entries(given[name] === undefined ? {} : plain(given[name], name)))
      if (!fits(value)) throw invalidInput(`${name}.${key}`, `must be ${what}`, value ?? null);
  };
  const isText = (value: unknown): value is string => typeof value === "string";
  const areTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);
  texts("regions", "a region's code, such as `AU`", (value) => isText(value) && region_form.test(value));
  texts("purposes", `an id: ${id_words}`, (value) => isText(value) && id_form.test(value));
  texts("where", "a string or an array of strings", (value) => isText(value) || areTexts(value));
}

/** What a row's cell must be. */
interface Condition {
  place: number;
  allowed: readonly string[];
  /** What texts mean, where more than one means the same. */
  read?: (text: string) => string;
}

/** Which rows of a sheet are wanted. */
class Wanted {
  readonly #sheet: Sheet;
  readonly #conditions: readonly Condition[];

  constructor(sheet: Sheet, { where = {}, columns, currency }: PriceMapping) {
    this.#sheet = sheet;
    const conditions = Object.entries(where).map(
      ([column, allowed]): Condition => ({
        place: sheet.place(/^\d+$/.test(column) ? Number(column) : column, `where.${column}`),
        allowed: typeof allowed === "string" ? [allowed] : allowed,
      }),
    );
    if (currency !== undefined && columns.currency !== undefined)
      conditions.push({
        place: sheet.place(columns.currency, "columns.currency"),
        allowed: [currency],
        read: codeOf,
      });
    this.#conditions = conditions;
  }

  /** The rows, or what none of them has. */
  rows(): readonly Cells[] {
    const { rows } = this.#sheet;
    const wanted = rows.filter(({ cells }) => this.#conditions.every((condition) => fits(condition, cells)));
    if (wanted.length > 0) return wanted;
    const missed = this.#conditions.filter((condition) => !rows.some(({ cells }) => fits(condition, cells)));
    for (const { place, allowed } of missed) {
      const there = [...new Set(rows.map(({ cells }) => cellAt(cells, place)))];
      const more = there.length > values_shown ? ", …" : "";
      const message = `no row has ${listed(allowed)} here; there are ${listed(there.slice(0, values_shown))}${more}`;
      this.#sheet.add(this.#sheet.top, this.#sheet.nameOf(place), message);
    }
    if (missed.length === 0)
      this.#sheet.add(this.#sheet.top, "", "no row has all that `where` and `currency` ask for");
    return [];
  }
}

/** Values of a column that a problem repeats. */
const values_shown = 10;

const cellAt = (cells: readonly string[], place: number): string => (cells[place] ?? "").trim();
const listed = (texts: readonly string[]): string => texts.map((text) => `\`${text}\``).join(", ");

function fits({ place, allowed, read = (text) => text }: Condition, cells: readonly string[]): boolean {
  const cell = read(cellAt(cells, place));
  return allowed.some((each) => read(each) === cell);
}

/** A currency's code in capitals; anything else as it is. */
function codeOf(text: string): string {
  return /^[A-Za-z]{3}$/.test(text) ? text.toUpperCase() : text;
}

class Reader {
  readonly #sheet: Sheet;
  readonly #mapping: PriceMapping;
  readonly #places: ReadonlyMap<Name, number>;
  /** The first currency that is written with an amount, and where. */
  #money: { written: string; row: number } | undefined;

  constructor(sheet: Sheet, mapping: PriceMapping) {
    this.#sheet = sheet;
    this.#mapping = mapping;
    const named = column_names.filter((name) => mapping.columns[name] !== undefined);
    this.#places = new Map(
      named.map((name) => [name, sheet.place(mapping.columns[name] as string | number, `columns.${name}`)]),
    );
  }

  /** What a column is called. */
  column(name: Name): string {
    return this.#sheet.nameOf(this.#places.get(name) ?? -1);
  }

  /** Whether the rows can stand in one price list. */
  inOneCurrency([first, ...others]: readonly Cells[]): boolean {
    if (first === undefined || !this.#places.has("currency")) return true;
    const one = codeOf(this.#cell(first.cells, "currency"));
    const seen = new Set([one]);
    for (const { row, cells } of others) {
      const other = codeOf(this.#cell(cells, "currency"));
      if (seen.has(other)) continue;
      seen.add(other);
      const what = other === "" ? "is empty" : `\`${other}\``;
      this.#wrong(
        row,
        "currency",
        `${what} beside \`${one}\` of row ${first.row}: a price list is in one currency; choose it by \`currency\``,
      );
    }
    return seen.size === 1;
  }

  /** The rows of every price that is readable in whole: one that does not fit takes those of the same price with it. */
  rows(wanted: readonly Cells[]): Row[] {
    const amounts = new Amounts(
      this.#mapping.decimal ?? ".",
      wanted.map(({ cells }) => this.#cell(cells, "amount")),
    );
    const read: Row[] = [];
    const broken = new Set<string>();
    for (const { row, cells } of wanted) {
      const before = this.#sheet.problems.length;
      const place = this.#place(row, cells);
      const rest = this.#rest(row, cells, amounts);
      if (this.#sheet.problems.length === before) read.push({ ...place, ...rest });
      else broken.add(keyOf(place));
    }
    return read.filter((row) => !broken.has(keyOf(row)));
  }

  #place(row: number, cells: readonly string[]): Place {
    const { regions = {}, purposes = {} } = this.#mapping;
    const said = this.#cell(cells, "region");
    const region = Object.hasOwn(regions, said) ? (regions[said] as string) : said;
    if (!region_form.test(region)) {
      const what = said === "" ? "is empty" : `\`${said}\` is not a region`;
      this.#wrong(row, "region", `${what}: write two capitals, such as \`AU\`, or name it in \`regions\``);
    }
    const purpose = this.#cell(cells, "purpose");
    const named = Object.hasOwn(purposes, purpose) ? (purposes[purpose] as string) : purpose;
    if (purpose !== "" && !id_form.test(named))
      this.#wrong(row, "purpose", `\`${purpose}\` is no id: write ${id_words}, or name it in \`purposes\``);
    return { row, region, purpose: purpose === "" ? undefined : named };
  }

  #rest(row: number, cells: readonly string[], amounts: Amounts): Omit<Row, keyof Place> {
    const found = amounts.read(this.#cell(cells, "amount"));
    if ("wrong" in found) this.#wrong(row, "amount", found.wrong);
    else this.#currencies(row, cells);
    const count = (name: Name, must: boolean): number | undefined =>
      this.#count(row, name, this.#cell(cells, name), must);
    const [from, upTo] = [count("from", this.#places.has("from")), count("upTo", false)];
    if (from !== undefined && upTo !== undefined && upTo < from)
      this.#wrong(row, "upTo", `\`${upTo}\` is less than the tier's first quantity, ${from}`);
    return {
      amount: "amount" in found ? found.amount : "",
      per: count("per", false) ?? this.#mapping.per,
      from,
      upTo,
      quantity: count("quantity", this.#places.has("quantity")),
    };
  }

  /** Tells of an amount in another currency than its row's or, where rows say none, than the first that is written with one. */
  #currencies(row: number, cells: readonly string[]): void {
    const own = codeOf(this.#cell(cells, "currency"));
    for (const written of moneyIn(this.#cell(cells, "amount"))) {
      this.#money ??= { written, row };
      if (/^[A-Z]{3}$/.test(own)) {
        if (!agree(written, own)) this.#wrong(row, "amount", `\`${written}\` in a row that is in \`${own}\``);
      } else if (!agree(written, this.#money.written))
        this.#wrong(
          row,
          "amount",
          `\`${written}\` beside \`${this.#money.written}\` of row ${this.#money.row}: a price list is in one currency`,
        );
    }
  }

  #cell(cells: readonly string[], name: Name): string {
    return cellAt(cells, this.#places.get(name) ?? -1);
  }

  #wrong(row: number, name: Name, message: string): void {
    this.#sheet.add(row, this.column(name), message);
  }

  #count(row: number, name: Name, cell: string, must: boolean): number | undefined {
    if (cell === "" && !must) return undefined;
    const digits = /^[1-9]\d{0,2}([,. '’\u00a0\u202f])\d{3}(\1\d{3})*$/.test(cell)
      ? cell.replace(/\D/g, "")
      : cell;
    const count = Number(digits);
    if (/^\d+$/.test(digits) && count >= 1 && count <= quantity_max) return count;
    const what = cell === "" ? "is empty" : `\`${cell}\` is not a count`;
    this.#wrong(row, name, `${what}: write a whole number of segments from 1 to ${quantity_max}`);
    return undefined;
  }
}

/** Rows of one key price the same. */
function keyOf({ region, purpose }: Place): string {
  return JSON.stringify([region, purpose]);
}

/** Rows of one region and purpose, in the order in which each first appears. */
function grouped(rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

/** Without the groups of a region that has a price for any purpose and one for some as well. */
function apart(groups: readonly Row[][], sheet: Sheet, reader: Reader): Row[][] {
  const any = new Map(
    groups.flatMap(([row]) => (row?.purpose === undefined && row ? [[row.region, row]] : [])),
  );
  const mixed = new Set<string>();
  for (const [row] of groups) {
    const other = row === undefined ? undefined : any.get(row.region);
    if (row?.purpose === undefined || other === undefined) continue;
    mixed.add(row.region);
    sheet.add(
      row.row,
      reader.column("purpose"),
      `\`${row.purpose}\` beside row ${other.row}, which prices the region for any purpose`,
    );
  }
  return groups.filter(([row]) => row !== undefined && !mixed.has(row.region));
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
  const beyond = group[tiers_max];
  if (beyond !== undefined)
    sheet.add(
      beyond.row,
      reader.column("from"),
      `is one of ${group.length} tiers: a price has at most ${tiers_max}`,
    );
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
