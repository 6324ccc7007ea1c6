/** Amounts of money as people write them in sheets: digit by digit, without a number that could round them. */

export type Mark = "." | ",";

/** The longest decimal that a catalog takes, its point included. */
const digits_max = 28;

const other: Readonly<Record<Mark, Mark>> = { ".": ",", ",": "." };
/** A currency's sign or code. */
const money = "(?:[A-Z]{3}|\\p{Sc})?";

/** Whole digits, or groups of three with one and the same sign between; what a nought begins is no thousand. */
function formOf(mark: Mark): RegExp {
  const groups = `[1-9]\\d{0,2}(?:([${other[mark]} '’\u00a0\u202f])\\d{3}(?:\\2\\d{3})*)?`;
  return new RegExp(`^${money}\\s*(${groups}|0|[1-9]\\d*)(?:[${mark}](\\d+))?\\s*${money}$`, "u");
}
const forms: Readonly<Record<Mark, RegExp>> = {
  // Group 1 is the whole, 2 the sign between its thousands, 3 the decimals.
  ".": formOf("."),
  ",": formOf(","),
};

/** The decimal that a cell is, read with a decimal mark; none where it is no amount. */
export function amountOf(cell: string, mark: Mark): string | undefined {
  const found = forms[mark].exec(cell);
  if (found === null) return undefined;
  const [, whole = "", , fraction] = found;
  const digits = whole.replace(/\D/g, "");
  return fraction === undefined ? digits : `${digits}.${fraction}`;
}

/** The signs and codes of currencies that a cell writes with its amount. */
export function moneyIn(cell: string): string[] {
  const [first, last] = [/^(?:[A-Z]{3}|\p{Sc})/u.exec(cell)?.[0], /(?:[A-Z]{3}|\p{Sc})$/u.exec(cell)?.[0]];
  return [first, last].flatMap((each) => (each === undefined ? [] : [each.normalize("NFKC")]));
}

/** Whether two signs or codes can be of one currency. */
export function agree(one: string, other: string): boolean {
  return one === other || isOf(one, other) || isOf(other, one);
}

/** Whether a sign is that of a code, as `$` is of `USD`, `CAD` and others. */
function isOf(sign: string, code: string): boolean {
  if (!/^[A-Z]{3}$/.test(code) || /[A-Z]/.test(sign)) return false;
  const format = new Intl.NumberFormat("en", {
    style: "currency",
    currency: code,
    currencyDisplay: "narrowSymbol",
  });
  const own = format.formatToParts(0).find(({ type }) => type === "currency")?.value ?? code;
  // Of a currency whose sign is not known, only those of others are refused.
  return /\p{Sc}/u.test(own) ? own.includes(sign) : !/[€$£¥]/.test(sign);
}

/** Reads the amounts of a column with one decimal mark, and tells where that could be the wrong one. */
export class Amounts {
  readonly #mark: Mark;
  /** Whether the column shows that this is its mark: some amounts are ones with it alone, and none with the other alone. */
  readonly #shown: boolean;

  constructor(mark: Mark, cells: readonly string[]) {
    this.#mark = mark;
    const only = (one: Mark): boolean =>
      cells.some((cell) => amountOf(cell, one) !== undefined && amountOf(cell, other[one]) === undefined);
    this.#shown = only(mark) && !only(other[mark]);
  }

  /** The decimal, or what is wrong with the cell. */
  read(cell: string): { amount: string } | { wrong: string } {
    const amount = amountOf(cell, this.#mark);
    const otherwise = amountOf(cell, other[this.#mark]);
    if (amount !== undefined && amount.length > digits_max)
      return { wrong: `\`${cell}\` is longer than an amount may be: write at most ${digits_max} characters` };
    if (amount !== undefined && (this.#shown || otherwise === undefined || otherwise === amount))
      return { amount };
    if (amount !== undefined)
      return {
        wrong: `\`${cell}\` is ${amount} or ${otherwise}, and no other price shows which mark is decimal: write it without thousands apart`,
      };
    const such = this.#mark === "," ? "1.234,50" : "1,234.50";
    const what = cell === "" ? "is empty" : `\`${cell}\` is not a price`;
    const or = otherwise === undefined ? "" : `, or say \`decimal: "${other[this.#mark]}"\``;
    return { wrong: `${what}: write a decimal of 0 or more, such as \`${such}\`${or}` };
  }
}
