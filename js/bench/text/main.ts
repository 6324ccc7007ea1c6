/**
 * `cargo xtask bench text`: what counting a text costs, beside what else counts texts. All in one run, in turn, medians;
 * `--quick` does fewer rounds, `--no-native` leaves out what is compiled for this machine.
 */
import { readFileSync } from "node:fs";
import { median } from "../measure.ts";
import { type Case, cases } from "./cases.ts";
import { answering, batch, type Counter, single } from "./counters.ts";
import { type NativeFigures, native } from "./native.ts";

const known = ["text", "--quick", "--no-native"];
const given = process.argv.slice(2);
const unknown = given.find((argument) => !known.includes(argument));
if (unknown !== undefined) {
  console.error(`\`${unknown}\` is not known to this benchmark: choose from ${known.join(", ")}`);
  process.exit(2);
}
const rounds = given.includes("--quick") ? 9 : 41;

/** How long one measurement of a counter takes, about: short, so that little else of the machine falls into most of them. */
const slice_ms = 1;
/** Texts of a batch. */
const batch_texts = 10_000;
/** A counter that takes longer for a batch is given the beginning of it. */
const batch_ms_max = 20;

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function took(counter: Counter, texts: readonly string[], times: number): number {
  const start = performance.now();
  let sum = 0;
  for (let time = 0; time < times; time++) sum += counter.round(texts);
  const end = performance.now();
  if (sum <= 0) throw new Error(`${counter.name} counts nothing`);
  return end - start;
}

/** Nanoseconds a text of each counter in one case. */
function measured({ name, texts }: Case, counters: readonly Counter[], whole: boolean): number[] {
  const most = whole ? batch_ms_max : slice_ms;
  const work = counters.map((counter) => {
    const few = texts.slice(0, 64);
    for (let warm = 0; warm < 30 && took(counter, few, 1) < slice_ms; warm++) took(counter, few, 4);
    const each = Math.max(took(counter, few, 1) / few.length, 1e-6);
    const some = texts.slice(0, Math.max(16, Math.min(texts.length, Math.floor(most / each))));
    const times = whole ? 1 : Math.max(1, Math.floor(slice_ms / (each * some.length)));
    return { counter, some, times, all: [] as number[] };
  });
  for (let round = 0; round < rounds; round++) {
    progress(`${name}, round ${round + 1} of ${rounds} …`);
    for (const { counter, some, times, all } of shuffled(work, round))
      all.push((took(counter, some, times) * 1e6) / (some.length * times));
  }
  progress("");
  return work.map(({ all }) => median(all));
}

/** In another order each round: a counter that leaves much rubbish behind would else always slow down the same one. */
function shuffled<T>(items: readonly T[], round: number): T[] {
  const left = [...items];
  const order: T[] = [];
  for (let seed = round + 1; left.length > 0; seed = (seed * 48_271) % 0x7fff_ffff)
    order.push(...left.splice(((seed * 48_271) % 0x7fff_ffff) % left.length, 1));
  return order;
}

const nanoseconds = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(1);

function table(head: string, all: readonly Case[], names: readonly string[], columns: number[][]): string {
  const rows = names.map((name, row) => {
    const cells = columns.map((column) => nanoseconds(column[row] ?? Number.NaN));
    return `| ${name} | ${cells.join(" | ")} |`;
  });
  return [
    `| ${head} | ${all.map(({ name }) => name).join(" | ")} |`,
    `|---|${"---:|".repeat(all.length)}`,
    ...rows,
  ].join("\n");
}

/** How many times as quick one counter is as another. */
function ratio(columns: number[][], counters: readonly Counter[], ours: string, peer: string): string {
  const row = (start: string): number => counters.findIndex(({ name }) => name.startsWith(start));
  const [one, other] = [row(ours), row(peer)];
  return columns.map((column) => `${((column[other] ?? 0) / (column[one] ?? 1)).toFixed(1)} ×`).join(" | ");
}

interface Vector {
  text: string;
  options?: object;
  encoding: string;
  segments: number;
}

const fixture = new URL("../../../tests/fixtures/segment-vectors.json", import.meta.url);

/** How many of the texts each counter gets wrong, and where it says so, of how many it takes the encoding for another. */
function wrong(figures: NativeFigures | undefined): string {
  const vectors = (JSON.parse(readFileSync(fixture, "utf8")) as Vector[]).filter(
    ({ options }) => options === undefined,
  );
  const rows = answering.map(({ name, tell }) => {
    let segments = 0;
    let encodings = 0;
    let names = false;
    for (const vector of vectors) {
      const told = toldBy(tell, vector);
      if (told.segments !== vector.segments) segments += 1;
      if (told.ucs2 === undefined) continue;
      names = true;
      if (told.ucs2 !== (vector.encoding === "UCS-2")) encodings += 1;
    }
    return `| ${name} | ${vectors.length} | ${segments} | ${names ? encodings : "–"} |`;
  });
  for (const { name, asked, segments, encodings } of figures?.wrong ?? [])
    rows.push(`| ${name} | ${asked} | ${segments} | ${encodings} |`);
  const head =
    "| texts of `segment-vectors.json`, default options | asked | wrong segments | wrong encoding |";
  return [head, "|---|---:|---:|---:|", ...rows].join("\n");
}

function toldBy(tell: Counter["tell"], { text }: Vector): { segments: number; ucs2?: boolean } {
  try {
    return tell?.(text) ?? { segments: 0 };
  } catch (error) {
    // Ours refuses a text of more than 255 segments and says how many it takes.
    const { details } = error as { details?: { segments?: number } };
    return { segments: details?.segments ?? 0 };
  }
}

console.log(`# Texts

What counting a text costs beside what else counts texts, in this run on this machine: compare the rows, not the nanoseconds with
another machine's. \`sms-ledger\` is the rows of that name; \`×\` is times as quick as the peer, above 1 is quicker.${
  rounds < 41 ? " A quick run: the first columns are still warming up." : ""
}
`);
const all = cases(256);
const alone = all.map((one) => measured(one, single, false));
console.log(
  table(
    "one text, ns",
    all,
    single.map(({ name }) => name),
    alone,
  ),
);
const goals = `| ${["goal", ...all.map(({ name }) => name)].join(" | ")} |\n|---|${"---:|".repeat(all.length)}`;
console.log(
  `\n${goals}\n| \`countSegments\` beside the table: 1 × at 160, 1.5 × at 500 | ${ratio(alone, single, "sms-ledger, `count", "64K")} |`,
);
console.log(
  `| \`analyzeText\` beside \`sms-segments-calculator\`: 100 × | ${ratio(alone, single, "sms-ledger, `analyze", "`sms-seg")} |`,
);

const many = cases(batch_texts);
const together = many.map((one) => measured(one, batch, true));
console.log(
  `\n${table(
    `${batch_texts.toLocaleString("en-US")} texts, ns a text`,
    many,
    batch.map(({ name }) => name),
    together,
  )}`,
);
console.log(
  `\n${goals}\n| \`analyzeTexts\` beside the table: 2 × | ${ratio(together, batch, "sms-ledger", "64K")} |`,
);

const figures = given.includes("--no-native") ? undefined : native(all, fixture, rounds);
if (figures !== undefined) {
  const names = figures.counters.map(({ name }) => name);
  const columns = all.map((_, column) => figures.counters.map(({ nanoseconds }) => nanoseconds[column] ?? 0));
  console.log(`\n${table("natively, one text, ns", all, names, columns)}`);
}
console.log(`\n${wrong(figures)}`);
console.log(
  `\nMedians of ${rounds} rounds in turn, Node.js ${process.version}. A counter that would take more than ${batch_ms_max} ms for a batch was given the beginning of it.`,
);
