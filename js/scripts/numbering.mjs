// Writes src/numbering/table.rs from the metadata of libphonenumber-js. Run it in js/: node scripts/numbering.mjs
//
// A region claims a leading run of digits where the metadata's leading digits for it match, or, where it has none,
// where a fixed or mobile number may still start so. A run that several regions claim down to the table's eight digits
// belongs to the main region of the calling code, and the line says with whom it is shared.

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

/** Digits that the table looks at, calling code included. */
const digitsMax = 8;
/** An area code of the North American plan, calling code included. */
const nanpDigits = 4;
const nanp = "1";
/** Positions in the metadata (version 4 of the package's format). */
const LEADING = 10;
const TYPES = 11;
const FIXED = 0;
const MOBILE = 1;

/** A pattern of digits as a machine: `starts(prefix)` is "no", "may" (a longer number can match) or "yes" (it has). */
export function machine(source) {
  const states = [];
  const state = () => states.push({ on: null, to: [] }) - 1;
  let at = 0;
  const peek = () => source[at];
  const take = () => source[at++];

  function alternatives() {
    const start = state();
    const end = state();
    do {
      const part = sequence();
      states[start].to.push(part.start);
      states[part.end].to.push(end);
    } while (peek() === "|" && take());
    return { start, end };
  }
  function sequence() {
    const start = state();
    let end = start;
    while (at < source.length && peek() !== "|" && peek() !== ")") {
      const part = repeated();
      states[end].to.push(part.start);
      end = part.end;
    }
    return { start, end };
  }
  function repeated() {
    const from = at;
    const first = atom();
    const [least, most] = bounds();
    if (!(most >= 1)) throw new Error(`cannot read \`${source}\` at ${at}`);
    const after = at;
    const start = state();
    let end = start;
    for (let copy = 0; copy < most; copy++) {
      at = from;
      const part = copy === 0 ? first : atom();
      const next = state();
      states[end].to.push(part.start);
      states[part.end].to.push(next);
      if (copy >= least) states[end].to.push(next);
      end = next;
    }
    at = after;
    return { start, end };
  }
  function bounds() {
    if (peek() === "?") {
      take();
      return [0, 1];
    }
    if (peek() !== "{") return [1, 1];
    const close = source.indexOf("}", at);
    const [least, most = least] = source
      .slice(at + 1, close)
      .split(",")
      .map(Number);
    at = close + 1;
    return [least, most];
  }
  function atom() {
    const character = take();
    if (character === "(") {
      if (source.startsWith("?:", at)) at += 2;
      const inner = alternatives();
      if (take() !== ")") throw new Error(`cannot read \`${source}\``);
      return inner;
    }
    const start = state();
    const end = state();
    states[start].on = digitsOf(character);
    states[start].to.push(end);
    return { start, end };
  }
  function digitsOf(character) {
    if (character === "\\" && take() === "d") return "0123456789";
    if (/\d/.test(character)) return character;
    if (character !== "[") throw new Error(`cannot read \`${source}\` at ${at}`);
    const close = source.indexOf("]", at);
    const inside = source.slice(at, close);
    at = close + 1;
    return inside.replace(/(\d)-(\d)/g, (_, from, to) => "0123456789".slice(Number(from), Number(to) + 1));
  }

  const whole = alternatives();
  if (at !== source.length) throw new Error(`cannot read \`${source}\` at ${at}`);
  const closure = (some) => {
    const all = new Set(some);
    for (const one of all) if (states[one].on === null) for (const next of states[one].to) all.add(next);
    return all;
  };
  return {
    starts(prefix) {
      let current = closure([whole.start]);
      for (const digit of prefix) {
        if (current.has(whole.end)) return "yes";
        const next = [...current]
          .filter((one) => states[one].on?.includes(digit))
          .flatMap((one) => states[one].to);
        current = closure(next);
        if (current.size === 0) return "no";
      }
      return current.has(whole.end) ? "yes" : "may";
    },
  };
}

/** What each region of a calling code claims, the main region first. */
function claims(metadata, callingCode) {
  return metadata.country_calling_codes[callingCode].map((region) => {
    const country = metadata.countries[region];
    const types = country[TYPES] ?? [];
    const numbers = [types[FIXED], types[MOBILE]]
      .map((type) => type?.[0])
      .filter((pattern) => pattern)
      .map(machine);
    return { region, leading: country[LEADING] ? machine(country[LEADING]) : null, numbers };
  });
}

/** Intervals `{ first, region, shared }` of a calling code, in order, one for each run of leading digits that differs. */
function intervals(metadata, callingCode) {
  const regions = claims(metadata, callingCode);
  const main = callingCode === nanp ? null : regions[0].region;
  const depth = callingCode === nanp ? nanpDigits : digitsMax;
  const found = [];

  function visit(prefix) {
    const national = prefix.slice(callingCode.length);
    const numbered = regions.filter(({ numbers }) => numbers.some((one) => one.starts(national) !== "no"));
    const led = regions.filter(({ leading }) => leading && leading.starts(national) !== "no");
    const claimed = regions.filter((one) =>
      callingCode === nanp
        ? numbered.includes(one) && (!one.leading || led.includes(one))
        : one.leading
          ? led.includes(one)
          : numbered.includes(one),
    );
    const settled = led.find(({ leading }) => leading.starts(national) === "yes");
    const certain =
      claimed.length === 0 || (claimed.length === 1 && (settled || !led.length)) || settled === claimed[0];
    if ((certain && numbered.length < 2) || prefix.length === depth) {
      const shared = numbered.length > 1 ? numbered.map(({ region }) => region) : [];
      found.push({ first: prefix.padEnd(digitsMax, "0"), region: claimed[0]?.region ?? main, shared });
      return;
    }
    for (const digit of "0123456789") visit(prefix + digit);
  }
  visit(callingCode);
  return found;
}

/** All leading digits from 0 to 99999999 as intervals, neighbours that say the same merged. */
export function table(metadata) {
  const all = [];
  const codes = Object.keys(metadata.country_calling_codes).sort((a, b) =>
    a.padEnd(3, "0") < b.padEnd(3, "0") ? -1 : 1,
  );
  let next = 0;
  for (const code of codes) {
    const first = Number(code.padEnd(digitsMax, "0"));
    if (first > next) all.push({ first: next, region: null, shared: [] });
    const regions = metadata.country_calling_codes[code];
    const own =
      regions.length === 1 ? [{ first, region: regions[0], shared: [] }] : intervals(metadata, code);
    for (const one of own) all.push({ ...one, first: Number(one.first) });
    next = first + 10 ** (digitsMax - code.length);
  }
  if (next < 10 ** digitsMax) all.push({ first: next, region: null, shared: [] });
  const same = (a, b) => a.region === b.region && a.shared.join() === b.shared.join();
  return all.filter((one, index) => index === 0 || !same(one, all[index - 1]));
}

function rust(rows, version) {
  const line = ({ first, region, shared }) => {
    const digits = String(first)
      .padStart(digitsMax, "0")
      .replace(/(....)$/, "_$1")
      .replace(/^0+(?=[1-9]|0_|0$)/, "");
    const note = shared.length ? ` // shared: ${shared.join(" ")}` : "";
    return `    (${digits}, *b"${region ?? "--"}"),${note}`;
  };
  return `//! Leading digits of E.164 numbers and the region that they belong to. Generated: do not edit.
//!
//! From the metadata of libphonenumber-js ${version}; to write it again, in \`js/\`: \`node scripts/numbering.mjs\`.
//! A line holds from its digits (the first ${digitsMax} of a number, calling code included, filled up with zeros) to the next line's.
//! \`--\` is no region; \`shared\` marks digits that several regions use, given to the main one.

/// First leading digits of each run, and its region.
#[rustfmt::skip]
pub(super) const RUNS: [(u32, [u8; 2]); ${rows.length}] = [
${rows.map(line).join("\n")}
];
`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const require = createRequire(import.meta.url);
  const read = (path) => JSON.parse(readFileSync(require.resolve(path), "utf8"));
  const metadata = read("libphonenumber-js/metadata.max.json");
  const { version } = read("libphonenumber-js/package.json");
  const rows = table(metadata);
  const target = new URL("../../src/numbering/table.rs", import.meta.url);
  writeFileSync(target, rust(rows, version));
  console.log(`${rows.length} runs, ${rows.filter(({ shared }) => shared.length).length} of them shared`);
}
