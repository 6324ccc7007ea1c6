/**
 * The cheapest set of purchases of one offer at one list's prices, whatever their quantities: for each part of the need in turn the
 * cheapest way to it, by every quantity on sale. It is the best there is where the work is bounded; `waysOf` is for the rest.
 */
import { places_max } from "./decimals.ts";
import type { Shelf, Size } from "./shelf.ts";
import { type Way, wayOf } from "./ways.ts";

/** Quantities on sale that are weighed against each other. */
export const sizes_max = 500;
/** Parts of the need times quantities on sale: some milliseconds. */
const steps_max = 500_000;

/** What is found, and whether nothing else can be cheaper. */
export interface Found {
  way: Way;
  exact: boolean;
}

/** The cheapest way by all quantities on sale up to what is of use; none where nothing is sold, or money is beyond counting. */
export function cheapestSet(
  shelf: Shelf,
  need: number,
  usable: number,
  sold: readonly number[],
): Found | undefined {
  const last = Math.min(need, usable);
  // The largest first: of ways that are as good as each other, that of larger purchases is kept.
  const sizes = shelf
    .sizes([last, ...sold])
    .concat(shelf.cheapest(last) ?? [])
    .sort((left, right) => right.quantity - left.quantity);
  const costs = costsOf(sizes);
  if (costs === undefined || sizes.length === 0) return undefined;
  // Everything is a multiple of this.
  const part = sizes.reduce((common, { covers }) => divisor(common, covers), 0);
  const parts = Math.ceil(need / part);
  const most = Math.floor(steps_max / sizes.length);
  // Of a need beyond that, the most is covered by what costs least for a segment.
  const bulk = sizes.reduce((best, size) =>
    size.cost * BigInt(best.covers) < best.cost * BigInt(size.covers) ? size : best,
  );
  const bulk_parts = bulk.covers / part;
  const times = parts <= most ? 0 : Math.ceil((parts - most) / bulk_parts);
  const rest = parts - times * bulk_parts;
  const most_cost = costs.reduce((left, right) => Math.max(left, right), 0);
  if (rest <= 0 || !Number.isSafeInteger(most_cost * (rest + 1))) return undefined;
  const counts = new Map<Size, number>(times === 0 ? [] : [[bulk, times]]);
  for (const size of chosen(sizes, costs, part, rest)) counts.set(size, (counts.get(size) ?? 0) + 1);
  const purchases = [...counts].sort(([left], [right]) => right.quantity - left.quantity);
  return { way: wayOf(purchases), exact: times === 0 };
}

/** Costs in the smallest unit that any of them has; none where they are too large to be added up. */
function costsOf(sizes: readonly Size[]): number[] | undefined {
  const places = sizes.map(({ quote: { total } }) => {
    const point = total.indexOf(".");
    return point < 0 ? 0 : total.length - point - 1;
  });
  const unit = 10n ** BigInt(places_max - Math.max(0, ...places));
  const costs = sizes.map(({ cost }) => Number(cost / unit));
  return costs.every(Number.isSafeInteger) ? costs : undefined;
}

/** The purchases of the cheapest way to so many parts; of as cheap ones by the order in which ways are better. */
function chosen(sizes: readonly Size[], costs: readonly number[], part: number, parts: number): Size[] {
  const covers = sizes.map((size) => size.covers / part);
  const expires = sizes.map((size) => size.quantity - size.covers);
  const row = (): Float64Array => new Float64Array(parts + 1);
  const [cost, expired, bought, purchases] = [row(), row(), row(), row()];
  const last = new Uint32Array(parts + 1);
  const at = (values: Float64Array | readonly number[], index: number): number => values[index] as number;
  for (let covered = 1; covered <= parts; covered++) {
    cost[covered] = Number.POSITIVE_INFINITY;
    for (let index = 0; index < sizes.length; index++) {
      const before = Math.max(0, covered - at(covers, index));
      const less = at(cost, before) + at(costs, index) - at(cost, covered);
      if (less > 0) continue;
      const lost = at(expired, before) + at(expires, index);
      const segments = at(bought, before) + (sizes[index] as Size).quantity;
      const times = at(purchases, before) + 1;
      const difference =
        less ||
        lost - at(expired, covered) ||
        segments - at(bought, covered) ||
        times - at(purchases, covered);
      if (difference >= 0) continue;
      cost[covered] = at(cost, before) + at(costs, index);
      expired[covered] = lost;
      bought[covered] = segments;
      purchases[covered] = times;
      last[covered] = index;
    }
  }
  const found: Size[] = [];
  for (let left = parts; left > 0; left -= at(covers, last[left] as number))
    found.push(sizes[last[left] as number] as Size);
  return found;
}

function divisor(left: number, right: number): number {
  return right === 0 ? left : divisor(right, left % right);
}
