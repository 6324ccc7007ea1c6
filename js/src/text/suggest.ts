/**
 * What could stand for the characters of a text that GSM-7 cannot carry, and what each would save: found by counting the
 * text with it, by the one way of counting there is. Nothing is replaced here but to count it.
 */
import { invalidInput, isLedgerError } from "../errors.ts";
import { fitting } from "../shape.ts";
import type { Counter } from "./counter.ts";
import { type Asked, liberal, withTables } from "./options.ts";
import { splice } from "./replace.ts";
import { type StandIn, standIns } from "./stand-ins.ts";
import type { ReplacementLevel, SuggestedReplacement, Suggestions, TextReport } from "./types.ts";

const levels: readonly ReplacementLevel[] = ["typographic", "accents", "script"];

/** The suggestions for a text. The options' limits are not held against it, and forced GSM-7 counts as `auto`. */
export function suggest(given: unknown, level: unknown, options: Asked, counter: Counter): Suggestions {
  const text = fitting(given, "text");
  const reach = levels.indexOf(level as ReplacementLevel);
  if (reach < 0)
    throw invalidInput("level", `must be ${levels.map((one) => `\`${one}\``).join(" or ")}`, level ?? null);
  const asked = liberal(options);
  const whole = measured(text, asked, counter);
  const { encoding, segments } = whole;
  // Where GSM-7 carries the text, or every text counts alike, there is nothing to gain.
  if (encoding === "GSM-7" || asked.alike)
    return { encoding, segments, replacements: [], all: { encoding, segments, saves: 0 }, left: 0 };

  const tables = withTables(whole.locking, whole.single);
  const foreign = (some: string) =>
    pieces(some).flatMap(([start, piece]) => foreignIn(start, piece, tables, counter));
  const lacking = foreign(text);
  const found = standIns(text, lacking, reach, (characters) => {
    const missing = new Set(foreign(characters).map(({ character }) => character));
    return (replacement) => ![...replacement].some((character) => missing.has(character));
  });
  const cost = (some: readonly StandIn[]) => measured(splice(text, some), asked, counter);
  const replacements = found.map((one): SuggestedReplacement => {
    const { index, found, replacement, reach } = one;
    const same = lacking.length > 1 && alike(one, text);
    const saves = same ? 0 : segments - cost([one]).segments;
    return { index, found, replacement, level: levels[reach] as ReplacementLevel, saves };
  });
  const all = cost(found);
  return {
    encoding,
    segments,
    replacements,
    all: { encoding: all.encoding, segments: all.segments, saves: segments - all.segments },
    // The signature and the suffix force UCS-2 too, and nothing stands in for what is in them.
    left: uncovered(lacking, found) + foreign(counter.composed("", asked)).length,
  };
}

/** What a text costs, with no limit but what can be carried over: one of more segments than there can be says how many. */
function measured(
  text: string,
  asked: Asked,
  counter: Counter,
): Pick<TextReport, "encoding" | "segments" | "locking" | "single"> {
  try {
    return counter.report(counter.composed(text, asked), asked);
  } catch (error) {
    const segments = isLedgerError(error) && error.code === "MESSAGE_TOO_LONG" && error.details.segments;
    if (typeof segments !== "number") throw error;
    return { encoding: "UCS-2", segments };
  }
}

/**
 * Whether a replacement leaves every cut of a UCS-2 text where it is, as another character keeps it UCS-2: one unit stands for
 * one, and neither is part of something larger. So a text of a thousand curly quotes is not counted a thousand times.
 */
function alike({ index, found, replacement }: StandIn, text: string): boolean {
  const next = text.codePointAt(index + 1);
  const joined = next !== undefined && /^[\p{M}\u200c\u200d]$/u.test(String.fromCodePoint(next));
  return (
    /^[\p{P}\p{Zs}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]$/u.test(found) &&
    /^[ -~]$/.test(replacement) &&
    !joined
  );
}

/** Units that no counting refuses: a longer text is looked through in pieces. */
const piece_units_max = 16_384;

function pieces(text: string): [start: number, piece: string][] {
  const found: [number, string][] = [];
  for (let start = 0; start < text.length; ) {
    // No surrogate pair is parted.
    const pair = (text.codePointAt(start + piece_units_max - 1) ?? 0) > 0xffff;
    const end = start + piece_units_max - (pair ? 1 : 0);
    found.push([start, text.slice(start, end)]);
    start = end;
  }
  return found;
}

/** The characters of a piece of a text that are not carried, at their places in the text. */
function foreignIn(start: number, piece: string, tables: Asked, counter: Counter): TextReport["nonGsm"] {
  return counter.report(piece, tables).nonGsm.map((one) => ({ ...one, index: start + one.index }));
}

/** How many of the characters that are not carried lie in none of the pieces; both in order. */
function uncovered(lacking: TextReport["nonGsm"], pieces: readonly StandIn[]): number {
  let covered = 0;
  let at = 0;
  for (const { index, found } of pieces) {
    while ((lacking[at]?.index ?? Number.POSITIVE_INFINITY) < index) at += 1;
    for (; (lacking[at]?.index ?? Number.POSITIVE_INFINITY) < index + found.length; at++) covered += 1;
  }
  return lacking.length - covered;
}
