/** A list of numbers as a campaign may have it: mobile numbers of all the world, most from a few countries, not all written alike. */
import examples from "libphonenumber-js/examples.mobile.json";
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/min";

/** Every second number is from one of these. */
const frequent: readonly CountryCode[] = ["US", "GB", "AU", "IN", "BR", "DE", "FR", "NZ", "CA", "ID"];
const seed = 20_261_121;

/** So many numbers, the same ones every time. */
export function mix(count: number): string[] {
  let state = seed;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  const every = Object.entries(examples as Record<string, string>);
  return Array.from({ length: count }, () => {
    const country = frequent[below(frequent.length)];
    const [region, national] = (below(2) === 0 && every.find(([name]) => name === country)) ||
      every[below(every.length)] || ["US", "2015550123"];
    const digits = national.slice(0, -4) + String(below(10_000)).padStart(4, "0");
    const number = parsePhoneNumberFromString(digits, region as CountryCode);
    // One in five with spaces and dashes, as people write them.
    return (below(5) === 0 ? number?.formatInternational() : number?.number) ?? `+1${digits}`;
  });
}
