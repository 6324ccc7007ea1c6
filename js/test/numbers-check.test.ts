/**
 * The regions beside those of libphonenumber-js with its full metadata, over tens of thousands of numbers that its own
 * patterns describe. Each difference is declared as shared or explained here.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import examples from "libphonenumber-js/examples.mobile.json";
import { parsePhoneNumberFromString } from "libphonenumber-js/max";
import metadata from "libphonenumber-js/metadata.max.json";
import { resolveRegion } from "sms-ledger";
import { rust, table } from "../scripts/numbering.mjs";
import { type Sample, samples } from "./support/samples.ts";

const seed = 20_261_121;
const all: Sample[] = samples(24, seed);

/** What `libphonenumber-js` says of a number that it calls valid, in our words. */
function theirs(number: string): string | undefined {
  const parsed = parsePhoneNumberFromString(number);
  if (parsed === undefined || parsed.number !== number || !parsed.isValid()) return undefined;
  return parsed.country ?? parsed.countryCallingCode;
}

/** Where numbers are dialled in many ways; not Hong Kong, whose prefixes are the beginnings of each other. */
const abroad = ["AU", "BR", "BY", "FI", "IL", "JP", "KR", "RU", "SG", "US", "UY"] as const;

/** Numbers that it calls valid although E.164 does not allow their length, or that are too short to be dialled from abroad. */
function explained(number: string): boolean {
  const digits = number.length - 1;
  return digits < 7 || digits > 15 || (number.startsWith("+1") && digits !== 11);
}

test("the table is that of the metadata as installed", () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  const { version } = JSON.parse(read("../node_modules/libphonenumber-js/package.json")) as {
    version: string;
  };
  assert.equal(read("../../src/numbering/table.rs"), rust(table(metadata), version));
});

test("the regions are those of libphonenumber-js", () => {
  const counts = { same: 0, shared: 0, explained: 0 };
  const wrong: string[] = [];
  for (const { number } of all) {
    const expected = theirs(number);
    if (expected === undefined) continue;
    const { region, shared } = resolveRegion(number);
    if (region === expected) counts.same += 1;
    else if (shared?.includes(expected)) counts.shared += 1;
    else if (explained(number)) counts.explained += 1;
    else wrong.push(`${number}: ${region}, not ${expected}`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(counts.same > 20_000 && counts.explained < 100, JSON.stringify(counts));
});

test("every region that can have a number is told", () => {
  const wrong: string[] = [];
  for (const { number, region } of all) {
    const found = resolveRegion(number);
    if (found.region !== region && !found.shared?.includes(region) && !explained(number))
      wrong.push(`${number}: ${found.region} ${found.shared ?? ""}, not ${region}`);
  }
  assert.deepEqual(wrong, []);
});

test("the example numbers are in their regions", () => {
  for (const [region, national] of Object.entries(examples as Record<string, string>)) {
    const { number } = parsePhoneNumberFromString(national, region as "AU") ?? {};
    assert.ok(number !== undefined);
    const found = resolveRegion(number);
    assert.ok(
      found.region === region || found.shared?.includes(region),
      `${number}: ${found.region}, not ${region}`,
    );
  }
});

/** Regions some of whose national numbers are read otherwise, and why. */
const unlike: Readonly<Record<string, string>> = {
  AR: "a mobile number has a 15 at home and a 9 from abroad",
  GA: "numbers of the old plan lost their 0",
  BY: "800 may follow the trunk prefix 8, which it begins with itself",
  BG: "a number begins like an international prefix",
  ID: "a number begins like an international prefix",
  IN: "a number begins like an international prefix",
  JP: "a number begins with what also is the trunk prefix",
  KR: "a number begins with what also is the trunk prefix",
  PA: "a number begins like an international prefix",
  QA: "a number begins like an international prefix",
  TH: "a number begins like an international prefix",
  UY: "a number begins with what also is the trunk prefix",
};

test("a national number is that of libphonenumber-js", () => {
  const wrong: string[] = [];
  const counts = { same: 0, explained: 0 };
  for (const { number, region } of all) {
    if (region.length > 2 || theirs(number) !== region || explained(number)) continue;
    const national = parsePhoneNumberFromString(number)?.formatNational() ?? "";
    const { e164 } = resolveRegion(national, { defaultRegion: region });
    if (e164 === number) counts.same += 1;
    else if (region in unlike) counts.explained += 1;
    else wrong.push(`${national} in ${region}: ${e164}, not ${number}`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(counts.same > 20_000 && counts.explained < 200, JSON.stringify(counts));
});

/** Regions with numbers that begin with a 0, so that none is left out. */
const keeping: readonly string[] = ["GA", "RW"];

test("a trunk prefix in brackets is left out as libphonenumber-js does", () => {
  const wrong: string[] = [];
  let same = 0;
  for (const { number, region } of all) {
    const parsed = parsePhoneNumberFromString(number);
    // Two zeros are some service's.
    if (
      parsed === undefined ||
      region.length > 2 ||
      explained(number) ||
      parsed.nationalNumber.startsWith("0")
    )
      continue;
    if (keeping.includes(region)) continue;
    const bracketed = `+${parsed.countryCallingCode} (0)${parsed.nationalNumber}`;
    const expected = parsePhoneNumberFromString(bracketed);
    if (expected?.number !== number || !expected.isValid()) continue;
    const { e164 } = resolveRegion(bracketed);
    if (e164 === number) same += 1;
    else wrong.push(`${bracketed}: ${e164}`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(same > 12_000, String(same));
});

test("a number without its plus is that of libphonenumber-js", () => {
  const wrong: string[] = [];
  const counts = { same: 0, explained: 0 };
  for (const { number, region } of all) {
    if (region.length > 2 || theirs(number) !== region || explained(number)) continue;
    const bare = number.slice(1);
    const expected = parsePhoneNumberFromString(bare, region as "AU");
    if (expected?.number !== number) continue;
    const { e164 } = resolveRegion(bare, { defaultRegion: region });
    if (e164 === number) counts.same += 1;
    // As long as a national number: only its further digits, which are not looked at, would tell.
    else if (!expected.getType()?.includes("MOBILE")) counts.explained += 1;
    else wrong.push(`${bare} in ${region}: ${e164}`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(counts.same > 20_000 && counts.explained < 700, JSON.stringify(counts));
});

test("a length is impossible where libphonenumber-js says so", () => {
  const wrong: string[] = [];
  let [possible, impossible] = [0, 0];
  for (const { number } of all) {
    for (const other of [number.slice(0, -1), `${number}0`, number.slice(0, -3), `${number}00`]) {
      const parsed = parsePhoneNumberFromString(other);
      const main = metadata.country_calling_codes[parsed?.countryCallingCode as "64"]?.[0];
      // It looks at the lengths of one region, we at those of all with the calling code.
      if (parsed?.number !== other || (parsed.country ?? main) !== main) continue;
      // Norfolk Island's are possible without the 3 in front, where they have none.
      if (explained(other) || (main === "NF" && parsed.nationalNumber.length === 5)) continue;
      const { reason } = resolveRegion(other);
      if (reason === undefined) possible += 1;
      else impossible += 1;
      if ((reason === undefined) !== parsed.isPossible()) wrong.push(`${other}: ${reason}`);
    }
  }
  assert.deepEqual(wrong, []);
  assert.ok(possible > 20_000 && impossible > 20_000, `${possible} ${impossible}`);
});

test("a number dialled abroad is that of libphonenumber-js", () => {
  const wrong: string[] = [];
  let same = 0;
  for (const [index, { number, region }] of all.entries()) {
    if (region.length > 2 || theirs(number) !== region || explained(number)) continue;
    const from = abroad[index % abroad.length] ?? "US";
    // A tilde stands for waiting.
    const formatted: string | undefined = parsePhoneNumberFromString(number)?.format("IDD", {
      fromCountry: from,
    });
    const dialled = formatted?.replace("~", "") ?? "";
    // Within one calling code it is the national number.
    if (!/^[0-9]/.test(dialled) || region === from || region in unlike) continue;
    const { e164 } = resolveRegion(dialled, { defaultRegion: from });
    if (e164 === number) same += 1;
    else wrong.push(`${dialled} in ${from}: ${e164}, not ${number}`);
  }
  assert.deepEqual(wrong, []);
  assert.ok(same > 12_000, String(same));
});
