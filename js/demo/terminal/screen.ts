/** What the demo says in a terminal: headings, sentences, tables and checks. Colour only where the terminal has it. */
import { styleText } from "node:util";
import { type Column, type Row, table } from "./table.ts";
import { wrap } from "./width.ts";

/** Columns that the demo's output fits in. */
const columns_max = 80;

type Format = Parameters<typeof styleText>[0];

/** `text` in a format, or as it is where standard output is no terminal or `NO_COLOR` is set. */
function styled(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

const look = {
  frame: (text: string) => styled("dim", text),
  title: (text: string) => styled("bold", text),
};

function write(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}

export class Screen {
  #steps = 0;
  #held = 0;
  readonly #failed: string[] = [];

  /** The first lines: what this is. */
  banner(title: string, sentence: string): void {
    write([styled("bold", title), ...wrap(sentence, columns_max)]);
  }

  /** Begins a step with a heading and one plain sentence. */
  step(title: string, sentence: string): void {
    this.#steps += 1;
    const number = styled("cyan", String(this.#steps));
    write(["", `${number}  ${styled("bold", title)}`, ...wrap(sentence, columns_max), ""]);
  }

  lines(lines: readonly string[]): void {
    write(lines);
  }

  /** A sentence, in as many lines as it takes. */
  sentence(text: string): void {
    write(wrap(text, columns_max));
  }

  table(columns: readonly Column[], rows: readonly Row[]): void {
    write(table(columns, rows, look));
  }

  /** Says what must hold, and remembers whether it does. */
  expect(holds: boolean, what: string): void {
    if (holds) this.#held += 1;
    else this.#failed.push(what);
    const mark = holds ? styled("green", "✓") : styled("red", "✗");
    const [first = "", ...rest] = wrap(what, columns_max - 2);
    write([`${mark} ${first}`, ...rest.map((line) => `  ${line}`)]);
  }

  /** The last lines. Returns whether everything held. */
  verdict(): boolean {
    const all = this.#held + this.#failed.length;
    if (this.#failed.length === 0) {
      write(["", styled("green", `All ${all} expectations held.`)]);
      return true;
    }
    write(["", styled("red", `${this.#failed.length} of ${all} expectations failed:`)]);
    write(this.#failed.map((what) => `  ${what}`));
    return false;
  }
}
