// Writes src/numbering/table.rs from the metadata of libphonenumber-js. Run it in js/: node scripts/numbering.mjs
//
// Who has a run of leading digits: every region for which a number that begins so can be valid. Where there are several,
// the run is shared, and the main one is the one that libphonenumber names: the first whose own leading digits match, or
// that has none and can have the number. Where no number is valid, the run is that of the region whose leading digits
// match, else of the main region of the calling code; in North America, where area codes are handed out one by one, of
// nobody.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { automaton } from "./pattern.mjs";

/** Digits that the table looks at, calling code included. */
const digitsMax = 8;
/** Those of an area code of the North American plan, and of a whole number there without the calling code. */
const nanp = "1";
const nanpDigits = 4;
const nanpNumberDigits = 10;
/** Positions in the metadata (version 4 of the package's format). */
const INTERNATIONAL_PREFIX = 1;
const LENGTHS = 3;
const TRUNK_PREFIX = 5;
const TRUNK_PATTERN = 7;
const LEADING = 10;
const TYPES = 11;
/** Kinds of numbers among the types. */
const FIXED = 0;
const MOBILE = 1;
/** Digits of a number, calling code included (ITU-T E.164 6.2.1). */
const numberDigitsMax = 15;
/** The only trunk prefix that people write behind a calling code too, in brackets or not. */
const bracketed = "0";

const digits = Array.from("0123456789");
const nobody = "";

/** Every number of a region, as one pattern. */
function numbers(country, callingCode) {
  const whole = ([pattern, lengths]) =>
    pattern && (callingCode !== nanp || !lengths || lengths.includes(nanpNumberDigits));
  const types = (country[TYPES] ?? []).filter((type) => type && whole(type));
  return automaton(types.map(([pattern]) => `(?:${pattern})`).join("|"));
}

/** Runs `[first, regions]` of a calling code: offsets in the table's digits, and the regions' names, the main one first. */
function runs(metadata, callingCode) {
  const regions = metadata.country_calling_codes[callingCode].map((name) => {
    const country = metadata.countries[name];
    const leading = country[LEADING] ? automaton(country[LEADING]) : null;
    return { name, numbers: numbers(country, callingCode), leading };
  });
  const depth = callingCode === nanp ? nanpDigits : digitsMax;
  const known = new Map();

  function visit(states, left) {
    const key = `${left}/${states.map(({ number, lead }) => `${number},${lead}`).join("/")}`;
    if (!known.has(key)) known.set(key, found(states, left));
    return known.get(key);
  }
  function found(states, left) {
    const possible = states.filter(({ number }) => number !== null);
    const led = states.filter(({ lead }) => lead !== null);
    const open = led.some(({ lead, region }) => lead !== "yes" && possible[0]?.region !== region);
    // Within the North American plan an area code that nobody has stands between those of one region.
    const settled = possible.length === 0 || (possible.length === 1 && callingCode !== nanp);
    if (left === 0 || (settled && !open)) return [[0, owners(states, possible, led)]];
    const merged = [];
    for (const digit of digits) {
      const below = visit(
        states.map((state) => next(state, digit)),
        left - 1,
      );
      for (const [first, owner] of below)
        if (merged.at(-1)?.[1] !== owner) merged.push([Number(digit) * 10 ** (left - 1) + first, owner]);
    }
    return merged;
  }
  function next({ region, number, lead }, digit) {
    const stepped = lead === null || lead === "yes" ? lead : region.leading.step(lead, digit);
    return {
      region,
      number: numberAfter(region.numbers, number, digit),
      lead: stepped !== null && stepped !== "yes" && region.leading.ends(stepped) ? "yes" : stepped,
    };
  }
  // A number that is shorter than the table looks is found among all that could follow it.
  function numberAfter(pattern, number, digit) {
    if (number === null || number === "ended") return number;
    return pattern.step(number, digit) ?? (pattern.ends(number) ? "ended" : null);
  }
  function owners(states, possible, led) {
    const names = possible.map(({ region }) => region.name);
    if (names.length === 0) {
      if (callingCode === nanp) return nobody;
      return led.find(({ lead }) => lead === "yes")?.region.name ?? regions[0].name;
    }
    const main = states.find(
      (state) => led.includes(state) || (!state.region.leading && possible.includes(state)),
    );
    const first = main?.region.name ?? names[0];
    return [first, ...names.filter((name) => name !== first)].join("");
  }

  const start = regions.map((region) => ({
    region,
    number: region.numbers.start,
    lead: region.leading?.start ?? null,
  }));
  const scale = 10 ** (digitsMax - depth);
  return visit(start, depth - callingCode.length).map(([first, owner]) => [first * scale, owner]);
}

/** Calling codes in the order of the digits they begin with, each with its regions; none for a worldwide service. */
function callingCodes(metadata) {
  const all = { ...metadata.country_calling_codes };
  for (const code of Object.keys(metadata.nonGeographic)) all[code] = [];
  return Object.entries(all).sort(([a], [b]) => (a.padEnd(3, "0") < b.padEnd(3, "0") ? -1 : 1));
}

/** A whole number, seven bits a byte, the lowest first. */
function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

/** The runs of one calling code as bytes: their count, then for each its distance, its zeros counted apart, and its owner. */
function packed(list, owners) {
  const bytes = varint(list.length);
  let at = 0;
  for (const [first, owner] of list) {
    let distance = first - at;
    let zeros = 0;
    for (; distance > 0 && distance % 10 === 0; distance /= 10) zeros += 1;
    bytes.push(...varint(distance * 8 + zeros), owners.indexOf(owner));
    at = first;
  }
  return bytes;
}

const prefixes = (pattern) => (pattern ? automaton(pattern).words() : []);

/** What stands before a national number at home; nothing where it is not just left out. */
function trunkPrefixes(country) {
  const written = country[TRUNK_PATTERN];
  const plain = written && !/\((?!\?:)/.test(written) ? written : country[TRUNK_PREFIX] || null;
  return prefixes(plain);
}

/**
 * How a region dials: `trunk prefixes/lengths that keep them/international prefixes`. A number may itself begin with the
 * digits of a trunk prefix: it keeps them where there is such a number of its length, but none without them.
 */
function dialling(country, callingCode) {
  const own = numbers(country, callingCode);
  const all = own.lengths("");
  const trunks = trunkPrefixes(country);
  const kept = trunks.flatMap((prefix) =>
    own.lengths(prefix).filter((length) => !all.includes(length - prefix.length)),
  );
  const lengths = [...new Set(kept)].sort((a, b) => a - b);
  return [trunks, lengths, prefixes(country[INTERNATIONAL_PREFIX])].map((list) => list.join(" ")).join("/");
}

/** The lengths of a kind of number; those of all where the metadata tells none. */
function typeLengths(country, type) {
  const found = country[TYPES]?.[type] || [""];
  return found[0] === "" ? [] : (found[1] ?? country[LENGTHS]);
}

/** The possible lengths; also that of what becomes a number once libphonenumber has put digits before it. */
function lengthsOf(country) {
  const [, bare] = /^\(([^()]+)\)\$$/.exec(country[TRUNK_PATTERN] || "") ?? [];
  return [...country[LENGTHS], ...(bare ? automaton(bare).lengths("") : [])];
}

/** The only digit that mobile numbers begin with, where no number begins with the calling code and that digit. */
function mobileDigit(countries, own, code) {
  const mobile = countries.map((country) => automaton(country[TYPES]?.[MOBILE]?.[0] || ""));
  const first = digits.filter((digit) => mobile.some((pattern) => pattern.lengths(digit).length > 0));
  const clear = first.length === 1 && own.every((pattern) => pattern.lengths(code + first[0]).length === 0);
  return clear ? Number(first[0]) : 0;
}

/** What `LENGTHS` says of a calling code. */
function lengthBits(countries, code) {
  const own = countries.map((country) => numbers(country, code));
  const merged = (some) => new Set(countries.flatMap(some));
  const all = merged((country) => (code === nanp ? [nanpNumberDigits] : lengthsOf(country)));
  const possible = [...all].filter((length) => length <= numberDigitsMax - code.length);
  const mobile = merged((country) => typeLengths(country, MOBILE));
  const usual = merged((country) => [...typeLengths(country, FIXED), ...typeLengths(country, MOBILE)]);
  const begun = new Set(own.flatMap((pattern) => pattern.lengths(code)));
  const abroad = possible.filter((length) => {
    const rest = length - code.length;
    const other = usual.has(rest) && !begun.has(length);
    return possible.includes(rest) && (other || (mobile.has(rest) && !mobile.has(length)));
  });
  const doubtful = possible.some(
    (length) =>
      possible.includes(length - code.length) && mobile.has(length - code.length) && !abroad.includes(length),
  );
  const digit = doubtful ? mobileDigit(countries, own, code) : 0;
  // Some services' numbers begin with two zeros, so that a single one is looked for.
  const single = digits.filter((digit) => digit !== bracketed).map((digit) => bracketed + digit);
  const free = own.every((pattern) => single.every((word) => pattern.lengths(word).length === 0));
  const skipped = trunkPrefixes(countries[0]).includes(bracketed) && free ? [0] : [];
  const bits = (lengths) => lengths.reduce((sum, length) => sum + 2 ** length, 0);
  return bits([...skipped, ...possible]) + (digit < 8 ? digit * 2 : 0) + bits(abroad) * 2 ** numberDigitsMax;
}

/** A calling code and its regions; without the code where it is the next one. */
function codeText([code, regions], index, codes) {
  const next = index > 0 && Number(codes[index - 1][0]) + 1 === Number(code) && regions.length > 0;
  return (next ? "" : code) + regions.join("");
}

/** All that the table holds. */
export function table(metadata) {
  const codes = callingCodes(metadata);
  const shared = [];
  const bytes = [];
  const ways = [];
  const way = [];
  const lengths = [];
  for (const [code, regions] of codes) {
    for (const region of regions) {
      const how = dialling(metadata.countries[region], code);
      if (!ways.includes(how)) ways.push(how);
      way.push(ways.indexOf(how));
    }
    const countries = regions.map((region) => metadata.countries[region]);
    if (regions.length === 0) countries.push(metadata.nonGeographic[code]);
    lengths.push(...varint(lengthBits(countries, code)));
    if (regions.length < 2) continue;
    const list = runs(metadata, code);
    const several = [...new Set(list.map(([, owner]) => owner).filter((owner) => owner.length > 2))];
    shared.push(several);
    bytes.push(...packed(list, [nobody, ...regions, ...several]));
  }
  return {
    codes: codes.map(codeText).join("/"),
    shared: shared.map((sets) => sets.join(" ")).join("/"),
    bytes,
    ways,
    way,
    lengths,
  };
}

const hex = (byte) => `\\x${byte.toString(16).padStart(2, "0")}`;

/** Bytes as a Rust literal, in lines. */
function literal(bytes) {
  const shown = bytes.map((byte) =>
    byte > 32 && byte < 127 && byte !== 34 && byte !== 92 ? String.fromCharCode(byte) : hex(byte),
  );
  const lines = [""];
  for (const one of shown) {
    if (lines.at(-1).length + one.length > 110) lines.push("");
    lines[lines.length - 1] += one;
  }
  return `b"\\\n    ${lines.join("\\\n    ")}"`;
}

export function rust({ codes, shared, bytes, ways, way, lengths }, version) {
  const text = (value) => `"\\\n    ${value.match(/.{1,110}/g).join("\\\n    ")}"`;
  return `//! Which region has which leading digits, and how each region dials. Generated: do not edit.
//!
//! From the metadata of libphonenumber-js ${version}; to write it again, in \`js/\`: \`node scripts/numbering.mjs\`.
//! \`decode.rs\` reads it.

/// Digits that the table tells apart, calling code included.
pub(super) const LEADING_DIGITS: usize = ${digitsMax};

/// Calling codes in the order of their leading digits, each with its regions, the main one first; none for a worldwide
/// service. One that is the next after the one before is left out.
#[rustfmt::skip]
pub(super) const CODES: &str = ${text(codes)};

/// For each calling code of several regions, the sets of regions that share digits, the main one first.
#[rustfmt::skip]
pub(super) const SHARED: &str = ${text(shared)};

/// For each calling code of several regions, its runs of leading digits: their count, then for each the distance from the
/// one before (eight times the distance without its closing zeros, plus how many those are; seven bits a byte, the lowest
/// first) and whose it is (0 nobody's, then the regions, then the sets).
#[rustfmt::skip]
pub(super) const RUNS: &[u8] = ${literal(bytes)};

/// For each region in the order of \`CODES\`, its line in \`DIALLING\`.
#[rustfmt::skip]
pub(super) const WAYS: &[u8] = ${literal(way)};

/// For each calling code in the order of \`CODES\`, bits as a whole number (seven bits a byte, the lowest first): the lowest
/// says that a trunk prefix 0 behind the calling code is none of the number's digits; the next three are a digit, with
/// which all mobile numbers begin, but no number behind digits that are the calling code; bits 4 to ${numberDigitsMax - 1} are how many digits
/// a national number may have; bit ${numberDigitsMax} + n that n digits which begin with the calling code are one with it all the same.
#[rustfmt::skip]
pub(super) const LENGTHS: &[u8] = ${literal(lengths)};

/// How to dial: the trunk prefixes, a slash, how many digits a number has that itself begins so and keeps them, a slash,
/// the international prefixes. The longest prefix comes first; a dot is any digit.
#[rustfmt::skip]
pub(super) const DIALLING: &str = "\\
${ways.join("\\n\\\n")}";
`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const require = createRequire(import.meta.url);
  const read = (path) => JSON.parse(readFileSync(require.resolve(path), "utf8"));
  const metadata = read("libphonenumber-js/metadata.max.json");
  const { version } = read("libphonenumber-js/package.json");
  const made = table(metadata);
  writeFileSync(new URL("../../src/numbering/table.rs", import.meta.url), rust(made, version));
  const sets = made.shared.split(/[ /]/).filter((set) => set !== "").length;
  console.log(`${made.bytes.length} bytes of runs, ${sets} shared sets, ${made.ways.length} ways to dial`);
}
