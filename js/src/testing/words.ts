/** How a law says in what an answer differs from what it had to be: for the eye, where two texts may look the same. */

/** Units of a text, or of anything's JSON, that a message repeats. */
const brief_units_max = 160;

const bytes_of = new TextEncoder();

/** Nothing where both are the same as JSON. */
export function different(actual: unknown, expected: unknown): string | undefined {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left === right) return undefined;
  if (typeof actual === "string" && typeof expected === "string") return differentText(actual, expected);
  if (Array.isArray(actual) && Array.isArray(expected) && actual.length === expected.length) {
    const at = actual.findIndex((item, index) => different(item, expected[index]) !== undefined);
    if (at >= 0 && actual.length > 1) return `at ${at}: ${different(actual[at], expected[at])}`;
  }
  return `expected ${brief(right)}, got ${brief(left)}`;
}

function differentText(actual: string, expected: string): string {
  const whole = bytes_of.encode(expected).length;
  const both = `expected ${brief(JSON.stringify(expected))}, got ${brief(JSON.stringify(actual))}`;
  if (actual.length < expected.length && expected.startsWith(actual)) {
    const count = bytes_of.encode(actual).length.toLocaleString("en");
    return `got only the first ${count} of ${whole.toLocaleString("en")} bytes: ${both}`;
  }
  let at = 0;
  for (const character of expected) {
    if (!actual.startsWith(character, at)) break;
    at += character.length;
  }
  return `at ${at} of ${expected.length} units ${point(expected, at)} has become ${point(actual, at)}: ${both}`;
}

/** A character by its number; nothing where the text has ended. */
function point(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? "the end" : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/** JSON in which every character can be told from every other, cut short. */
function brief(json: string | undefined): string {
  const text = String(json).replace(
    /[^ -~]/gu,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
  return text.length > brief_units_max ? `${text.slice(0, brief_units_max)}… (${text.length} units)` : text;
}
