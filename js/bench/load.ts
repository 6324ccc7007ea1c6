/**
 * `cargo xtask bench load`: reserves under load, ours beside what a user would write in SQL, on the same stores in the same run. Rounds
 * in turn, medians; entries of the journal are counted, not transactions; every balance is checked. `--quick` does less,
 * `--no-postgres` and `--no-workerd` leave those out.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { memoryStorage } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { postgresServer } from "../test/support/postgres.ts";
import { type Case, type Figure, measured } from "./load/measure.ts";
import { ours } from "./load/ours.ts";
import { handWrittenPostgres, oursOnPostgres } from "./load/postgres.ts";
import { together } from "./load/processes.ts";
import type { Side } from "./load/side.ts";
import { handWrittenSqlite } from "./load/sqlite.ts";
import { hot, type Workload, zipf } from "./load/workload.ts";
import { measured as inTurn, median } from "./measure.ts";
import { native } from "./native.ts";
import { type Workerd, workerd } from "./workerd.ts";

const known = ["load", "--quick", "--no-postgres", "--no-workerd"];
const given = process.argv.slice(2);
const unknown = given.find((argument) => !known.includes(argument));
if (unknown !== undefined) {
  console.error(
    `\`${unknown}\` is no argument of the benchmark \`load\`: choose from ${known.slice(1).join(", ")}`,
  );
  process.exit(2);
}
const quick = given.includes("--quick");
const rounds = quick ? 3 : 7;
const per_round = { hot: 20_000, cold: quick ? 1_000 : 5_000 };
const zipf_accounts = 100_000;
const in_flight = [1, 16, 256] as const;

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const millis = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(1));

function progress(said: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${said}`);
}

const folder = mkdtempSync(join(tmpdir(), "sms-ledger-load-"));
const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true, force: true })];

/** A database on disk whose commits survive a power cut. */
function durable(name: string): DatabaseSync {
  const database = new DatabaseSync(join(folder, `${name}.sqlite`));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  return database;
}

/** The same sides for each workload, over stores of its own. */
async function sides(workload: string, url: string | undefined): Promise<Side[]> {
  const own = durable(`ours-${workload}`);
  const all = [
    ours("memory", memoryStorage()),
    ours("SQLite", sqliteStorage(own), () => own.close()),
    handWrittenSqlite(durable(`peer-${workload}`), 1),
  ];
  if (workload === "hot") all.push(handWrittenSqlite(durable(`grouped-${workload}`), 100));
  if (url === undefined) return all;
  all.push(await oursOnPostgres(url, workload));
  all.push(await handWrittenPostgres(url, workload, "conditional statement"));
  all.push(await handWrittenPostgres(url, workload, "SELECT … FOR UPDATE"));
  if (workload === "hot") all.push(await handWrittenPostgres(url, workload, "100 grouped by hand"));
  return all;
}

/** A caller alone groups nothing; what answers before the next call is made has one caller, however many wait. */
function cases(all: readonly Side[]): Case[] {
  const inFlight = (side: Side): readonly number[] => {
    if (side.grouped > 1) return [256];
    return side.callsMax === 1 ? [1] : in_flight;
  };
  return all.flatMap((side) => inFlight(side).map((inFlight) => ({ side, inFlight })));
}

const conditional = "hand-written: conditional statement";

/** Its peer of the same store: one conditional statement a message, with as many callers where it takes them. */
function peerOf(figure: Figure, figures: readonly Figure[]): Figure | undefined {
  const peers = figures.filter(({ side }) => side.store === figure.side.store && side.name === conditional);
  return peers.find(({ inFlight }) => inFlight === figure.inFlight) ?? peers[0];
}

function table(name: string, figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { side, inFlight, perSecond, p50, p99 } = figure;
    const peer = peerOf(figure, figures);
    const ratio = peer === undefined ? "" : `${(perSecond / peer.perSecond).toFixed(1)} ×`;
    const figured = [side.store, side.name, inFlight, whole(perSecond), millis(p50), millis(p99), ratio];
    return `| ${figured.join(" | ")} |`;
  });
  const head = `| ${name} | | in flight | reserves a second | median, ms | 99th, ms | beside a conditional statement |`;
  return [head, "|---|---|---:|---:|---:|---:|---:|", ...rows].join("\n");
}

async function run(workload: Workload, name: "hot" | "cold", url: string | undefined): Promise<Figure[]> {
  const all = await sides(name, url);
  // Before the server is stopped, however this ends.
  stops.push(async () => {
    for (const side of all) await side.close();
  });
  const figures = await measured(cases(all), workload, { rounds, perRound: per_round[name] }, progress);
  progress("");
  console.log(`${table(workload.name, figures)}\n`);
  return figures;
}

/** One process with all callers, one with a quarter of them, and four with a quarter each, in turn. */
async function processes(
  url: string,
): Promise<{ one: number; quarter: number; four: number; least: number; longest: number }> {
  const account = "processes";
  const side = await oursOnPostgres(url, account);
  stops.push(side.close);
  await side.open([account]);
  const ms = quick ? 1_000 : 3_000;
  const [one, quarter, four]: [number[], number[], number[]] = [[], [], []];
  const turns = [
    { processes: 1, inFlight: 256, rates: one },
    { processes: 1, inFlight: 64, rates: quarter },
    { processes: 4, inFlight: 64, rates: four },
  ];
  let [messages, least, longest] = [0, 1, 0];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    for (const { processes: count, inFlight, rates } of turns) {
      progress(`${count} of 4 processes, ${inFlight} in flight in each, round ${round + 1} …`);
      const shares = await together(url, account, { processes: count, inFlight, ms });
      const sum = shares.reduce((sum, share) => sum + share.messages, 0);
      rates.push((sum / ms) * 1_000);
      messages += sum + count;
      if (count === 1) continue;
      least = Math.min(least, ...shares.map((share) => share.messages / sum));
      longest = Math.max(longest, ...shares.map((share) => share.longest));
    }
  }
  side.begin?.();
  const { held } = await side.written([account]);
  if (held !== messages)
    throw new Error(`the processes have reserved ${messages} messages, ${held} are held`);
  progress("");
  return { one: median(one), quarter: median(quarter), four: median(four), least, longest };
}

interface Goal {
  goal: string;
  /** What was measured, and whether that is enough. */
  measured: string;
  met: boolean;
}

const atLeast = (goal: string, value: number, least: number, unit = ""): Goal => ({
  goal: `${goal}: at least ${whole(least)}${unit}`,
  measured: unit === " ×" ? `${value.toFixed(1)} ×` : whole(value),
  met: value >= least,
});

/** What this project set itself, and what this run measured. */
function goals(hotOnes: readonly Figure[], coldOnes: readonly Figure[]): Goal[] {
  const figure = (
    all: readonly Figure[],
    store: string,
    name: string,
    inFlight: number,
  ): Figure | undefined =>
    all.find((each) => each.side.store === store && each.side.name === name && each.inFlight === inFlight);
  const said: Goal[] = [];
  const least = { SQLite: 50_000, Postgres: 20_000 } as const;
  for (const store of ["SQLite", "Postgres"] as const) {
    const [many, alone] = [
      figure(hotOnes, store, "sms-ledger", 256),
      figure(hotOnes, store, "sms-ledger", 1),
    ];
    if (many === undefined || alone === undefined) continue;
    const [peer, peerAlone] = [peerOf(many, hotOnes), peerOf(alone, hotOnes)];
    if (peer === undefined || peerAlone === undefined) continue;
    said.push(atLeast(`${store}, one hot account, 256 in flight`, many.perSecond, least[store], " a second"));
    said.push(atLeast(`${store}, beside a conditional statement`, many.perSecond / peer.perSecond, 10, " ×"));
    const latency = alone.p50 / peerAlone.p50;
    said.push({
      goal: `${store}, one caller: at most 1.3 × the time of a conditional statement`,
      measured: `${latency.toFixed(2)} ×`,
      met: latency <= 1.3,
    });
  }
  const cold = figure(coldOnes, "Postgres", "sms-ledger", 256);
  const peer = cold && peerOf(cold, coldOnes);
  if (cold !== undefined && peer !== undefined) {
    said.push(
      atLeast(
        "Postgres, Zipf, 256 in flight, beside a conditional statement",
        cold.perSecond / peer.perSecond,
        2,
        " ×",
      ),
    );
  }
  return said;
}

try {
  let url: string | undefined;
  if (!given.includes("--no-postgres")) {
    progress("starting Postgres …");
    const server = await postgresServer(join(folder, "postgres"));
    stops.push(server.kill);
    url = server.url;
  }
  const hotOnes = await run(hot(), "hot", url);
  const coldOnes = await run(zipf(zipf_accounts), "cold", url);
  const said = goals(hotOnes, coldOnes);
  if (url !== undefined) {
    const { one, quarter, four, least, longest } = await processes(url);
    said.push({
      goal: "Postgres, four processes on one account: at least half of what one does alone",
      measured: `${whole(four)} of ${whole(one)} a second, one with a quarter of the callers ${whole(quarter)}; the slowest process did ${(least * 100).toFixed(0)} %, the longest wait was ${whole(longest)} ms`,
      met: four >= one / 2,
    });
  }
  if (!given.includes("--no-workerd")) {
    progress("starting workerd …");
    const edge: Workerd = await workerd(join(folder, "workerd"));
    stops.push(edge.stop);
    const figures = await inTurn(edge.reserves, rounds, (done, of) =>
      progress(`workerd, round ${done} of ${of} …`),
    );
    progress("");
    console.log("| inside a Durable Object | in flight | reserves a second |\n|---|---:|---:|");
    for (const { name, inFlight, perSecond } of figures)
      console.log(`| ${name} | ${inFlight} | ${whole(perSecond)} |`);
    console.log("");
    const bulk = Math.max(
      ...figures.filter(({ name }) => !name.includes("hand")).map(({ perSecond }) => perSecond),
    );
    said.push(atLeast("inside a Durable Object, in bulk", bulk, 40_000, " a second"));
  }
  progress("compiling for this machine …");
  const { core } = native(["core", String(rounds)]) as { core: number[] };
  progress("");
  said.push({
    goal: "natively, what a reserve costs without a store: at most 2 µs",
    measured: `${(median(core) / 1_000).toFixed(2)} µs`,
    met: median(core) <= 2_000,
  });
  const rows = said.map(
    ({ goal, measured, met }) => `| ${goal} | ${measured} | ${met ? "met" : "**missed**"} |`,
  );
  console.log(["| goal | measured | |", "|---|---|---|", ...rows].join("\n"));
  console.log(
    `\nMedians of ${rounds} rounds in turn, Node.js ${process.version}; entries are counted, not transactions; every balance checked.`,
  );
} finally {
  for (const stop of stops.reverse()) await stop();
}
