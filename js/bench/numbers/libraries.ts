/** The libraries that find a number's region, each by its own shortest way. */
import { parsePhoneNumber } from "awesome-phonenumber";
import google from "google-libphonenumber";
import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import { resolveRegion, resolveRegions } from "sms-ledger";

/** What libphonenumber calls the region of every worldwide service. */
const worldwide = "001";

export interface Parts {
  e164: string | null;
  callingCode: number | null;
}
export interface Library {
  name: string;
  /** The region of one number, worldwide services as libphonenumber calls them; null where it has none. */
  region(number: string): string | null;
  /** The number in E.164, and its calling code; null where it has none. */
  parts(number: string): Parts | null;
  /** The regions of many numbers, in whatever form the library has them; how many there are. */
  regions(numbers: readonly string[]): number;
}

/** For a library that knows no lists. */
function oneByOne(region: (number: string) => string | null): Library["regions"] {
  return (numbers) => {
    const regions = numbers.map(region);
    return regions.length;
  };
}

const util = google.PhoneNumberUtil.getInstance();

function ours(number: string): string | null {
  const { region } = resolveRegion(number);
  return region !== null && region.length === 3 ? worldwide : region;
}
function libphonenumberJs(number: string): string | null {
  const parsed = parsePhoneNumberFromString(number);
  return parsed?.country ?? (parsed?.isNonGeographic() ? worldwide : null);
}
function googleLibphonenumber(number: string): string | null {
  try {
    return util.getRegionCodeForNumber(util.parse(number)) ?? null;
  } catch {
    return null;
  }
}
function awesomePhonenumber(number: string): string | null {
  const parsed = parsePhoneNumber(number);
  return parsed.valid ? parsed.regionCode : null;
}

function googleParts(number: string): Parts | null {
  try {
    const parsed = util.parse(number);
    const e164 = util.format(parsed, google.PhoneNumberFormat.E164);
    return { e164, callingCode: parsed.getCountryCode() ?? null };
  } catch {
    return null;
  }
}
function libphonenumberJsParts(number: string): Parts | null {
  const parsed = parsePhoneNumberFromString(number);
  return parsed === undefined
    ? null
    : { e164: parsed.number, callingCode: Number(parsed.countryCallingCode) };
}
function awesomeParts(number: string): Parts | null {
  const { number: forms, countryCode } = parsePhoneNumber(number);
  return { e164: forms?.e164 ?? null, callingCode: countryCode ?? null };
}

/** Ours first, then the one that the others are measured by. */
export const libraries: readonly Library[] = [
  {
    name: "sms-ledger",
    region: ours,
    parts: (number) => resolveRegion(number),
    regions: (numbers) => resolveRegions(numbers).regions.length,
  },
  {
    name: "libphonenumber-js/min",
    region: libphonenumberJs,
    parts: libphonenumberJsParts,
    regions: oneByOne(libphonenumberJs),
  },
  {
    name: "google-libphonenumber",
    region: googleLibphonenumber,
    parts: googleParts,
    regions: oneByOne(googleLibphonenumber),
  },
  {
    name: "awesome-phonenumber",
    region: awesomePhonenumber,
    parts: awesomeParts,
    regions: oneByOne(awesomePhonenumber),
  },
];
