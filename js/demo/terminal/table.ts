/** Tables for a terminal: a frame, a rule under the titles, and columns that line up. */
import { pad, width } from "./width.ts";

export interface Column {
  title: string;
  align?: "left" | "right";
}

/** Text for each column; a `rule` draws a line across. */
export type Row = readonly string[] | "rule";

/** How parts of a table are set off; each keeps the width of what it is given. */
export interface Look {
  frame: (text: string) => string;
  title: (text: string) => string;
}

const gap = "  ";

/** The lines of a table. */
export function table(columns: readonly Column[], rows: readonly Row[], look: Look): string[] {
  const widths = columns.map(({ title }, at) =>
    Math.max(width(title), ...rows.map((row) => (row === "rule" ? 0 : width(row[at] ?? "")))),
  );
  const inner = widths.reduce((sum, each) => sum + each, 0) + gap.length * (widths.length - 1);
  const across = "─".repeat(inner + 2);
  const cells = (texts: readonly string[]): string =>
    widths.map((each, at) => pad(texts[at] ?? "", each, columns[at]?.align)).join(gap);
  const framed = (text: string): string => `${look.frame("│")} ${text} ${look.frame("│")}`;
  const rule = look.frame(`├${across}┤`);
  return [
    look.frame(`╭${across}╮`),
    framed(look.title(cells(columns.map(({ title }) => title)))),
    rule,
    ...rows.map((row) => (row === "rule" ? rule : framed(cells(row)))),
    look.frame(`╰${across}╯`),
  ];
}

/** Two blocks of lines beside each other. */
export function beside(left: readonly string[], right: readonly string[], columns: number): string[] {
  const height = Math.max(left.length, right.length);
  return Array.from({ length: height }, (_, at) =>
    `${pad(left[at] ?? "", columns)}${right[at] ?? ""}`.trimEnd(),
  );
}
