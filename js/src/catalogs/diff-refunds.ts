/**
 * What the used part of a package costs when it is given back, from one catalog to another: now, and at every later instant from
 * which a list of the series holds or no longer holds. What is dearer there leaves the buyer less.
 */
import { unitsOf } from "../pricing/decimals.ts";
import type { Catalog, CatalogChange, CatalogListedPrice, CatalogOffer, CatalogPriceList } from "../types.ts";
import { changesIn, purposesOf } from "./offers.ts";

type Effect = CatalogChange["effect"];

/** The changes of the prices by which both catalogs reckon the refunds of an offer. */
export function refundChanges(
  from: Catalog,
  to: Catalog,
  before: CatalogOffer,
  after: CatalogOffer,
  at: number,
): CatalogChange[] {
  const [old, now] = [listsFor(from, before), listsFor(to, after)];
  const currencies = new Set([...old, ...now].map(({ currency }) => currency));
  const later = [...changesIn(old, at), ...changesIn(now, at)].sort((left, right) => left - right);
  const changes: CatalogChange[] = [];
  for (const region of before.regions.filter((each) => after.regions.includes(each)))
    for (const purpose of purposesOf(before, after))
      for (const currency of currencies) {
        let known = "";
        for (const instant of [at, ...new Set(later)]) {
          const was = priceAt(old, region, purpose, currency, instant);
          const is = priceAt(now, region, purpose, currency, instant);
          const pair = JSON.stringify([meantBy(was), meantBy(is)], plainly);
          const effect = effectOf(was, is);
          if (pair !== known && effect !== undefined) {
            const since = instant === at ? undefined : new Date(instant).toISOString();
            const place = `${region}${purpose === undefined ? "" : `, ${purpose}`}`;
            const what = `what used segments of ${before.id} (${place}) cost in a refund changes in ${currency}`;
            changes.push({
              kind: "refund",
              path: `offers.${before.id}.refund.prices`,
              effect,
              message: since === undefined ? `W${what.slice(1)}` : `From ${since} on, ${what}`,
              ...(was === undefined ? {} : { before: was }),
              ...(is === undefined ? {} : { after: is }),
              offer: before.id,
              region,
              currency,
              ...(purpose === undefined ? {} : { purpose }),
              ...(since === undefined ? {} : { since }),
            });
          }
          known = pair;
        }
      }
  return changes;
}

/** The lists by which refunds of an offer are reckoned. */
function listsFor(catalog: Catalog, { refund }: CatalogOffer): readonly CatalogPriceList[] {
  const lists = catalog.price_lists ?? [];
  return refund?.model === "used-value" ? lists.filter(({ series }) => series === refund.prices) : [];
}

function priceAt(
  lists: readonly CatalogPriceList[],
  region: string,
  purpose: string | undefined,
  currency: string,
  at: number,
): CatalogListedPrice | undefined {
  const list = lists.find(
    ({ currency: own, from, until }) =>
      own === currency &&
      (from === undefined || Date.parse(from) <= at) &&
      (until === undefined || at < Date.parse(until)),
  );
  const here = list?.prices.filter((price) => price.region === region);
  return here?.find((price) => price.purpose === purpose) ?? here?.find(({ purpose: own }) => own == null);
}

/** An amount for so many segments, from a first one on. */
interface Part {
  from: number;
  amount: bigint;
  per: bigint;
}

function meantBy(price: CatalogListedPrice | undefined): [string, Part[]] | undefined {
  if (price === undefined) return undefined;
  if ("packs" in price)
    return [
      price.model,
      price.packs.map((pack) => ({ from: pack.quantity, amount: unitsOf(pack.amount), per: 1n })),
    ];
  const tiers = "tiers" in price ? price.tiers : [{ from: 0, amount: price.amount }];
  const per = BigInt(price.per ?? 1);
  return [price.model, tiers.map(({ from, amount }) => ({ from, amount: unitsOf(amount), per }))];
}

/** For the buyer; none where both mean the same, or where only one has a price: then refunds are another's change to tell. */
function effectOf(
  before: CatalogListedPrice | undefined,
  after: CatalogListedPrice | undefined,
): Effect | undefined {
  const [old, now] = [meantBy(before), meantBy(after)];
  if (old === undefined || now === undefined) return undefined;
  const [was, is] = [old[1], now[1]];
  if (old[0] !== now[0] || was.length !== is.length) return "neutral";
  if (was.some(({ from }, at) => from !== is[at]?.from)) return "neutral";
  const rises = was.map(({ amount, per }, at) => {
    const other = is[at] as Part;
    return other.amount * per - amount * other.per;
  });
  if (rises.every((rise) => rise === 0n)) return undefined;
  if (rises.every((rise) => rise >= 0n)) return "worse";
  return rises.every((rise) => rise <= 0n) ? "better" : "neutral";
}

function plainly(_name: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
