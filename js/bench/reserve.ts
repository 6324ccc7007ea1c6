/**
 * `cargo xtask bench [reserve]`: what one reserve costs, beside a hand-written ledger that does one SQL transaction a message.
 * All in one run, in turn, medians. `--quick` does fewer rounds, `--no-workerd` leaves workerd out.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { cases } from "./cases.ts";
import { instantiation, moduleFile } from "./instantiate.ts";
import { type Figure, measured } from "./measure.ts";
import { type Workerd, workerd } from "./workerd.ts";

const known = ["reserve", "--quick", "--no-workerd"];
const given = process.argv.slice(2);
const unknown = given.find((argument) => !known.includes(argument));
if (unknown !== undefined) {
  console.error(`\`${unknown}\` is not a benchmark: choose from ${known.join(", ")}`);
  process.exit(2);
}
const quick = given.includes("--quick");
const rounds = quick ? 3 : 9;

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

const kilobytes = (bytes: number): string => `${(bytes / 1_024).toFixed(1)} KB`;
const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

function table(figures: readonly Figure[]): string {
  const base = new Map<string, number>();
  for (const figure of figures) {
    if (figure.name.includes("hand-written")) base.set(figure.name.split(":")[0] ?? "", figure.perSecond);
  }
  const rows = figures.map((figure) => {
    const peer = base.get(figure.name.split(":")[0] ?? "") ?? figure.perSecond;
    const ratio = `${(figure.perSecond / peer).toFixed(1)} ×`;
    return `| ${figure.name} | ${figure.inFlight} | ${whole(figure.perSecond)} | ${(1e6 / figure.perSecond).toFixed(1)} µs | ${ratio} |`;
  });
  const head = "| reserve and settle | in flight | pairs a second | one pair | beside hand-written |";
  return [head, "|---|---:|---:|---:|---:|", ...rows].join("\n");
}

const folder = mkdtempSync(join(tmpdir(), "sms-ledger-bench-"));
let edge: Workerd | undefined;
try {
  const bytes = readFileSync(moduleFile);
  progress("starting threads …");
  const start = await instantiation(quick ? 3 : 9);
  const all = await cases(folder);
  if (!given.includes("--no-workerd")) {
    progress("starting workerd …");
    edge = await workerd(join(folder, "workerd"));
    all.push(...edge.cases);
  }
  const figures = await measured(all, rounds, (done, of) => progress(`round ${done} of ${of} …`));
  progress("");
  console.log(`| module | |\n|---|---:|`);
  console.log(`| raw | ${kilobytes(bytes.length)} |`);
  console.log(`| gzip | ${kilobytes(gzipSync(bytes, { level: 9 }).length)} |`);
  console.log(`| from its bytes to the first answer | ${start.toFixed(1)} ms |\n`);
  console.log(table(figures));
  console.log(`\nMedians of ${rounds} rounds in turn, Node.js ${process.version}; every balance checked.`);
} finally {
  await edge?.stop();
  rmSync(folder, { recursive: true, force: true });
}
