/**
 * The cheapest way to cover a need: which quantity to buy, and how often, where packages expire before they are used up. Every
 * price is a quote of the module's; what is weighed here is only how many to buy.
 */
import { invalidInput, isLedgerError } from "../errors.ts";
import { only, plain, prepare } from "../shape.ts";
import type {
  Advice,
  AdviseRequest,
  Catalog,
  CatalogOffer,
  CatalogPrice,
  Quote,
  QuoteRequest,
  Validity,
} from "../types.ts";

/** What advice needs of a quoter. */
interface Quoting {
  quote(request: unknown): Quote;
}

const need_max = 1_000_000_000;
/** Days of a year and months of it: a month is as long as it is on average. */
const days_of_year = 365.2425;
const properties = ["region", "need", "perMonth", "purpose", "currency", "validity", "at"];

/** A way to cover the need: a purchase so many times, and perhaps a last one for the rest. */
interface Way {
  purchases: { quote: Quote; times: number }[];
  /** In units of the last decimal place. */
  cost: bigint;
  bought: number;
  expired: number;
}

export function advise(quoting: Quoting, catalog: Catalog, input: AdviseRequest): Advice {
  const given = plain<AdviseRequest>(input);
  only(given, properties);
  const { need, perMonth, ...wanted } = prepare(input) as unknown as AdviseRequest;
  whole(need, "need");
  if (perMonth !== undefined) whole(perMonth, "perMonth");
  if (typeof wanted.region !== "string")
    throw invalidInput("region", "must be a string", wanted.region ?? null);
  let best: Way | undefined;
  for (const request of requestsOf(catalog, wanted)) {
    const usable = usableOf(request.validity, perMonth);
    if (usable < 1) continue;
    for (const way of waysOf(quoting, catalog, request, need, usable))
      if (best === undefined || better(way, best)) best = way;
  }
  if (best === undefined)
    throw invalidInput("region", `no offer covers a need in \`${wanted.region}\``, wanted.region);
  const { purchases, cost, bought, expired } = best;
  const [first] = purchases as [Way["purchases"][0]];
  return {
    purchases,
    total: written(cost, placesOf(first.quote.total)),
    currency: first.quote.currency,
    segments: bought,
    unused: bought - need,
    expired,
  };
}

function whole(value: unknown, path: string): void {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > need_max)
    throw invalidInput(path, `must be a whole number from 1 to ${need_max}`, value ?? null);
}

/** What may be asked for: every offer of the region, with each purpose and each validity that is left open. */
function* requestsOf(
  catalog: Catalog,
  wanted: Omit<AdviseRequest, "need" | "perMonth">,
): Generator<Omit<QuoteRequest, "quantity"> & { offer: string }> {
  for (const offer of catalog.offers) {
    if (!offer.regions.includes(wanted.region)) continue;
    const purposes = wanted.purpose === undefined ? (offer.purposes ?? [undefined]) : [wanted.purpose];
    for (const purpose of purposes) {
      for (const validity of wanted.validity === undefined ? validitiesOf(offer) : [wanted.validity]) {
        const request: Omit<QuoteRequest, "quantity"> & { offer: string } = { ...wanted, offer: offer.id };
        if (purpose !== undefined) request.purpose = purpose;
        if (validity !== undefined) request.validity = validity;
        yield request;
      }
    }
  }
}

function validitiesOf({ validity }: CatalogOffer): readonly (Validity | undefined)[] {
  if (validity === undefined) return [undefined];
  return (Array.isArray(validity) ? validity : [validity]) as readonly Validity[];
}

/** How many segments of one package can be used before it expires. */
function usableOf(validity: Validity | undefined, perMonth: number | undefined): number {
  if (validity === undefined || perMonth === undefined) return Number.POSITIVE_INFINITY;
  const months = "months" in validity ? validity.months : (validity.days * 12) / days_of_year;
  return Math.floor(perMonth * months);
}

/** Ways to cover the need by one offer: with each quantity at which a price may change, and with those that just do. */
function* waysOf(
  quoting: Quoting,
  catalog: Catalog,
  request: Omit<QuoteRequest, "quantity">,
  need: number,
  usable: number,
): Generator<Way> {
  const tried = new Set<number>();
  for (const wanted of [need, Math.min(need, usable), ...steps(catalog, request.offer)]) {
    for (const quote of around(quoting, request, wanted)) {
      if (tried.has(quote.quantity)) continue;
      tried.add(quote.quantity);
      yield way(quoting, request, quote, need, usable);
    }
  }
}

function way(
  quoting: Quoting,
  request: Omit<QuoteRequest, "quantity">,
  quote: Quote,
  need: number,
  usable: number,
): Way {
  const covers = Math.min(quote.quantity, usable, need);
  const times = Math.floor(need / covers);
  const rest = need - times * covers;
  const purchases = [{ quote, times }];
  const price = unitsOf(quote.total);
  let cost = price * BigInt(times);
  let bought = quote.quantity * times;
  let expired = Math.max(0, quote.quantity - usable) * times;
  if (rest > 0) {
    const last = around(quoting, request, rest)
      .flatMap((each) => [each, ...cheaper(quoting, request, each)])
      .filter((each) => each.quantity >= rest)
      .concat(quote)
      .reduce((least, each) => (unitsOf(each.total) < unitsOf(least.total) ? each : least));
    if (last.quantity === quote.quantity) purchases[0] = { quote, times: times + 1 };
    else purchases.push({ quote: last, times: 1 });
    cost += unitsOf(last.total);
    bought += last.quantity;
    expired += Math.max(0, last.quantity - usable);
  }
  return { purchases, cost, bought, expired };
}

const times = (way: Way): number => way.purchases.reduce((sum, each) => sum + each.times, 0);

/** Less money, then less that expires, then less that is bought, then fewer purchases. */
function better(way: Way, than: Way): boolean {
  if (way.cost !== than.cost) return way.cost < than.cost;
  if (way.expired !== than.expired) return way.expired < than.expired;
  if (way.bought !== than.bought) return way.bought < than.bought;
  return times(way) < times(than);
}

/** Quantities at which a price of the offer begins. */
function steps(catalog: Catalog, id: string): number[] {
  const offer = catalog.offers.find((each) => each.id === id);
  const lists = (catalog.price_lists ?? []).filter(({ series }) => series === offer?.prices);
  const prices: readonly CatalogPrice[] = offer?.price ? [offer.price] : lists.flatMap((list) => list.prices);
  return [
    ...new Set(
      prices.flatMap((price) => [
        ...("tiers" in price ? price.tiers.map(({ from }) => from) : []),
        ...("packs" in price ? price.packs.map(({ quantity }) => quantity) : []),
      ]),
    ),
  ];
}

/** The quote for a quantity or, where that is not sold, those for the nearest that are. */
function around(quoting: Quoting, request: Omit<QuoteRequest, "quantity">, quantity: number): Quote[] {
  try {
    return [quoting.quote({ ...request, quantity })];
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    const { nearest } = error.details as { nearest?: readonly number[] };
    if (nearest !== undefined) return nearest.map((near) => quoting.quote({ ...request, quantity: near }));
    // Not sold in this currency, at this time or with this choice.
    if (error.code === "UNKNOWN_REGION" || error.code === "INVALID_INPUT") return [];
    throw error;
  }
}

function cheaper(quoting: Quoting, request: Omit<QuoteRequest, "quantity">, quote: Quote): Quote[] {
  const quantity = quote.cheaperAt?.quantity;
  return quantity === undefined ? [] : [quoting.quote({ ...request, quantity })];
}

function placesOf(amount: string): number {
  const point = amount.indexOf(".");
  return point < 0 ? 0 : amount.length - point - 1;
}

/** An amount in units of its last place; all amounts of a currency have the same. */
function unitsOf(amount: string): bigint {
  return BigInt(amount.replace(".", ""));
}

function written(units: bigint, places: number): string {
  const digits = String(units).padStart(places + 1, "0");
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
