/** The cells of a spreadsheet's CSV text, by rows and columns as a person counts them. What stands in them is not read here. */
import { dsvFormat } from "d3-dsv";
import { invalidInput } from "../errors.ts";
import type { ImportProblem } from "../types.ts";

export const delimiters = [",", ";", "\t"] as const;

/** A row, as a person counts rows. */
export interface Cells {
  row: number;
  cells: readonly string[];
}

/** A sheet: its cells, the names of its columns, and what does not fit in it. */
export class Sheet {
  readonly problems: ImportProblem[] = [];
  /** The rows below the header that have anything in them; none where cells cannot be told apart. */
  readonly rows: readonly Cells[];
  readonly #header: readonly string[];
  readonly #header_row: number;

  constructor(text: string, delimiter: string, header: number) {
    const sheet = text.replace(/^\uFEFF/, "");
    const all = dsvFormat(delimiter).parseRows(sheet);
    this.#header = (all[header - 1] ?? []).map((name) => name.trim());
    this.#header_row = header;
    const filled = all
      .map((cells, index): Cells => ({ row: index + 1, cells }))
      .filter(({ cells }) => cells.some((cell) => cell.trim() !== ""));
    const broken = brokenRow(sheet, delimiter);
    this.rows = broken === undefined ? filled.filter(({ row }) => row > header) : [];
    if (filled.length === 0) this.add(1, "", "the sheet is empty");
    else if (header > all.length)
      throw invalidInput("header", `is beyond the sheet's last row, ${all.length}`, header);
    else if (broken !== undefined)
      this.add(broken, "", "a quoted cell is not closed: close its quotes, or double those within it");
    else if (this.rows.length === 0) this.add(this.top, "", "there are no rows below the header");
  }

  /** The row at which is told what the whole sheet lacks. */
  get top(): number {
    return Math.max(1, this.#header_row);
  }

  /** Where a column stands; a problem of the mapping where there is none. */
  place(column: string | number, path: string): number {
    if (typeof column === "number") {
      if (Number.isSafeInteger(column) && column >= 1) return column - 1;
      throw invalidInput(path, "must be a column's number, from 1, or its name in the header", column);
    }
    const place = this.#header.indexOf(column);
    const again = this.#header.indexOf(column, place + 1);
    if (place >= 0 && again >= 0)
      throw invalidInput(path, `names columns ${place + 1} and ${again + 1}: say the number of one`, column);
    if (place >= 0) return place;
    const known = this.#header.filter((name) => name !== "").map((name) => `\`${name}\``);
    const what =
      known.length === 0
        ? `is not a column of the sheet: row ${this.#header_row} names none; \`header\` says which row does, 0 where there is none`
        : `is not a column of the sheet; its columns are ${known.join(", ")}`;
    throw invalidInput(path, what, column);
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
}

/** The row in which a quoted cell has no end, or more behind its end; none where every cell has its own. */
function brokenRow(sheet: string, delimiter: string): number | undefined {
  const cell = new RegExp(
    `(?:"[^"]*(?:""[^"]*)*"|(?!")[^${delimiter}\\r\\n]*)(${delimiter}|\\r\\n?|\\n|$)`,
    "y",
  );
  for (let row = 1; cell.lastIndex < sheet.length; ) {
    const end = cell.exec(sheet)?.[1];
    if (end === undefined) return row;
    if (end !== delimiter) row += 1;
  }
  return undefined;
}

/** The delimiter that the header has most of outside of quotes, or the first line where there is none. */
export function delimiterOf(csv: string, header: number): string {
  const unquoted = csv.replace(/^\uFEFF/, "").replace(/(^|[,;\t\r\n])"[^"]*(?:""[^"]*)*"/g, "$1");
  const line = unquoted.split(/\r?\n/, Math.max(1, header)).at(-1) ?? "";
  const count = (delimiter: string): number => line.split(delimiter).length;
  return delimiters.reduce((best, each) => (count(each) > count(best) ? each : best));
}
