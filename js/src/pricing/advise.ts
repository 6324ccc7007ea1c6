/**
 * The cheapest way to cover a need: which quantity to buy, and how often, where packages expire before they are used up. Every
 * price is a quote of the module's; what is weighed here is only how many to buy.
 */
import { changesOf, instant_max, lacking, monthsOf, pricesOf, validitiesOf } from "../catalogs/offers.ts";
import { invalidInput, LedgerError, ownOf } from "../errors.ts";
import { checkTime, only, plain, prepare, texts } from "../shape.ts";
import type { Advice, AdviseRequest, Catalog, CatalogOffer, Validity } from "../types.ts";
import { datedWay, type Period } from "./dated.ts";
import { written } from "./decimals.ts";
import { cheapestSet, sizes_max } from "./sets.ts";
import { type Quoting, type Request, Shelf } from "./shelf.ts";
import { better, type Way, waysOf } from "./ways.ts";

const need_max = 1_000_000_000;
const properties = ["region", "need", "perMonth", "purpose", "currency", "validity", "gates", "at"];
/** Of a need with dated prices, points of the need times quantities on sale, up to which all are tried at each. */
const dated_steps_max = 200_000;
/** A month of average length, of a year of 365.2425 days. */
const month_ms = 2_629_746_000n;

/** The purposes of an offer that are asked for; none where its packages are of no use. */
export type Purposes = (offer: CatalogOffer) => readonly (string | undefined)[];

/** `purposes` says what an offer is asked for; the purpose of the request, or each that is on sale, unless given. */
export function advise(
  quoting: Quoting,
  catalog: Catalog,
  input: AdviseRequest,
  clock: () => number,
  purposes?: Purposes,
): Advice {
  const given = plain<AdviseRequest>(input);
  only(given, properties);
  const { need, perMonth, gates, at, ...rest } = prepare(input) as unknown as AdviseRequest;
  const wanted = ownOf(rest);
  whole(need, "need");
  if (perMonth !== undefined) whole(perMonth, "perMonth");
  if (typeof wanted.region !== "string")
    throw invalidInput("region", "must be a string", wanted.region ?? null);
  const own = gates === undefined ? undefined : texts(gates, "gates");
  const begin = at === undefined ? clock() : checkTime(at, "at");
  const sought = { quoting, catalog, need, perMonth, begin };
  let best: Way | undefined;
  let refusal: LedgerError | undefined;
  for (const [offer, request] of requestsOf(catalog, wanted, own, purposes)) {
    const usable = usableOf(request.validity, perMonth);
    if (usable < 1) {
      refusal ??= invalidInput(
        "perMonth",
        "is so little that a package expires before one is used",
        perMonth,
      );
      continue;
    }
    const { ways, shelf } = offered(sought, offer, request, usable);
    for (const way of ways) if (best === undefined || better(way, best)) best = way;
    refusal ??= shelf.refusal;
  }
  if (best === undefined) throw refusal ?? nothing(catalog, wanted.region, own);
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

/** Why no offer was even asked. */
function nothing(catalog: Catalog, region: string, own: readonly string[] | undefined): LedgerError {
  const offers = catalog.offers.filter(({ regions }) => regions.includes(region));
  if (offers.length === 0)
    return new LedgerError("UNKNOWN_REGION", `region: \`${region}\` is not a region of any offer`, {
      path: "region",
    });
  const gates = [...new Set(offers.flatMap((offer) => lacking(offer, own)))];
  const message = `every offer of \`${region}\` is sold to buyers that have what \`gates\` does not say: ${gates.join(", ")}`;
  return new LedgerError("GATE_CLOSED", message, { gates });
}

/** What may be asked for: every offer of the region that the buyer may buy, with each purpose and each validity that is left open. */
function* requestsOf(
  catalog: Catalog,
  wanted: Omit<Request, "offer"> & { region: string },
  own: readonly string[] | undefined,
  purposes: Purposes = ({ purposes: sold = [undefined] }) =>
    wanted.purpose === undefined ? sold : [wanted.purpose],
): Generator<[CatalogOffer, Request]> {
  for (const offer of catalog.offers) {
    if (!offer.regions.includes(wanted.region) || lacking(offer, own).length > 0) continue;
    for (const purpose of purposes(offer)) {
      const choices = wanted.validity === undefined ? validitiesOf(offer) : [wanted.validity];
      for (const validity of choices.length === 0 ? [undefined] : choices) {
        const request: Request = ownOf({ ...wanted, offer: offer.id });
        if (purpose !== undefined) request.purpose = purpose;
        if (validity !== undefined) request.validity = validity;
        yield [offer, request];
      }
    }
  }
}

/** How many segments of one package can be used before it expires. */
function usableOf(validity: Validity | undefined, perMonth: number | undefined): number {
  if (validity === undefined || perMonth === undefined) return Number.POSITIVE_INFINITY;
  return Math.floor(perMonth * monthsOf(validity));
}

interface Sought {
  quoting: Quoting;
  catalog: Catalog;
  need: number;
  perMonth: number | undefined;
  /** When the first purchase is made, in milliseconds. */
  begin: number;
}

/** The ways to cover the need by one offer, and the prices of the first purchase. */
function offered(
  { quoting, catalog, need, perMonth, begin }: Sought,
  offer: CatalogOffer,
  request: Request,
  usable: number,
): { ways: Iterable<Way>; shelf: Shelf } {
  const on = (at: number): Shelf => new Shelf(quoting, { ...request, at: new Date(at) }, usable);
  const sold = soldUpTo(catalog, offer, Math.min(need, usable));
  const all = sold !== undefined && need * sold.length <= dated_steps_max;
  const steps = [...stepsOf(catalog, offer), ...(all ? sold : [])];
  const shelf = on(begin);
  const periods: Period[] = [{ begins: 0, shelf, steps }];
  for (const change of changesOf(catalog, offer, begin)) {
    const begins = perMonth === undefined ? need : usedBy(change - begin, perMonth);
    // Of changes between two segments the last holds for the second.
    if (periods.at(-1)?.begins === begins) periods.pop();
    if (begins < need) periods.push({ begins, shelf: on(change), steps });
  }
  if (periods.length === 1) {
    const set = sold === undefined ? undefined : cheapestSet(shelf, need, usable, sold);
    if (set?.exact === true) return { ways: [set.way], shelf };
    const others = waysOf(shelf, need, [Math.min(need, usable), ...steps]);
    return { ways: set === undefined ? others : [set.way, ...others], shelf };
  }
  const day = (covered: number): Date =>
    new Date(Math.min(begin + timeOf(covered, perMonth as number), instant_max));
  const way = datedWay(periods, need, usable, ({ size, covered }) =>
    quoting.quote({ ...request, quantity: size.quantity, at: day(covered) }),
  );
  return { ways: way === undefined ? [] : [way], shelf };
}

/** How many segments are used up before an instant, of so many a month; the one then due is bought at its prices. */
function usedBy(ms: number, perMonth: number): number {
  return Number((BigInt(ms) * BigInt(perMonth) + month_ms - 1n) / month_ms);
}

/** How long it takes until so many segments are used. */
function timeOf(segments: number, perMonth: number): number {
  return Number((BigInt(segments) * month_ms) / BigInt(perMonth));
}

/** All quantities on sale, of those by steps only up to one that covers so much; none where they are too many to try each. */
function soldUpTo(catalog: Catalog, offer: CatalogOffer, segments: number): number[] | undefined {
  const { step, min, max } = offer.quantity;
  const prices = pricesOf(catalog, offer);
  const sold = prices.flatMap((price) =>
    "packs" in price ? price.packs.map(({ quantity }) => quantity) : [],
  );
  const last = Math.min(max, Math.ceil(segments / step) * step);
  const stepped = prices.some((price) => !("packs" in price));
  if (stepped && (last - min) / step + 1 + sold.length > sizes_max) return undefined;
  for (let quantity = min; stepped && quantity <= last; quantity += step) sold.push(quantity);
  return sold.length > sizes_max ? undefined : [...new Set(sold)];
}

/** Quantities at which a price of the offer begins or ends. */
function stepsOf(catalog: Catalog, offer: CatalogOffer): number[] {
  return pricesOf(catalog, offer).flatMap((price) => [
    ...("tiers" in price ? price.tiers.flatMap(({ from, up_to }) => [from, up_to ?? from]) : []),
    ...("packs" in price ? price.packs.map(({ quantity }) => quantity) : []),
  ]);
}
