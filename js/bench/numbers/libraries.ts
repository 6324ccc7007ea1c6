/** The libraries that find a number's region, each by its own shortest way. */
import { parsePhoneNumber } from "awesome-phonenumber";
import google from "google-libphonenumber";
import { parsePhoneNumberFromString } from "libphonenumber-js/min";
import { resolveRegion, resolveRegions } from "sms-ledger";

/** What libphonenumber calls the region of every worldwide service. */
const worldwide = "001";

export interface Library {
  name: string;
  /** The region of one number, worldwide services as libphonenumber calls them; null where it has none. */
  region(number: string): string | null;
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

/** Ours first, then the one that the others are measured by. */
export const libraries: readonly Library[] = [
  { name: "sms-ledger", region: ours, regions: (numbers) => resolveRegions(numbers).regions.length },
  { name: "libphonenumber-js/min", region: libphonenumberJs, regions: oneByOne(libphonenumberJs) },
  { name: "google-libphonenumber", region: googleLibphonenumber, regions: oneByOne(googleLibphonenumber) },
  { name: "awesome-phonenumber", region: awesomePhonenumber, regions: oneByOne(awesomePhonenumber) },
];
