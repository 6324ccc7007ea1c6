/** The options of a count: checked, and packed into the words that the module takes. No counting here. */
import { invalidInput } from "../errors.ts";
import { only, plain, type Unchecked } from "../shape.ts";
import type { TextLanguage, TextOptions } from "./types.ts";

/** In the order of their identifiers, from 1 (3GPP TS 23.038 6.2.1.2.4). */
export const languages: readonly TextLanguage[] = [
  "tr",
  "es",
  "pt",
  "bn",
  "gu",
  "hi",
  "kn",
  "ml",
  "or",
  "pa",
  "ta",
  "te",
  "ur",
];

/** Checked options. */
export interface Asked {
  /** The words of docs/boundary.md. */
  layout: number;
  national: number;
  charactersMax: number;
  keep: boolean;
  /** Every text is counted by its units alone, whatever its characters. */
  alike: boolean;
  /** What is counted for a text; absent where that is the text itself. */
  compose?: (text: string) => string;
}

/** A plain message. */
export const usual: Asked = { layout: 0, national: 0, charactersMax: 0, keep: false, alike: false };

/** The same without limits, and with GSM-7 where it is possible instead of forced. */
export function liberal(asked: Asked): Asked {
  const forced = (asked.layout >> ENCODING) & 3;
  const layout = asked.layout & ((1 << SEGMENTS_MAX) - 1);
  return { ...asked, layout: forced === 1 ? layout - (1 << ENCODING) : layout, charactersMax: 0 };
}

/** A plain message in the tables of a report. */
export function withTables(locking: TextLanguage | undefined, single: TextLanguage | undefined): Asked {
  return { ...usual, layout: (identifier(locking) << LOCKING) | (identifier(single) << SINGLE) };
}

const identifier = (code: TextLanguage | undefined): number =>
  code === undefined ? 0 : languages.indexOf(code) + 1;

// Shifts of the first word's parts.
const ENCODING = 1;
const REFERENCE = 3;
const EXTRA_HEADER = 4;
const LOCKING = 11;
const SINGLE = 15;
const SEGMENTS_MAX = 19;

const extra_header_octets_max = 120;
const segments_max = 255;
const characters_max = 0xffff_fffe;

const properties = [
  "counting",
  "encoding",
  "reference",
  "extraHeader",
  "locking",
  "single",
  "national",
  "clusters",
  "signature",
  "suffix",
  "newline",
  "normalize",
  "maxSegments",
  "maxCharacters",
];

export function checkOptions(options: unknown): Asked {
  if (options === undefined) return usual;
  const given = plain<TextOptions>(options, "options");
  only(given, properties);
  const counting = choice(given.counting, "counting", ["gsm", "any-text-70"]);
  const encoding = choice(given.encoding, "encoding", ["auto", "GSM-7", "UCS-2"]);
  const locking = language(given.locking, "locking");
  const single = language(given.single, "single");
  const national = nationalOf(given.national);
  if (locking === 2) throw invalidInput("locking", "must not be `es`: Spanish has no locking table", "es");
  if (counting === 1 && encoding === 1) throw clash("encoding", "counting: any-text-70");
  for (const [name, said] of Object.entries({ locking, single, national })) {
    if (said === 0) continue;
    if (counting === 1) throw clash(name, "counting: any-text-70");
    if (encoding === 2) throw clash(name, "encoding: UCS-2");
    if (name === "national" && locking + single > 0) throw clash(name, "locking` and `single");
  }
  const asked: Asked = {
    layout:
      counting |
      (encoding << ENCODING) |
      (choice(given.reference, "reference", [8, 16]) << REFERENCE) |
      (whole(given.extraHeader, "extraHeader", 0, extra_header_octets_max) << EXTRA_HEADER) |
      (locking << LOCKING) |
      (single << SINGLE) |
      (whole(given.maxSegments, "maxSegments", 1, segments_max) << SEGMENTS_MAX),
    national,
    charactersMax: whole(given.maxCharacters, "maxCharacters", 1, characters_max),
    keep: choice(given.clusters, "clusters", ["split", "keep"]) === 1,
    alike: counting === 1,
  };
  const compose = composer(given);
  if (compose !== undefined) asked.compose = compose;
  return asked;
}

function clash(name: string, other: string): Error {
  return invalidInput(name, `does not go with \`${other}\`; leave one of them out`);
}

/** The place of a value among those allowed; 0, the usual one, where it is absent. */
function choice(value: unknown, name: string, allowed: readonly (string | number)[]): number {
  if (value === undefined) return 0;
  const place = allowed.indexOf(value as string);
  if (place >= 0) return place;
  throw invalidInput(name, `must be ${allowed.map((one) => `\`${one}\``).join(" or ")}`, value);
}

function whole(value: unknown, name: string, least: number, most: number): number {
  if (value === undefined) return 0;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most)
    return value as number;
  throw invalidInput(name, `must be a whole number from ${least} to ${most}`, value);
}

/** A language's identifier; 0 for none. */
function language(value: unknown, name: string): number {
  if (value === undefined) return 0;
  const place = languages.indexOf(value as TextLanguage);
  if (place >= 0) return place + 1;
  throw invalidInput(name, `must be one of ${languages.map((one) => `\`${one}\``).join(", ")}`, value);
}

/** One bit for each language, by its identifier. */
function nationalOf(value: unknown): number {
  if (value === undefined) return 0;
  if (value === "auto") return nationalOf(languages);
  if (!Array.isArray(value) || value.length > languages.length)
    throw invalidInput("national", "must be `auto` or a list of languages, each once", value);
  let bits = 0;
  for (let index = 0; index < value.length; index++) {
    const bit = 1 << language(value[index] ?? null, `national[${index}]`);
    if ((bits & bit) !== 0) throw invalidInput(`national[${index}]`, "stands twice", value[index]);
    bits |= bit;
  }
  return bits;
}

function composer(given: Unchecked<TextOptions>): ((text: string) => string) | undefined {
  const signature = affix(given.signature, "signature");
  const suffix = affix(given.suffix, "suffix");
  const { newline, normalize } = given;
  choice(newline, "newline", ["crlf-to-lf"]);
  choice(normalize, "normalize", ["NFC"]);
  if (signature + suffix === "" && newline === undefined && normalize === undefined) return undefined;
  return (text) => {
    let whole = signature + text + suffix;
    if (newline !== undefined) whole = whole.replaceAll("\r\n", "\n");
    return normalize === undefined ? whole : whole.normalize("NFC");
  };
}

/** Units of a signature or a suffix: an eighth of the longest text. */
const affix_units_max = 5_100;

function affix(value: unknown, name: string): string {
  if (value === undefined) return "";
  if (typeof value !== "string" || value.length > affix_units_max)
    throw invalidInput(name, `must be a string of at most ${affix_units_max} UTF-16 units`, value);
  return value;
}
