/**
 * `cargo xtask bench ledger`: what a reserve costs on an account with a past beside one on a new account, and what messages cost
 * that are reserved together. All in one run, in turn, medians; every balance checked. `--quick` does fewer rounds with less of a past.
 */
import { DatabaseSync } from "node:sqlite";
import { createLedgerSync, memoryStorage, type ReserveBatch, type SyncLedger } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import tencent from "sms-ledger/catalogs/tencent-sms";
import { HandWritten } from "./handwritten.ts";
import { median } from "./measure.ts";
import { native } from "./native.ts";
import { sqlOver } from "./sql.ts";

const known = ["ledger", "--quick"];
const given = process.argv.slice(2);
const unknown = given.find((argument) => !known.includes(argument));
if (unknown !== undefined) {
  console.error(
    `\`${unknown}\` is no argument of the benchmark \`ledger\`: choose from ${known.slice(1).join(", ")}`,
  );
  process.exit(2);
}
const quick = given.includes("--quick");
const rounds = quick ? 3 : 9;
const past = quick
  ? { packages: 10_000, entries: 100_000, held: 10_000 }
  : { packages: 10_000, entries: 1_000_000, held: 100_000 };

const account = "bench";
const to = "+61491570006";
const text = "Your code is 481 516. It is valid for ten minutes; never tell it to anyone.";

const whole = (value: number): string => Math.round(value).toLocaleString("en-US");

function progress(said: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${said}`);
}

let last = 0;
const message = (): ReserveBatch["messages"][number] => ({ id: `message-${++last}`, to, text });
/** Of two segments, to China. */
const long = (): ReserveBatch["messages"][number] => ({
  ...message(),
  to: "+8613812345678",
  text: text.slice(0, 71),
});
const messages = (count: number, make = message): ReserveBatch["messages"] =>
  Array.from({ length: count }, make);

function opened(): SyncLedger {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog: cloutly });
  ledger.openAccount({ id: account });
  return ledger;
}

function buy(ledger: SyncLedger, id: string, quantity: number): void {
  const quote = ledger.quote({ offer: "pack-au", quantity });
  ledger.purchase({ id, account, quote, payment: { reference: id } });
}

/** An account with one package. */
function fresh(segments: number): SyncLedger {
  const ledger = opened();
  buy(ledger, "order", segments);
  return ledger;
}

/**
 * An account with so many open packages of 100 segments each, so many entries and so many messages whose outcome is not known: its
 * messages end package after package.
 */
function old(size: typeof past): SyncLedger {
  const ledger = opened();
  const batch = 1_000;
  const pairs = Math.floor((size.entries - size.held - size.packages) / (2 * batch)) * batch;
  buy(ledger, "spent", pairs);
  for (let done = 0; done < pairs; done += batch) {
    const sent = messages(batch);
    reserved(ledger, sent);
    for (const { id } of sent) ledger.settle({ account, id });
    if (done % (10 * batch) === 0) progress(`${whole(done)} of ${whole(pairs)} messages sent …`);
  }
  for (let bought = 0; bought < size.packages; bought++) {
    buy(ledger, `order-${bought}`, 100);
    if (bought % 500 === 0) progress(`${whole(bought)} of ${whole(size.packages)} packages bought …`);
  }
  for (let held = 0; held < size.held; held += batch) reserved(ledger, messages(batch));
  const balance = ledger.balance({ account });
  if (balance.held !== size.held) throw new Error(`${balance.held} segments are held, not ${size.held}`);
  progress("");
  return ledger;
}

function reserved(
  ledger: SyncLedger,
  sent: ReserveBatch["messages"],
  mode: ReserveBatch["mode"] = "per_message",
): void {
  const answer = ledger.reserveBatch({ account, messages: sent, mode });
  if (answer.reserved !== sent.length) throw new Error(`${answer.reserved} of ${sent.length} were reserved`);
}

/** An account of a seller who never splits a message, with so many packages of one segment each before the one that has enough. */
function crumbs(packages: number): SyncLedger {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog: tencent });
  ledger.openAccount({ id: account });
  const give = (id: string, segments: number): void => {
    ledger.adjust({ account, id, segments, region: "CN", reason: "benchmark" });
  };
  for (let crumb = 0; crumb < packages; crumb++) give(`crumb-${crumb}`, 1);
  give("enough", 1_000_000);
  return ledger;
}

interface Case {
  name: string;
  /** Messages in one round. */
  count: number;
  /** Makes what a round needs, outside of what is timed; the round gives how long it took otherwise. */
  prepare(count: number): () => void;
}

/** Microseconds a message, by case: medians of rounds in turn. */
function figures(cases: readonly Case[], label: string): number[] {
  const took = cases.map((): number[] => []);
  for (const each of cases) each.prepare(Math.ceil(each.count / 4))();
  for (let round = 0; round < rounds; round++) {
    progress(`${label}: round ${round + 1} of ${rounds} …`);
    for (const [index, each] of cases.entries()) {
      const run = each.prepare(each.count);
      globalThis.gc?.();
      const start = performance.now();
      run();
      took[index]?.push(((performance.now() - start) * 1_000) / each.count);
    }
  }
  progress("");
  return took.map(median);
}

/** On the account that a round is given, so that a new one is new in every round: reserved one after the other or so many together. */
function reserves(name: string, on: () => SyncLedger, count: number, group: number, make = message): Case {
  return {
    name,
    count,
    prepare(of) {
      const ledger = on();
      const groups = Array.from({ length: Math.ceil(of / group) }, () => messages(group, make));
      reserved(ledger, messages(group, make));
      const before = ledger.balance({ account }).held;
      return () => {
        for (const sent of groups) {
          if (group > 1) reserved(ledger, sent);
          else for (const one of sent) ledger.reserve({ account, ...one });
        }
        const { held } = ledger.balance({ account });
        if (held - before < groups.length * group) throw new Error("the balance is off");
      };
    },
  };
}

function batchOf(name: string, mode: ReserveBatch["mode"], count: number): Case {
  return {
    name,
    count,
    prepare(of) {
      const ledger = fresh(1_000_000);
      const sent = messages(of);
      return () => {
        reserved(ledger, sent, mode);
        if (ledger.balance({ account }).held !== of) throw new Error("the balance is off");
      };
    },
  };
}

/** What the memory store takes for as many documents in commits as large as the ledger's: no figure can be below this one. */
function storing(name: string, count: number): Case {
  const group = 512;
  return {
    name,
    count,
    prepare(of) {
      const store = memoryStorage();
      const value = "v".repeat(128);
      const ids = messages(of).map(({ id }) => id);
      return () => {
        for (let from = 0; from < of; from += group) {
          const checks: { key: string; revision: null }[] = [];
          const writes: { op: "put"; key: string; value: string }[] = [];
          for (let at = from; at < Math.min(of, from + group); at++) {
            const key = `hold/${ids[at]}`;
            checks.push({ key, revision: null });
            writes.push({ op: "put", key, value });
          }
          if (!store.commit(account, { checks, writes }).ok) throw new Error("a commit was refused");
        }
      };
    },
  };
}

function handWritten(name: string, count: number): Case {
  return {
    name,
    count,
    prepare(of) {
      const sql = sqlOver(new DatabaseSync(":memory:"));
      const peer = new HandWritten(sql);
      peer.open(account, 1_000_000);
      const sent = messages(of);
      return () => {
        sql.transaction(() => {
          for (const { id } of sent) peer.reserveWithin(account, id, to, text);
        });
        if (peer.available(account) !== 1_000_000 - of) throw new Error("the balance is off");
      };
    },
  };
}

const aged = old(past);
const young = (): SyncLedger => fresh(1_000_000);
const crumbled = crumbs(past.packages);
const head = `${whole(past.packages)} open packages, ${whole(past.entries)} entries, ${whole(past.held)} messages in flight`;
const ages = [
  reserves("one reserve after the other", young, 1_000, 1),
  reserves("one reserve after the other", () => aged, 1_000, 1),
  reserves("256 together", young, 2_560, 256),
  reserves("256 together", () => aged, 2_560, 256),
  reserves(
    `one, two segments, never split; the old one has ${whole(past.packages)} packages of one segment`,
    () => crumbs(1),
    1_000,
    1,
    long,
  ),
  reserves("the same", () => crumbled, 1_000, 1, long),
];
const cost = figures(ages, "reserve");
console.log(`| reserve, in memory | a new account | an old one | beside a new one |\n|---|---:|---:|---:|`);
for (let at = 0; at < cost.length; at += 2) {
  const [one = Number.NaN, other = Number.NaN] = cost.slice(at, at + 2);
  console.log(
    `| ${ages[at]?.name} | ${one.toFixed(1)} µs | ${other.toFixed(1)} µs | ${(other / one).toFixed(2)} × |`,
  );
}
console.log(`\nThe old account: ${head}.`);
const count = quick ? 20_000 : 100_000;
const batches = [
  batchOf("`reserveBatch`, `per_message`", "per_message", count),
  batchOf("`reserveBatch`, `all_or_nothing`", "all_or_nothing", count),
  handWritten("hand-written, SQLite `:memory:`, one transaction", count),
  storing("nothing but the store: a document a message", count),
];
const through = figures(batches, "batch").map((took, at) => ({ name: batches[at]?.name ?? "", took }));
progress("the same natively …");
const compiled = native(["ledger", String(rounds), String(count)]) as Record<
  "per_message" | "all_or_nothing",
  number[]
>;
progress("");
const rows = [
  ...through,
  { name: "natively, `per_message`", took: median(compiled.per_message) / 1_000 },
  { name: "natively, `all_or_nothing`", took: median(compiled.all_or_nothing) / 1_000 },
];
const peer = through[2]?.took ?? Number.NaN;
console.log(
  `\n| ${whole(count)} messages together, in memory | a message | messages a second | beside hand-written |\n|---|---:|---:|---:|`,
);
for (const { name, took } of rows)
  console.log(`| ${name} | ${took.toFixed(1)} µs | ${whole(1e6 / took)} | ${(peer / took).toFixed(1)} × |`);
console.log(
  `\nMedians of ${rounds} rounds in turn, the native ones after the others; Node.js ${process.version}; every balance checked.`,
);
