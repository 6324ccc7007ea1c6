/** What a catalog says of its offers, in the forms that prices are asked for. No price is reckoned here. */
import type { Catalog, CatalogOffer, CatalogPrice, CatalogPriceList, CatalogValidity } from "../catalog.ts";

/** Days of a year on average, over the 400 years in which the calendar repeats. */
const days_of_year = 365.2425;

/** The validities that an offer leaves to the buyer, or its only one; none where its packages never expire. */
export function validitiesOf({ validity }: CatalogOffer): readonly CatalogValidity[] {
  if (validity === undefined) return [];
  return Array.isArray(validity) ? validity : [validity as CatalogValidity];
}

/** How long a package lasts, in months of average length. */
export function monthsOf(validity: CatalogValidity): number {
  return "months" in validity ? validity.months : (validity.days * 12) / days_of_year;
}

/** The dated lists in which an offer's prices stand; none where they stand with the offer. */
export function listsOf(catalog: Catalog, offer: CatalogOffer): readonly CatalogPriceList[] {
  return (catalog.price_lists ?? []).filter(({ series }) => series === offer.prices);
}

/** The last instant at which a quote is asked for: the calendar has room for its end. */
export const instant_max: number = Date.parse("9999-01-01T00:00:00Z");

/** The instants from which other prices of an offer may hold, after a first one, in order, each once. */
export function changesOf(catalog: Catalog, offer: CatalogOffer, after: number): number[] {
  return changesIn(listsOf(catalog, offer), after);
}

/** The instants at which lists begin or end, after a first one, in order, each once. */
export function changesIn(lists: readonly CatalogPriceList[], after: number): number[] {
  const instants = lists
    .flatMap(({ from, until }) => [from, until])
    .map((instant) => (instant === undefined ? Number.NaN : Date.parse(instant)))
    .filter((instant) => instant > after && instant <= instant_max);
  return [...new Set(instants)].sort((left, right) => left - right);
}

/** Whether the packages of an offer pay messages of any purpose. */
export function isForAny({ purposes }: CatalogOffer): boolean {
  return purposes === undefined || purposes.length === 0;
}

/** The purposes that both offers' packages can be bought for. */
export function purposesOf(before: CatalogOffer, after: CatalogOffer): readonly (string | undefined)[] {
  if (isForAny(before)) return isForAny(after) ? [undefined] : (after.purposes ?? []);
  if (isForAny(after)) return before.purposes ?? [];
  return (before.purposes ?? []).filter((purpose) => after.purposes?.includes(purpose));
}

/** Every price of an offer, of whatever time and region. */
export function pricesOf(catalog: Catalog, offer: CatalogOffer): readonly CatalogPrice[] {
  return offer.price ? [offer.price] : listsOf(catalog, offer).flatMap((list) => list.prices);
}

/** What an offer asks a buyer to have that one lacks; nothing where it is not said what the buyer has. */
export function lacking({ gates = [] }: CatalogOffer, own: readonly string[] | undefined): readonly string[] {
  return own === undefined ? [] : gates.filter((gate) => !own.includes(gate));
}
