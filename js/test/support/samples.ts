/** Telephone numbers as the metadata of libphonenumber-js has them, at random, but the same ones every time. */
import metadata from "libphonenumber-js/metadata.max.json";
import { type Automaton, automaton } from "../../scripts/pattern.mjs";

/** A number of a region, or of a worldwide service, that one of its patterns describes. */
export interface Sample {
  number: string;
  /** Two letters, or the calling code of a worldwide service. */
  region: string;
}

/** Whole numbers from 0 up to a bound, the bound excluded: Marsaglia's xorshift. */
export function random(seed: number): (bound: number) => number {
  let state = seed >>> 0 || 1;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state % bound;
  };
}

/** Digits of a number at most (E.164). */
const digits_max = 15;
/** Where a region's metadata has its patterns by kind of number (version 4 of the package's format). */
const types = 11;

type Country = readonly [string, ...unknown[]];
const { countries, nonGeographic } = metadata as unknown as Record<
  "countries" | "nonGeographic",
  Record<string, Country>
>;

/** So many numbers of each kind of each region. */
export function samples(each: number, seed: number): Sample[] {
  const below = random(seed);
  const found: Sample[] = [];
  for (const [region, country] of [...Object.entries(countries), ...Object.entries(nonGeographic)]) {
    const [code] = country;
    for (const type of (country[types] ?? []) as readonly (readonly [string] | 0)[]) {
      if (!type || type[0] === "") continue;
      const pattern = automaton(type[0]);
      for (let made = 0; made < each; made++) {
        const national = walk(pattern, digits_max - code.length, below);
        if (national !== undefined) found.push({ number: `+${code}${national}`, region });
      }
    }
  }
  return found;
}

/** A way through a pattern; undefined where it came to no end in time. */
function walk(pattern: Automaton, most: number, below: (bound: number) => number): string | undefined {
  let [state, word] = [pattern.start, ""];
  for (;;) {
    const next = Array.from("0123456789").flatMap((digit) => {
      const after = word.length < most ? pattern.step(state, digit) : null;
      return after === null ? [] : [{ digit, after }];
    });
    if (pattern.ends(state) && (next.length === 0 || below(3) === 0)) return word;
    const chosen = next[below(next.length || 1)];
    if (chosen === undefined) return undefined;
    [state, word] = [chosen.after, word + chosen.digit];
  }
}
