/**
 * What prices become from one catalog to another, as both quote them: now, and at every later instant from which a list of either
 * holds or no longer holds.
 */
import { isLedgerError } from "../errors.ts";
import { unitsOf } from "../pricing/decimals.ts";
import type { Catalog, CatalogChange, CatalogOffer, Quote, QuoteRequest } from "../types.ts";
import { changesOf, isForAny, listsOf, pricesOf, purposesOf, validitiesOf } from "./offers.ts";

/** A catalog and its prices. */
export interface Side {
  catalog: Catalog;
  quote(request: QuoteRequest): Quote;
}

/** What one quantity costs by both catalogs; absent where it is not sold. */
interface Pair {
  old: Quote | undefined;
  now: Quote | undefined;
}

/** What is priced: the offer, a region, a purpose and a currency. */
interface What {
  offer: string;
  region: string;
  purpose: string | undefined;
  currency: string;
}

/** The prices of an offer: at the first and the last quantity of each tier of either catalog that both sell, and of each pack. */
export function priceChanges(
  from: Side,
  to: Side,
  before: CatalogOffer,
  after: CatalogOffer,
  at: number,
): CatalogChange[] {
  const currencies = new Set([...currenciesOf(from.catalog, before), ...currenciesOf(to.catalog, after)]);
  const quantities = quantitiesOf(from.catalog, before, to.catalog, after);
  const instants = instantsOf(from.catalog, before, to.catalog, after, at);
  const changes: CatalogChange[] = [];
  for (const region of before.regions.filter((each) => after.regions.includes(each)))
    for (const purpose of purposesOf(before, after))
      for (const currency of currencies) {
        const what: What = { offer: before.id, region, purpose, currency };
        let earlier: Pair[] | undefined;
        for (const instant of instants) {
          const request = { ...what, at: new Date(instant) };
          const pairs = quantities.map((quantity): Pair => {
            const asked = { ...request, quantity } as QuoteRequest;
            return { old: quoted(from, before, asked), now: quoted(to, after, asked) };
          });
          changes.push(...changesAt(what, quantities, pairs, earlier, instant));
          earlier = pairs;
        }
      }
  return gathered(changes, before, after);
}

/** The changes at an instant that are news: of a price that no earlier instant told, nor a smaller quantity's. */
function changesAt(
  what: What,
  quantities: readonly number[],
  pairs: readonly Pair[],
  earlier: readonly Pair[] | undefined,
  instant: number,
): CatalogChange[] {
  const changes: CatalogChange[] = [];
  let last: string | undefined;
  for (const [index, pair] of pairs.entries()) {
    const known = earlier?.[index];
    const quantity = quantities[index] as number;
    const since = earlier === undefined ? undefined : new Date(instant).toISOString();
    const change =
      known !== undefined && same(known.old, pair.old) && same(known.now, pair.now)
        ? undefined
        : (changeOf(what, quantity, pair, since) ?? endOf(what, quantity, pair, known, since));
    const share = change === undefined ? undefined : (change.percent ?? kindOf(pair) ?? change.effect);
    if (change !== undefined && (share === undefined || share !== last)) changes.push(change);
    last = share;
  }
  return changes;
}

/** What is said once for several quantities, besides the share. */
function kindOf({ old, now }: Pair): string | undefined {
  if (old === undefined || now === undefined) return old === undefined ? "new" : "gone";
  return same(old, now) ? "same" : undefined;
}

function changeOf(
  what: What,
  quantity: number,
  pair: Pair,
  since: string | undefined,
): CatalogChange | undefined {
  const { old, now } = pair;
  if (same(old, now)) return undefined;
  const named = `${quantity} of ${nameOf(what)}`;
  if (old === undefined || now === undefined) {
    const [effect, message] =
      old === undefined
        ? (["better", "can now be bought"] as const)
        : (["worse", "can no longer be bought"] as const);
    const values = old === undefined ? { after: now?.total } : { before: old.total };
    return told(what, quantity, since, effect, `${named} ${message} in ${what.currency}`, values);
  }
  const [was, is] = ratioOf(old, now);
  const rounded = signOf(unitsOf(now.total) - unitsOf(old.total));
  const sign = rounded === 0 ? signOf(is - was) : rounded;
  // Rounding can turn a difference around: then there is no share to tell.
  const percent = was === 0n || sign !== signOf(is - was) ? undefined : percentOf(is - was, was);
  const share = percent === undefined ? "" : ` (${percent.startsWith("-") ? "" : "+"}${percent} %)`;
  const message =
    rounded === 0
      ? `${named} cost ${now.total} ${what.currency} as before, but ${sign < 0 ? "less" : "more"} before that is rounded${share}`
      : `${named} cost ${now.total} instead of ${old.total} ${what.currency}${share}`;
  const values = { before: old.total, after: now.total, ...(percent === undefined ? {} : { percent }) };
  return told(what, quantity, since, sign < 0 ? "better" : "worse", message, values);
}

/** That a price is again what it would have been, where it was another before. */
function endOf(
  what: What,
  quantity: number,
  { now }: Pair,
  known: Pair | undefined,
  since: string | undefined,
): CatalogChange | undefined {
  if (known === undefined || now === undefined || same(known.old, known.now)) return undefined;
  const message = `${quantity} of ${nameOf(what)} cost ${now.total} ${what.currency}, as in the catalog before`;
  return told(what, quantity, since, "neutral", message, { before: now.total, after: now.total });
}

function nameOf({ offer, region, purpose }: What): string {
  return `${offer} (${region}${purpose === undefined ? "" : `, ${purpose}`})`;
}

function told(
  { offer, region, purpose, currency }: What,
  quantity: number,
  since: string | undefined,
  effect: CatalogChange["effect"],
  message: string,
  values: Partial<CatalogChange>,
): CatalogChange {
  return {
    kind: "price",
    path: `offers.${offer}.price`,
    effect,
    message: since === undefined ? message : `From ${since} on, ${message}`,
    ...values,
    offer,
    region,
    currency,
    quantity,
    ...(purpose === undefined ? {} : { purpose }),
    ...(since === undefined ? {} : { since }),
  };
}

/** One change for an offer of several regions or purposes that can be bought in none of them any longer, or in all of them now. */
function gathered(
  changes: readonly CatalogChange[],
  before: CatalogOffer,
  after: CatalogOffer,
): CatalogChange[] {
  const places =
    before.regions.filter((region) => after.regions.includes(region)).length *
    purposesOf(before, after).length;
  if (places < 2) return [...changes];
  const groups = new Map<string, CatalogChange[]>();
  for (const change of changes) {
    if (change.before !== undefined && change.after !== undefined) continue;
    const key = JSON.stringify([change.effect, change.currency, change.since]);
    groups.set(key, [...(groups.get(key) ?? []), change]);
  }
  const whole = [...groups.values()].filter(
    (group) => new Set(group.map(({ region, purpose }) => JSON.stringify([region, purpose]))).size === places,
  );
  const left = new Set(whole.flat());
  const gone = whole.map(([first]): CatalogChange => {
    const { kind, path, effect, offer, currency, since } = first as CatalogChange;
    const from = since === undefined ? "" : `From ${since} on, `;
    const message = `${from}${offer} can ${effect === "worse" ? "no longer" : "now"} be bought in ${currency}`;
    const where = { offer, currency, ...(since === undefined ? {} : { since }) } as Partial<CatalogChange>;
    return { kind, path, effect, message, ...where };
  });
  return [...changes.filter((change) => !left.has(change)), ...gone];
}

/** The instant of the comparison, and those after it at which a list of either catalog begins or ends. */
function instantsOf(
  from: Catalog,
  before: CatalogOffer,
  to: Catalog,
  after: CatalogOffer,
  at: number,
): readonly number[] {
  const later = [...changesOf(from, before, at), ...changesOf(to, after, at)];
  return [at, ...new Set(later.sort((left, right) => left - right))];
}

function quoted(side: Side, offer: CatalogOffer, request: QuoteRequest): Quote | undefined {
  const [chosen] = validitiesOf(offer);
  const { purpose, ...rest } = request;
  const asked = isForAny(offer) || purpose === undefined ? rest : { ...rest, purpose };
  try {
    return side.quote(chosen === undefined ? asked : { ...asked, validity: chosen });
  } catch (error) {
    if (isLedgerError(error)) return undefined;
    throw error;
  }
}

function currenciesOf(catalog: Catalog, offer: CatalogOffer): string[] {
  return offer.prices === undefined
    ? [catalog.currency]
    : listsOf(catalog, offer).map(({ currency }) => currency);
}

/**
 * Quantities at which a price of the offer may change: of tiers those that both sell, as what is sold only by one the quantity's
 * own change says; packs of either.
 */
function quantitiesOf(from: Catalog, before: CatalogOffer, to: Catalog, after: CatalogOffer): number[] {
  const [a, b] = [before.quantity, after.quantity];
  const step = (a.step / divisor(a.step, b.step)) * b.step;
  const [least, most] = [Math.max(a.min, b.min), Math.min(a.max, b.max)];
  const first = (quantity: number): number => Math.ceil(Math.max(quantity, least) / step) * step;
  const last = (quantity: number): number => Math.floor(Math.min(quantity, most) / step) * step;
  const prices = [...pricesOf(from, before), ...pricesOf(to, after)];
  const packs = prices.flatMap((price) =>
    "packs" in price ? price.packs.map(({ quantity }) => quantity) : [],
  );
  const ends = prices.flatMap((price) => [
    ...("tiers" in price ? price.tiers.flatMap((tier) => [first(tier.from), last(tier.from - 1)]) : []),
    ...("packs" in price ? [] : [first(0), last(most)]),
  ]);
  const sold = [...packs, ...ends.filter((quantity) => quantity >= least && quantity <= most)];
  return [...new Set(sold)].sort((left, right) => left - right);
}

function divisor(left: number, right: number): number {
  return right === 0 ? left : divisor(right, left % right);
}

/** Whether two prices are one and the same, also before rounding, or both none. */
function same(old: Quote | undefined, now: Quote | undefined): boolean {
  if (old === undefined || now === undefined) return old === now;
  const [was, is] = ratioOf(old, now);
  return was === is && old.total === now.total;
}

/** Two numbers whose ratio is that of the prices before they are rounded; of the totals where only those differ. */
function ratioOf(old: Quote, now: Quote): [bigint, bigint] {
  const [was, is] = [exactOf(old), exactOf(now)];
  const [left, right] = [was.sum * is.per, is.sum * was.per];
  return left === right ? [unitsOf(old.total), unitsOf(now.total)] : [left, right];
}

/** What the segments of a quote cost without rounding: a sum for so many. */
function exactOf({ lines }: Quote): { sum: bigint; per: bigint } {
  return lines.reduce(
    (total, { quantity, price, per }) => ({
      sum: total.sum * BigInt(per) + unitsOf(price) * BigInt(quantity) * total.per,
      per: total.per * BigInt(per),
    }),
    { sum: 0n, per: 1n },
  );
}

function signOf(value: bigint): -1 | 0 | 1 {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}

/** A share in percent, rounded to two places, half away from zero, without zeros at its end; none where that is nothing. */
function percentOf(part: bigint, whole: bigint): string | undefined {
  const sign = part < 0n ? "-" : "";
  const hundredths = ((part < 0n ? -part : part) * 20_000n + whole) / (2n * whole);
  if (hundredths === 0n) return undefined;
  const text = `${hundredths / 100n}.${String(hundredths % 100n).padStart(2, "0")}`;
  return sign + text.replace(/\.?0+$/, "");
}
