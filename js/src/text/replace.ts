/** A text with pieces of it replaced: just those that are asked for, and only where they are what is asked for. */
import { invalidInput } from "../errors.ts";
import { only, plain } from "../shape.ts";
import type { Replacement, SuggestedReplacement } from "./types.ts";

/** The text with replacements that are in order and apart. */
export function splice(text: string, replacements: readonly Replacement[]): string {
  let made = "";
  let at = 0;
  for (const { index, found, replacement } of replacements) {
    made += text.slice(at, index) + replacement;
    at = index + found.length;
  }
  return made + text.slice(at);
}

const properties = ["index", "found", "replacement", "level", "saves"];

/**
 * The text with exactly these replacements, such as those of `suggestReplacements` that its author has chosen, in any
 * order. Throws `INVALID_INPUT` where one lies outside the text, is not what stands there, or overlaps another.
 */
export function applyReplacements(
  text: string,
  replacements: readonly (Replacement | SuggestedReplacement)[],
): string {
  if (typeof text !== "string") throw invalidInput("text", "must be a string", text ?? null);
  if (!Array.isArray(replacements))
    throw invalidInput("replacements", "must be an array of replacements", replacements ?? null);
  const checked = Array.from(replacements as readonly unknown[], (one, place) => ({
    place,
    ...check(text, one, place),
  }));
  checked.sort((left, right) => left.index - right.index);
  let end = 0;
  for (const { place, index, found } of checked) {
    if (index < end) throw invalidInput(`replacements[${place}]`, "overlaps another one", index);
    end = index + found.length;
  }
  return splice(text, checked);
}

function check(text: string, one: unknown, place: number): Replacement {
  const path = `replacements[${place}]`;
  const given = plain<SuggestedReplacement>(one, path);
  only(given, properties, path);
  const { index, found, replacement } = given;
  if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= text.length)
    throw invalidInput(`${path}.index`, "must be an index of the text", index ?? null);
  if (typeof found !== "string" || found === "")
    throw invalidInput(`${path}.found`, "must be the piece that stands there", found ?? null);
  if (!text.startsWith(found, index as number))
    throw invalidInput(`${path}.found`, `does not stand at index ${index} of the text`, found);
  for (const edge of [index as number, (index as number) + found.length]) {
    // Half a character would be left over.
    if ((text.codePointAt(edge - 1) ?? 0) > 0xffff)
      throw invalidInput(`${path}.found`, "must not part a surrogate pair", found);
  }
  if (typeof replacement !== "string")
    throw invalidInput(`${path}.replacement`, "must be a string", replacement ?? null);
  return { index: index as number, found, replacement };
}
