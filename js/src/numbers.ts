/**
 * Numbers and their regions over a module: the checks of the two calls, and what the module's words mean. Which region a
 * number has is the module's to say.
 */
import { invalidInput } from "./errors.ts";
import type { Module, Numbering } from "./module.ts";
import { checkNumber, checkResolveOptions } from "./shape.ts";
import type { ResolvedRegion, ResolvedRegions, ResolveOptions, UnresolvedReason } from "./types.ts";

// How a word is laid out; see docs/boundary.md.
const code_bits = 0x3ff;
const place_shift = 10;
const place_bits = 0x1ff;
const reason_shift = 19;
const reason_bits = 0xf;
const dropped_shift = 23;
const dropped_bits = 0xf;
const national = 1 << 27;
const plain = 1 << 28;
const trunk = 1 << 29;

/** By their numbers in a word. */
const reasons: readonly UnresolvedReason[] = [
  "not_a_number",
  "not_international",
  "too_short",
  "too_long",
  "unassigned_calling_code",
  "unassigned_area_code",
  "empty",
  "wrong_length",
];
/** For these a number has an E.164 form all the same. */
const numbered: readonly UnresolvedReason[] = ["unassigned_calling_code", "unassigned_area_code"];

/** Numbers that cross into the module at once: what is copied into its memory makes it grow for good. */
const crossing_numbers_max = 16_384;
const separator = "\n";
/** What a line end in a number crosses as: it means the same there. */
const other_line_end = "\r";

/** What the places in the words stand for. */
class Places {
  /** The region at each place, and the main one at those of several; nothing at the first. */
  readonly regions: readonly (string | null)[];
  /** All regions at a place of several. */
  readonly shared: readonly (readonly string[] | undefined)[];
  /** Where each region is alone. */
  readonly alone: ReadonlyMap<string, number>;
  /** The place at which a place's region is alone. */
  readonly main: Uint16Array;

  constructor(names: string) {
    const all = names.split(",");
    this.regions = all.map((name) => (name === "" ? null : name.length > 3 ? name.slice(0, 2) : name));
    this.shared = all.map((name) => (name.length > 3 ? Object.freeze(name.match(/../g) ?? []) : undefined));
    this.alone = new Map(all.flatMap((name, place) => (name.length > 3 ? [] : [[name, place]])));
    this.main = Uint16Array.from(this.regions, (name) => this.alone.get(name ?? "") ?? 0);
  }
}

/** What a word says of the number that it is the answer to. */
function told(places: Places, word: number, number: string): ResolvedRegion {
  const place = (word >>> place_shift) & place_bits;
  const region = places.regions[place];
  const code = word & code_bits;
  if (region === null || region === undefined) {
    const reason = reasons[((word >>> reason_shift) & reason_bits) - 1] as UnresolvedReason;
    const e164 = numbered.includes(reason) ? written(word, number) : null;
    return { region: null, e164, callingCode: code === 0 ? null : code, reason };
  }
  const [e164, callingCode, shared] = [written(word, number), code, places.shared[place]];
  return shared === undefined ? { region, e164, callingCode } : { region, e164, callingCode, shared };
}

/** The number in E.164, which is not told but for how it differs from the input. */
function written(word: number, number: string): string {
  if (word & plain) return number;
  // The module reads full-width digits as those that they stand for.
  const all = number.normalize("NFKC").replace(/\D/g, "");
  const digits = all.slice((word >>> dropped_shift) & dropped_bits);
  const code = String(word & code_bits);
  if (word & trunk) return `+${code}${digits.slice(code.length + 1)}`;
  return word & national ? `+${code}${digits}` : `+${digits}`;
}

class Resolved implements ResolvedRegions {
  readonly length: number;
  readonly names: readonly (string | null)[];
  readonly regions: Uint16Array;
  readonly #places: Places;
  readonly #numbers: readonly string[];
  readonly #words: Uint32Array;

  constructor(
    places: Places,
    names: readonly (string | null)[],
    numbers: readonly string[],
    words: Uint32Array,
  ) {
    const { main } = places;
    const regions = new Uint16Array(words.length);
    for (let index = 0; index < words.length; index++)
      regions[index] = main[((words[index] as number) >>> place_shift) & place_bits] as number;
    this.length = words.length;
    this.names = names;
    this.regions = regions;
    this.#places = places;
    this.#numbers = numbers;
    this.#words = words;
  }

  at(index: number): ResolvedRegion | undefined {
    const [word, number] = [this.#words[index], this.#numbers[index]];
    return word === undefined || number === undefined ? undefined : told(this.#places, word, number);
  }
}

/** The two calls, over the module of one entry. */
export class Numbers {
  readonly #module: Module;
  #places: Places | undefined;
  #names: readonly (string | null)[] = [];

  constructor(module: Module) {
    this.#module = module;
  }

  resolveRegion(number: unknown, options?: ResolveOptions): ResolvedRegion {
    const checked = checkNumber(number, "number");
    const places = this.#places ?? this.#learn();
    const place = options === undefined ? 0 : defaultPlace(places, options);
    const numbering = this.#module.numbering();
    let word: number;
    try {
      word = numbering.resolveRegion(checked, place);
    } catch (error) {
      throw this.#module.failed(error);
    }
    return told(places, word, checked);
  }

  resolveRegions(numbers: unknown, options?: ResolveOptions): ResolvedRegions {
    if (!Array.isArray(numbers))
      throw invalidInput("numbers", "must be an array of strings", numbers ?? null);
    const checked = Array.from(numbers as unknown[], (number, index) => {
      if (typeof number === "string" && number.length < 64) return number;
      return checkNumber(number, `numbers[${index}]`);
    });
    const places = this.#places ?? this.#learn();
    const place = options === undefined ? 0 : defaultPlace(places, options);
    return new Resolved(places, this.#names, checked, this.#words(checked, place));
  }

  #words(numbers: readonly string[], place: number): Uint32Array {
    if (numbers.length <= crossing_numbers_max) return this.#cross(numbers, place);
    const words = new Uint32Array(numbers.length);
    for (let at = 0; at < numbers.length; at += crossing_numbers_max)
      words.set(this.#cross(numbers.slice(at, at + crossing_numbers_max), place), at);
    return words;
  }

  #cross(numbers: readonly string[], place: number): Uint32Array {
    if (numbers.length === 0) return new Uint32Array();
    const all = numbers.join(separator);
    const words = this.#ask((module) => module.resolveRegions(all, place));
    if (words.length === numbers.length) return words;
    return this.#cross(
      numbers.map((number) => number.replaceAll(separator, other_line_end)),
      place,
    );
  }

  /** What the places mean, which holds for as long as the module. */
  #learn(): Places {
    const places = new Places(this.#ask((module) => module.regionNames()));
    this.#places = places;
    this.#names = Object.freeze(places.regions.slice(0, places.alone.size));
    return places;
  }

  #ask<T>(question: (module: Numbering) => T): T {
    const numbering = this.#module.numbering();
    try {
      return question(numbering);
    } catch (error) {
      throw this.#module.failed(error);
    }
  }
}

function defaultPlace(places: Places, options: unknown): number {
  const region = checkResolveOptions(options);
  if (region === undefined) return 0;
  const place = region.length === 2 ? places.alone.get(region) : undefined;
  if (place !== undefined) return place;
  const capitals = region.toUpperCase();
  const meant = capitals === "UK" ? "GB" : capitals;
  const hint =
    meant.length === 2 && places.alone.has(meant) ? `; did you mean \`${meant}\`?` : ", such as `AU`";
  throw invalidInput(
    "defaultRegion",
    `must be a region with numbers of its own: write the two capitals of ISO 3166-1${hint}`,
    region,
  );
}
