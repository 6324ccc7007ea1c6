/** Ways to cover a need by purchases of one offer at one list's prices, and which of two is the better one. */
import type { Quote } from "../types.ts";
import type { Shelf, Size } from "./shelf.ts";

/** A way to cover a need. */
export interface Way {
  purchases: { quote: Quote; times: number }[];
  /** As `unitsOf` counts. */
  cost: bigint;
  bought: number;
  expired: number;
}

/**
 * What is tried where there are too many sets to try them all: some purchases of one quantity, some of another, and a last one for the rest. The quantities are those at which a price
 * begins or ends, those around what can be used in time, and the rest itself.
 */
export function* waysOf(shelf: Shelf, need: number, quantities: readonly number[]): Generator<Way> {
  const sizes = shelf.sizes([need, ...quantities]);
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

/** So many purchases of each of some quantities. */
export function wayOf(purchases: readonly [Size, number][]): Way {
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

const times = (way: Way): number => way.purchases.reduce((sum, each) => sum + each.times, 0);

/** Less money, then less that expires, then less that is bought, then fewer purchases. */
export function better(way: Way, than: Way): boolean {
  if (way.cost !== than.cost) return way.cost < than.cost;
  if (way.expired !== than.expired) return way.expired < than.expired;
  if (way.bought !== than.bought) return way.bought < than.bought;
  return times(way) < times(than);
}
