/** Decimal strings as whole numbers, so that sums and comparisons of amounts are exact. What anything costs is the module's to say. */

/** Decimal places that are told apart: the module's decimals have no more. */
export const places_max = 28;

/** A decimal in units of its 28th place. */
export function unitsOf(amount: string): bigint {
  const [whole = "", fraction = ""] = amount.split(".");
  return BigInt(whole + fraction.padEnd(places_max, "0"));
}

/** So many units as a decimal, with as many places as another amount of the same currency has. */
export function written(units: bigint, like: string): string {
  const point = like.indexOf(".");
  const places = point < 0 ? 0 : like.length - point - 1;
  const digits = String(units / 10n ** BigInt(places_max - places)).padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
