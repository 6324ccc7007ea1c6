/**
 * The cheapest way to cover a need: which quantity to buy, and how often, where packages expire before they are used up. Every
 * price is a quote of the module's; what is weighed here is only how many to buy.
 */
import { monthsOf, pricesOf, validitiesOf } from "../catalogs/offers.ts";
import { invalidInput, isLedgerError } from "../errors.ts";
import { only, plain, prepare } from "../shape.ts";
import type { Advice, AdviseRequest, Catalog, Quote, QuoteRequest, Validity } from "../types.ts";
import { unitsOf, written } from "./decimals.ts";

/** What advice needs of a quoter. */
interface Quoting {
  quote(request: unknown): Quote;
}

const need_max = 1_000_000_000;
const properties = ["region", "need", "perMonth", "purpose", "currency", "validity", "at"];

type Request = Omit<QuoteRequest, "quantity"> & { offer: string };

/** A way to cover the need. */
interface Way {
  purchases: { quote: Quote; times: number }[];
  /** As `unitsOf` counts. */
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
    total: written(cost, first.quote.total),
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
function* requestsOf(catalog: Catalog, wanted: Omit<AdviseRequest, "need" | "perMonth">): Generator<Request> {
  for (const offer of catalog.offers) {
    if (!offer.regions.includes(wanted.region)) continue;
    const purposes = wanted.purpose === undefined ? (offer.purposes ?? [undefined]) : [wanted.purpose];
    for (const purpose of purposes) {
      const choices = wanted.validity === undefined ? validitiesOf(offer) : [wanted.validity];
      for (const validity of choices.length === 0 ? [undefined] : choices) {
        const request: Request = { ...wanted, offer: offer.id };
        if (purpose !== undefined) request.purpose = purpose;
        if (validity !== undefined) request.validity = validity;
        yield request;
      }
    }
  }
}

/** How many segments of one package can be used before it expires. */
function usableOf(validity: Validity | undefined, perMonth: number | undefined): number {
  if (validity === undefined || perMonth === undefined) return Number.POSITIVE_INFINITY;
  return Math.floor(perMonth * monthsOf(validity));
}

/**
 * Ways to cover the need by one offer: some purchases of one quantity, some of another, and a last one for the rest. The
 * quantities are those at which a price begins or ends, those around what can be used in time, and the rest itself.
 */
function* waysOf(
  quoting: Quoting,
  catalog: Catalog,
  request: Request,
  need: number,
  usable: number,
): Generator<Way> {
  const shelf = new Shelf(quoting, request, usable);
  const wanted = [need, Math.min(need, usable), ...steps(catalog, request.offer)];
  const sizes = [
    ...new Map(wanted.flatMap((each) => shelf.around(each)).map((size) => [size.quantity, size])).values(),
  ];
  for (const [index, first] of sizes.entries()) {
    for (const firsts of counts(need, first.covers)) {
      const left = need - firsts * first.covers;
      if (left <= 0) {
        yield wayOf([[first, firsts]]);
        continue;
      }
      const last = shelf.cheapest(left);
      if (last !== undefined)
        yield wayOf([
          [first, firsts],
          [last, 1],
        ]);
      for (const second of sizes.slice(index + 1))
        for (const seconds of counts(left, second.covers).filter((count) => count > 0)) {
          const rest = left - seconds * second.covers;
          const end = rest > 0 ? shelf.cheapest(rest) : undefined;
          if (rest <= 0)
            yield wayOf([
              [first, firsts],
              [second, seconds],
            ]);
          else if (end !== undefined)
            yield wayOf([
              [first, firsts],
              [second, seconds],
              [end, 1],
            ]);
        }
    }
  }
}

/** How often a purchase that covers so much may be made: as often as it fits, once more, or a few times less. */
function counts(need: number, covers: number): number[] {
  const most = Math.ceil(need / covers);
  return [most, most - 1, most - 2, most - 3, 0].filter(
    (count, at, all) => count >= 0 && all.indexOf(count) === at,
  );
}

/** A quantity on sale, and what of it is of use. */
interface Size {
  quote: Quote;
  quantity: number;
  covers: number;
  cost: bigint;
}

function wayOf(purchases: [Size, number][]): Way {
  const made = new Map<number, { quote: Quote; times: number }>();
  let cost = 0n;
  let bought = 0;
  let expired = 0;
  for (const [size, times] of purchases) {
    if (times === 0) continue;
    const same = made.get(size.quantity);
    if (same === undefined) made.set(size.quantity, { quote: size.quote, times });
    else same.times += times;
    cost += size.cost * BigInt(times);
    bought += size.quantity * times;
    expired += (size.quantity - size.covers) * times;
  }
  return { purchases: [...made.values()], cost, bought, expired };
}

/** The quantities of one request, each quoted once. */
class Shelf {
  readonly #quoting: Quoting;
  readonly #request: Request;
  readonly #usable: number;
  readonly #known = new Map<number, Size[]>();
  readonly #cheapest = new Map<number, Size | undefined>();

  constructor(quoting: Quoting, request: Request, usable: number) {
    this.#quoting = quoting;
    this.#request = request;
    this.#usable = usable;
  }

  /** The quantity or, where that is not sold, those around it. */
  around(quantity: number): Size[] {
    const known = this.#known.get(quantity);
    if (known !== undefined) return known;
    const sizes = around(this.#quoting, this.#request, quantity).map((quote): Size => {
      const covers = Math.min(quote.quantity, this.#usable);
      return { quote, quantity: quote.quantity, covers, cost: unitsOf(quote.total) };
    });
    this.#known.set(quantity, sizes);
    return sizes;
  }

  /** The cheapest single purchase that covers a rest; none where no package can. */
  cheapest(rest: number): Size | undefined {
    if (this.#cheapest.has(rest)) return this.#cheapest.get(rest);
    const sizes = this.around(rest)
      .flatMap((size) => [size, ...this.around(size.quote.cheaperAt?.quantity ?? size.quantity)])
      .filter((size) => size.covers >= rest);
    const [first, ...others] = sizes;
    const least =
      first === undefined
        ? undefined
        : others.reduce((best, size) => (size.cost < best.cost ? size : best), first);
    this.#cheapest.set(rest, least);
    return least;
  }
}

const times = (way: Way): number => way.purchases.reduce((sum, each) => sum + each.times, 0);

/** Less money, then less that expires, then less that is bought, then fewer purchases. */
function better(way: Way, than: Way): boolean {
  if (way.cost !== than.cost) return way.cost < than.cost;
  if (way.expired !== than.expired) return way.expired < than.expired;
  if (way.bought !== than.bought) return way.bought < than.bought;
  return times(way) < times(than);
}

/** Quantities at which a price of the offer begins or ends. */
function steps(catalog: Catalog, id: string): number[] {
  const offer = catalog.offers.find((each) => each.id === id);
  if (offer === undefined) return [];
  return pricesOf(catalog, offer).flatMap((price) => [
    ...("tiers" in price ? price.tiers.flatMap(({ from, up_to }) => [from, up_to ?? from]) : []),
    ...("packs" in price ? price.packs.map(({ quantity }) => quantity) : []),
  ]);
}

/** The quote for a quantity or, where that is not sold, those for the nearest that are. */
function around(quoting: Quoting, request: Request, quantity: number): Quote[] {
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
