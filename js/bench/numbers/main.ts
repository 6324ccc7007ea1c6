/**
 * What a number's region costs, beside three libraries that know numbers, one at a time and ten thousand at once. All in one
 * run, in turn, medians. Runs alone too: `node bench/numbers/main.ts [--quick]`.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median } from "../measure.ts";
import { type Library, libraries } from "./libraries.ts";
import { mix } from "./mix.ts";

const list_numbers = 10_000;
/** A round takes a library at least so long. */
const round_ms = 40;

type Way = (library: Library, numbers: readonly string[]) => number;
const single: Way = ({ region }, numbers) => {
  let found = 0;
  for (const number of numbers) if (region(number) !== null) found += 1;
  return found;
};
const batch: Way = ({ regions }, numbers) => regions(numbers);

/** Nanoseconds a number, by library: the median of the rounds. */
function measured(way: Way, numbers: readonly string[], rounds: number): number[] {
  const times = libraries.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, library] of libraries.entries()) {
      const start = performance.now();
      let [done, taken] = [0, 0];
      while (taken < round_ms) {
        if (way(library, numbers) === 0) throw new Error(`${library.name} finds no region`);
        done += numbers.length;
        taken = performance.now() - start;
      }
      if (round >= 0) times[index]?.push((taken / done) * 1e6); // the first warms up
    }
  }
  return times.map(median);
}

interface Vector {
  number: string;
  region: string | null;
  callingCode: number | null;
}

/** Vectors of which a library says another region than the one that is written there, or another number or calling code. */
function wrong({ region, parts }: Library): number {
  const file = new URL("../../../tests/fixtures/phone-vectors.json", import.meta.url);
  const vectors = JSON.parse(readFileSync(file, "utf8")) as Vector[];
  const differs = (vector: Vector): boolean => {
    if (region(vector.number) !== vector.region) return true;
    if (vector.region === null) return false;
    const found = parts(vector.number);
    return found?.e164 !== vector.number || found.callingCode !== vector.callingCode;
  };
  return vectors.filter(differs).length;
}

function nanoseconds(value: number): string {
  return value < 1_000 ? `${value.toFixed(0)} ns` : `${(value / 1_000).toFixed(1)} µs`;
}

/** Measures, and prints a table. */
export function numbers(rounds: number): void {
  const all = mix(list_numbers);
  const [one, many] = [measured(single, all, rounds), measured(batch, all, rounds)];
  const slower = (times: readonly number[], index: number): string =>
    `${((times[1] ?? Number.NaN) / (times[index] ?? Number.NaN)).toFixed(1)} ×`;
  console.log("# Numbers\n\nGoal: `resolveRegion` 10 × `libphonenumber-js/min`.\n");
  console.log("| a number's region | one at a time | | 10,000 at once, each | | wrong of 172 vectors |");
  console.log("|---|---:|---:|---:|---:|---:|");
  for (const [index, library] of libraries.entries()) {
    const times = [one, many].map(
      (way) => `${nanoseconds(way[index] ?? Number.NaN)} | ${slower(way, index)}`,
    );
    console.log(`| ${library.name} | ${times.join(" | ")} | ${wrong(library)} |`);
  }
  console.log(
    `\nMedians of ${rounds} rounds in turn, Node.js ${process.version}; × is times as quick as libphonenumber-js/min.`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) numbers(process.argv.includes("--quick") ? 3 : 9);
