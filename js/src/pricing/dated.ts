/**
 * The way to cover a need while prices change: each purchase is made when the one before is used up or has expired, at the
 * price of that day. What has been used so far says which day it is, so that the cheapest way to each such point is all that
 * has to be known of what was bought before it.
 */
import type { Shelf, Size } from "./shelf.ts";
import type { Way } from "./ways.ts";

/** A time in which one list's prices hold. */
export interface Period {
  /** How many segments are used before it begins. */
  begins: number;
  shelf: Shelf;
  /** Quantities at which a price begins or ends. */
  steps: readonly number[];
}

/** Points that are told apart; in a longer need, those close to each other are taken for one, and the cheapest is kept. */
const points_max = 2_000;

/** So much is covered, and how. */
interface Point {
  covered: number;
  cost: bigint;
  expired: number;
  bought: number;
  purchases: number;
  /** What was bought last, how often, and from where. */
  last?: { size: Size; times: number; from: Point };
}

/** A purchase of a way, how often it is made, and what is used up before its first. */
export interface Step {
  size: Size;
  times: number;
  period: Period;
  covered: number;
}

/** The cheapest way; none where the need cannot be covered. `periods` follow each other, the first from 0. */
export function datedWay(
  periods: readonly Period[],
  need: number,
  usable: number,
  quoted: (step: Step) => Way["purchases"][0]["quote"],
): Way | undefined {
  const points = new Points(periods, need);
  points.add({ covered: 0, cost: 0n, expired: 0, bought: 0, purchases: 0 });
  for (let point = points.next(); point !== undefined; point = points.next()) {
    const [period, end] = points.periodOf(point.covered);
    for (const size of sizesAt(periods, period, point.covered, need, usable))
      points.add(
        after(point, size, Math.min(points.leaves(point, size), fitting(end - point.covered, size))),
      );
  }
  const best = points.best;
  return best === undefined ? undefined : wayTo(best, points, quoted);
}

/** How many purchases of a size begin before so many more segments are used. */
function fitting(segments: number, { covers }: Size): number {
  return Math.max(1, Math.ceil(segments / covers));
}

/**
 * What may be bought: the quantities at which a price begins or ends, those around what can be used in time, those that reach
 * the end of the need or the beginning of other prices, and those that end just before it, to buy once more at the old ones.
 */
function sizesAt(
  periods: readonly Period[],
  { shelf, steps }: Period,
  covered: number,
  need: number,
  usable: number,
): Size[] {
  const ahead = [...periods.map(({ begins }) => begins), need]
    .map((end) => end - covered)
    .filter((rest) => rest > 0);
  const wanted = [...ahead, ...ahead.filter((rest) => rest > 1).map((rest) => rest - 1), ...steps];
  if (Number.isFinite(usable)) wanted.push(usable);
  const reaching = ahead.flatMap((rest) => shelf.cheapest(Math.min(rest, usable)) ?? []);
  return [...new Set([...shelf.sizes(wanted), ...reaching])];
}

function after(from: Point, size: Size, times: number): Point {
  return {
    covered: from.covered + size.covers * times,
    cost: from.cost + size.cost * BigInt(times),
    expired: from.expired + (size.quantity - size.covers) * times,
    bought: from.bought + size.quantity * times,
    purchases: from.purchases + times,
    last: { size, times, from },
  };
}

/** The best point of each place, from the beginning on. */
class Points {
  best: Point | undefined;
  readonly #periods: readonly Period[];
  readonly #need: number;
  readonly #width: number;
  /** For each period, its points by their place in it. */
  readonly #places: (Point | undefined)[][];
  #period = 0;
  #place = 0;

  constructor(periods: readonly Period[], need: number) {
    this.#periods = periods;
    this.#need = need;
    this.#width = Math.ceil(need / points_max);
    this.#places = periods.map(() => []);
  }

  /** The prices at which is bought once so much is used, and where they end. */
  periodOf(covered: number): [Period, number] {
    const at = this.#index(covered);
    const [period, next] = [this.#periods[at] as Period, this.#periods[at + 1]];
    return [period, next?.begins ?? this.#need];
  }

  add(point: Point): void {
    if (point.covered >= this.#need) {
      if (this.best === undefined || cheaper(point, this.best)) this.best = point;
      return;
    }
    const at = this.#index(point.covered);
    const places = this.#places[at] as (Point | undefined)[];
    const place = this.#placeOf(point.covered, at);
    const known = places[place];
    if (known === undefined || cheaper(point, known)) places[place] = point;
  }

  /** How many purchases of a size lead to another place. */
  leaves(from: Point, size: Size): number {
    const at = this.#index(from.covered);
    const begins = (this.#periods[at] as Period).begins;
    const end = begins + (this.#placeOf(from.covered, at) + 1) * this.#width;
    return fitting(end - from.covered, size);
  }

  next(): Point | undefined {
    for (; this.#period < this.#places.length; this.#period++, this.#place = 0) {
      const places = this.#places[this.#period] as (Point | undefined)[];
      while (this.#place < places.length) {
        const point = places[this.#place++];
        if (point !== undefined) return point;
      }
    }
    return undefined;
  }

  #index(covered: number): number {
    let at = this.#periods.length - 1;
    while ((this.#periods[at] as Period).begins > covered) at -= 1;
    return at;
  }

  #placeOf(covered: number, at: number): number {
    return Math.floor((covered - (this.#periods[at] as Period).begins) / this.#width);
  }
}

/** Less money; then, as of ways, less that expires, less that is bought, fewer purchases; of places, the one further on. */
function cheaper(point: Point, than: Point): boolean {
  if (point.cost !== than.cost) return point.cost < than.cost;
  if (point.expired !== than.expired) return point.expired < than.expired;
  if (point.bought !== than.bought) return point.bought < than.bought;
  return point.purchases < than.purchases;
}

function wayTo(end: Point, points: Points, quoted: (step: Step) => Way["purchases"][0]["quote"]): Way {
  const steps: Step[] = [];
  for (let point = end; point.last !== undefined; point = point.last.from) {
    const { size, times, from } = point.last;
    const [period] = points.periodOf(from.covered);
    const next = steps[0];
    if (next !== undefined && next.period === period && next.size.quantity === size.quantity)
      steps[0] = { ...next, times: next.times + times, covered: from.covered };
    else steps.unshift({ size, times, period, covered: from.covered });
  }
  const { cost, bought, expired } = end;
  return {
    purchases: steps.map((step) => ({ quote: quoted(step), times: step.times })),
    cost,
    bought,
    expired,
  };
}
