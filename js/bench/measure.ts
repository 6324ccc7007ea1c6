/** Rounds of several cases in turn, so that a slow moment of the machine strikes all alike; medians of what they took. */
import type { Case } from "./cases.ts";

export interface Figure {
  name: string;
  inFlight: number;
  /** Reserve-and-settle pairs a second: the median round. */
  perSecond: number;
  slowest: number;
  fastest: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export async function measured(
  all: readonly Case[],
  rounds: number,
  progress: (done: number, of: number) => void,
): Promise<Figure[]> {
  const rates = all.map((): number[] => []);
  for (const each of all) await each.round(Math.ceil(each.pairs / 4)); // warms up
  for (let round = 0; round < rounds; round++) {
    for (const [index, each] of all.entries()) {
      progress(round * all.length + index + 1, rounds * all.length);
      const start = performance.now();
      await each.round(each.pairs);
      rates[index]?.push((each.pairs / (performance.now() - start)) * 1_000);
    }
  }
  return all.map(({ name, inFlight }, index) => {
    const own = rates[index] ?? [];
    return { name, inFlight, perSecond: median(own), slowest: Math.min(...own), fastest: Math.max(...own) };
  });
}
