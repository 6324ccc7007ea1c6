/**
 * `cargo xtask bench ledger`: what a reserve costs on an account with a past beside one on a new account, and what messages cost
 * that are reserved together. All in one run, in turn, medians; every balance checked. `--quick` does fewer rounds with less of a past.
 *
 * The account with a past and the new one take turns of a few milliseconds, and each turn is compared with the one beside it: a
 * machine that is slower for a second, or a garbage collection, makes a ratio of one pair worthless and changes no median.
 */
import { DatabaseSync } from "node:sqlite";
import {
  type Catalog,
  createLedgerSync,
  memoryStorage,
  type ReserveBatch,
  type SyncLedger,
} from "sms-ledger";
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
/** Compiled for this machine, a round takes a quarter of a second. */
const nativeRounds = quick ? 3 : 25;
const turns = { unmeasured: 10, measured: quick ? 21 : 101 };
const past = quick
  ? { packages: 10_000, entries: 100_000, held: 10_000 }
  : { packages: 10_000, entries: 1_000_000, held: 100_000 };

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

const ledgerOf = (catalog: Catalog): SyncLedger => createLedgerSync({ storage: memoryStorage(), catalog });

/** An account of a ledger. */
interface Own {
  ledger: SyncLedger;
  account: string;
}

let accounts = 0;
function opened(ledger: SyncLedger): Own {
  const account = `account-${++accounts}`;
  ledger.openAccount({ id: account });
  return { ledger, account };
}

function buy({ ledger, account }: Own, id: string, quantity: number): void {
  const quote = ledger.quote({ offer: "pack-au", quantity });
  ledger.purchase({ id, account, quote, payment: { reference: id } });
}

/** An account with one package. */
function fresh(ledger: SyncLedger, segments: number): Own {
  const own = opened(ledger);
  buy(own, "order", segments);
  return own;
}

/**
 * An account with so many open packages of 100 segments each, so many entries and so many messages whose outcome is not known: its
 * messages end package after package.
 */
function old(size: typeof past): Own {
  const own = opened(ledgerOf(cloutly));
  const { ledger, account } = own;
  const batch = 1_000;
  const pairs = Math.floor((size.entries - size.held - size.packages) / (2 * batch)) * batch;
  buy(own, "spent", pairs);
  for (let done = 0; done < pairs; done += batch) {
    const sent = messages(batch);
    reserved(own, sent);
    for (const { id } of sent) ledger.settle({ account, id });
    if (done % (10 * batch) === 0) progress(`${whole(done)} of ${whole(pairs)} messages sent …`);
  }
  for (let bought = 0; bought < size.packages; bought++) {
    buy(own, `order-${bought}`, 100);
    if (bought % 500 === 0) progress(`${whole(bought)} of ${whole(size.packages)} packages bought …`);
  }
  for (let held = 0; held < size.held; held += batch) reserved(own, messages(batch));
  const balance = ledger.balance({ account });
  if (balance.held !== size.held) throw new Error(`${balance.held} segments are held, not ${size.held}`);
  progress("");
  return own;
}

function reserved(
  { ledger, account }: Own,
  sent: ReserveBatch["messages"],
  mode: ReserveBatch["mode"] = "per_message",
): void {
  const answer = ledger.reserveBatch({ account, messages: sent, mode });
  if (answer.reserved !== sent.length) throw new Error(`${answer.reserved} of ${sent.length} were reserved`);
}

/** An account of a seller who never splits a message, with so many packages of one segment each before the one that has enough. */
function crumbs(ledger: SyncLedger, packages: number): Own {
  const own = opened(ledger);
  const give = (id: string, segments: number): void => {
    ledger.adjust({ account: own.account, id, segments, region: "CN", reason: "benchmark" });
  };
  for (let crumb = 0; crumb < packages; crumb++) give(`crumb-${crumb}`, 1);
  give("enough", 1_000_000);
  return own;
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

interface Ages {
  name: string;
  /** Messages of a turn, so many together. */
  count: number;
  group: number;
  make: typeof message;
  young(): Own;
  old: Own;
}

/** Microseconds a message, on the one and on the other, and how many times the one the other takes: medians of turns. */
function compared({
  name,
  count,
  group,
  make,
  young,
  old,
}: Ages): [young: number, old: number, ratio: number] {
  const turn = (own: Own): number => {
    const { ledger, account } = own;
    const groups = Array.from({ length: count / group }, () => messages(group, make));
    // The first ones read the account and compile what they run.
    reserved(own, messages(group, make));
    const before = ledger.balance({ account }).held;
    const start = performance.now();
    for (const sent of groups) {
      if (group > 1) reserved(own, sent);
      else for (const one of sent) ledger.reserve({ account, ...one });
    }
    const took = ((performance.now() - start) * 1_000) / count;
    const { held } = ledger.balance({ account });
    if (held - before < count) throw new Error("the balance is off");
    return took;
  };
  const took: [number, number][] = [];
  for (let done = -turns.unmeasured; done < turns.measured; done++) {
    progress(`${name}: turn ${Math.max(done, 0) + 1} of ${turns.measured} …`);
    const own = young();
    let [one, other] = [0, 0];
    // Neither is always the first.
    if (done % 2 === 0) {
      one = turn(own);
      other = turn(old);
    } else {
      other = turn(old);
      one = turn(own);
    }
    if (done >= 0) took.push([one, other]);
  }
  progress("");
  return [
    median(took.map(([one]) => one)),
    median(took.map(([, other]) => other)),
    median(took.map(([one, other]) => other / one)),
  ];
}

function batchOf(name: string, mode: ReserveBatch["mode"], count: number): Case {
  return {
    name,
    count,
    prepare(of) {
      const own = fresh(ledgerOf(cloutly), 1_000_000);
      const sent = messages(of);
      return () => {
        reserved(own, sent, mode);
        if (own.ledger.balance({ account: own.account }).held !== of) throw new Error("the balance is off");
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
          if (!store.commit("account", { checks, writes }).ok) throw new Error("a commit was refused");
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
      peer.open("account", 1_000_000);
      const sent = messages(of);
      return () => {
        sql.transaction(() => {
          for (const { id } of sent) peer.reserveWithin("account", id, to, text);
        });
        if (peer.available("account") !== 1_000_000 - of) throw new Error("the balance is off");
      };
    },
  };
}

const aged = old(past);
/** In ledgers of their own, where new accounts are opened. */
const [au, cn] = [ledgerOf(cloutly), ledgerOf(tencent)];
const young = (): Own => fresh(au, 1_000_000);
const crumbled = crumbs(ledgerOf(tencent), past.packages);
const many = whole(past.packages);
const head = `${many} open packages, ${whole(past.entries)} entries, ${whole(past.held)} messages in flight`;
const ages: Ages[] = [
  { name: "one reserve after the other", count: 200, group: 1, make: message, young, old: aged },
  { name: "256 together", count: 512, group: 256, make: message, young, old: aged },
  {
    name: `one, two segments, never split; the old one has ${many} packages of one segment`,
    count: 200,
    group: 1,
    make: long,
    young: () => crumbs(cn, 1),
    old: crumbled,
  },
];
console.log(`| reserve, in memory | a new account | an old one | beside a new one |\n|---|---:|---:|---:|`);
for (const each of ages) {
  const [one, other, ratio] = compared(each);
  console.log(`| ${each.name} | ${one.toFixed(1)} µs | ${other.toFixed(1)} µs | ${ratio.toFixed(2)} × |`);
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
const compiled = native(["batch", String(nativeRounds), String(count)]) as Record<
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
  `\nMedians of ${rounds} rounds in turn, the ${nativeRounds} native ones after the others; Node.js ${process.version}; every balance checked.`,
);
