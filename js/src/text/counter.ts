/** The one way to count a text: composed as its options say, counted by the module, its words made into an answer or an error. */
import { LedgerError } from "../errors.ts";
import { fitting } from "../shape.ts";
import { type Asked, languages } from "./options.ts";
import type { Scratch } from "./scratch.ts";
import type { TextReport } from "./types.ts";

/** Segments in a text's first word, and whether it is UCS-2. */
export const segmentsOf = (word: number): number => (word >>> 16) & 0xff;
export const encodingOf = (word: number): "GSM-7" | "UCS-2" => (word >>> 24 === 0 ? "GSM-7" : "UCS-2");

/** How the calls count. */
export interface Counter {
  /** What is counted for a text: with signature and suffix, as the options say. */
  composed(text: unknown, asked: Asked, path?: string): string;
  report(text: string, asked: Asked, path?: string): TextReport;
  /** A text's first word; throws where it does not fit the options. */
  word(text: string, asked: Asked): number;
}

/** Units that may become one: a letter with two marks and more is rare, and a longer text is refused as it is. */
const composed_shrink_max = 4;

export function counterOver(scratch: Scratch): Counter {
  const counter: Counter = {
    composed(text, asked, path = "text") {
      if (asked.compose === undefined) return fitting(text, path);
      // Line ends and letters in pieces become fewer.
      return fitting(asked.compose(fitting(text, path, composed_shrink_max)), path);
    },
    report(text, asked, path = "text") {
      const { words, at } = scratch.analyze(text, asked);
      if (words[at] !== 0) throw refused(words.subarray(at, at + 4), path);
      return reportOf(words, at);
    },
    word(text, asked) {
      const counted = scratch.count(text, asked);
      // The report says what does not fit.
      if (counted === 0) counter.report(text, asked);
      return counted;
    },
  };
  return counter;
}

/** The words of a report, in docs/boundary.md's order. */
function reportOf(words: Uint32Array, start: number): TextReport {
  let at = start + 1;
  const next = (): number => words[at++] as number;
  const many = (count: number): number[] => {
    const list: number[] = [];
    for (const end = at + count; at < end; at++) list.push(words[at] as number);
    return list;
  };
  const encoding = next() === 0 ? "GSM-7" : "UCS-2";
  const locking = languages[next() - 1];
  const single = languages[next() - 1];
  const segments = next();
  const units = next();
  const capacity = next();
  const remaining = next();
  const characters = next();
  const foreign = next();
  const breaks = many(segments);
  const perSegment = many(segments);
  const nonGsm: TextReport["nonGsm"] = [];
  for (let left = foreign; left > 0; left--) {
    const index = next();
    const codePoint = next();
    nonGsm.push({ index, codePoint, character: String.fromCodePoint(codePoint) });
  }
  const report: TextReport = {
    encoding,
    segments,
    units,
    perSegment,
    capacity,
    remaining,
    characters,
    nonGsm,
    breaks,
  };
  if (locking !== undefined) report.locking = locking;
  if (single !== undefined) report.single = single;
  return report;
}

const TOO_LONG = 1;
const TOO_MANY_CHARACTERS = 2;

/** The error that a report's words tell. */
function refused(words: Uint32Array, path: string): LedgerError {
  const [what, first = 0, second = 0, third = 0] = words;
  if (what === TOO_LONG) {
    const message = `\`${path}\` takes ${first} segments; write a text of at most ${second}`;
    return new LedgerError("MESSAGE_TOO_LONG", message, { path, segments: first, segmentsMax: second });
  }
  if (what === TOO_MANY_CHARACTERS) {
    const message = `\`${path}\` has ${first} characters; write a text of at most ${second}`;
    return new LedgerError("MESSAGE_TOO_LONG", message, { path, characters: first, charactersMax: second });
  }
  const character = String.fromCodePoint(second);
  const named = `U+${second.toString(16).toUpperCase().padStart(4, "0")}`;
  const message = `\`${path}\` has \`${character.toWellFormed()}\` (${named}) at index ${first}, which GSM-7 cannot carry; leave \`encoding\` to \`auto\``;
  return new LedgerError("INVALID_INPUT", message, {
    path,
    index: first,
    codePoint: second,
    character,
    count: third,
  });
}
