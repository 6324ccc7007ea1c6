/**
 * What could stand for the characters of a text that GSM-7 cannot carry, and what each would save: found by counting the
 * text with it, by the one way of counting there is. Nothing is replaced here but to count it.
 */
import { invalidInput } from "../errors.ts";
import { fitting } from "../shape.ts";
import { type Counter, encodingOf, segmentsOf } from "./counter.ts";
import { type Asked, liberal, withTables } from "./options.ts";
import { splice } from "./replace.ts";
import { type StandIn, standIns } from "./stand-ins.ts";
import type { ReplacementLevel, SuggestedReplacement, Suggestions } from "./types.ts";

const levels: readonly ReplacementLevel[] = ["typographic", "accents", "script"];

/** The suggestions for a text. The options' limits are not held against it, and forced GSM-7 counts as `auto`. */
export function suggest(given: unknown, level: unknown, options: Asked, counter: Counter): Suggestions {
  const text = fitting(given, "text");
  const reach = levels.indexOf(level as ReplacementLevel);
  if (reach < 0)
    throw invalidInput("level", `must be ${levels.map((one) => `\`${one}\``).join(" or ")}`, level ?? null);
  const asked = liberal(options);
  const { encoding, segments, locking, single } = counter.report(counter.composed(text, asked), asked);
  // Where GSM-7 carries the text, or every text counts alike, there is nothing to gain.
  if (encoding === "GSM-7" || asked.alike)
    return { encoding, segments, replacements: [], all: { encoding, segments, saves: 0 }, left: 0 };

  const tables = withTables(locking, single);
  const foreign = (some: string) => counter.report(some, tables).nonGsm;
  const lacking = foreign(text);
  const found = standIns(text, lacking, reach, (characters) => {
    const missing = new Set(foreign(characters).map(({ character }) => character));
    return (replacement) => ![...replacement].some((character) => missing.has(character));
  });
  const cost = (some: readonly StandIn[]): { encoding: "GSM-7" | "UCS-2"; segments: number } => {
    const word = counter.word(counter.composed(splice(text, some), asked), asked);
    return { encoding: encodingOf(word), segments: segmentsOf(word) };
  };
  const replacements = found.map((one): SuggestedReplacement => {
    const { index, found, replacement, reach } = one;
    const saves = segments - cost([one]).segments;
    return { index, found, replacement, level: levels[reach] as ReplacementLevel, saves };
  });
  const all = cost(found);
  return {
    encoding,
    segments,
    replacements,
    all: { ...all, saves: segments - all.segments },
    // The signature and the suffix force UCS-2 too, and nothing stands in for what is in them.
    left: lacking.length - found.length + foreign(counter.composed("", asked)).length,
  };
}
