// Writes src/text/tables.rs from tests/fixtures/gsm-national-tables.json (3GPP TS 23.038 Annex A; its `_errata` says where
// published tables are wrong). Run it in js/: node scripts/national.mjs
//
// What is written is which characters each table has, not at which septet: a count needs no more.

import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** Code points of the window beside ASCII: two blocks, enough for any one script of the tables. */
const windowSize = 256;
const wordBits = 64n;

/** The code points of one table as bits of ASCII, bits of a window, and the few outside both. */
export function letters(cells) {
  const codes = [...new Set(Object.values(cells).map((hex) => Number.parseInt(hex, 16)))].sort(
    (a, b) => a - b,
  );
  const beyond = codes.filter((code) => code >= 0x80);
  const starts = [...new Set(beyond.map((code) => code & ~0x7f))];
  const inside = (first) => beyond.filter((code) => code >= first && code < first + windowSize);
  const first = starts.reduce((best, start) => (inside(start).length > inside(best).length ? start : best));
  let bits = 0n;
  for (const code of codes) {
    if (code < 0x80) bits |= 1n << BigInt(code);
    else if (code >= first && code < first + windowSize) bits |= 1n << BigInt(0x80 + code - first);
  }
  const words = Array.from(
    { length: 6 },
    (_, at) => (bits >> (BigInt(at) * wordBits)) & (2n ** wordBits - 1n),
  );
  return { first, words, others: beyond.filter((code) => code < first || code >= first + windowSize) };
}

function rust(tables) {
  const hex = (value, digits) => `0x${value.toString(16).toUpperCase().padStart(digits, "0")}`;
  const row = (name, cells) => {
    const { first, words, others } = letters(cells);
    const bits = words.map((word) => (word === 0n ? "0" : hex(word, 16))).join(", ");
    const rest = others.map((code) => hex(code, 4)).join(", ");
    return `    Letters { first: ${hex(first, 3)}, bits: [${bits}], others: &[${rest}] }, // ${name}`;
  };
  const none = "    Letters { first: 0x080, bits: [0; 6], others: &[] }, // Spanish has none";
  const list = Object.values(tables).sort((a, b) => a.id - b.id);
  const locking = list.map(({ name, locking }) => (locking ? row(name, locking) : none));
  const single = list.map(({ name, single }) => row(name, single));
  return `//! Which characters the national language tables have. Generated: do not edit.
//!
//! From \`tests/fixtures/gsm-national-tables.json\` (3GPP TS 23.038 Annex A); to write it again, in \`js/\`: \`node scripts/national.mjs\`.
//! In the order of the languages' identifiers, from 1.

use super::national::Letters;

/// The locking shift tables (A.3).
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "bits")]
pub(super) const LOCKING: [Letters; ${list.length}] = [
${locking.join("\n")}
];

/// The single shift tables (A.2).
#[rustfmt::skip]
#[expect(clippy::unreadable_literal, reason = "bits")]
pub(super) const SINGLE: [Letters; ${list.length}] = [
${single.join("\n")}
];
`;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const source = new URL("../../tests/fixtures/gsm-national-tables.json", import.meta.url);
  const { _about, _errata, ...tables } = JSON.parse(readFileSync(source, "utf8"));
  writeFileSync(new URL("../../src/text/tables.rs", import.meta.url), rust(tables));
  console.log(`${Object.keys(tables).length} languages`);
}
