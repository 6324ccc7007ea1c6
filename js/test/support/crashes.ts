/**
 * Processes that write to one account until they are killed, and the same again under the same ids. What is held to: every
 * reserve that was answered is there once, every one that was not at most once, and the books are right.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Ledger } from "sms-ledger";
import { delay } from "./ledgers.ts";

/** How many are killed: a few, or as many as `CRASHES` says. */
export const crashes: number = Number(process.env["CRASHES"] ?? 4);

const account = "acme";
/** Reserves that a process has under way before it is killed. */
const in_flight = 64;
/** A process writes for so long at most before it is killed. */
const life_ms_max = 200;
/** Segments of `acme`, more than all that is sent. */
export const credits = 5_000_000;
/** A writer that is killed never comes that far. */
const no_end = 4_000_000;

export interface Writing {
  store: "sqlite" | "postgres";
  /** The file or the server's address. */
  where: string;
  /** Waits until nothing of a killed process is under way in the store any more. */
  quiet?: () => Promise<void>;
}

export interface Writer {
  child: ChildProcess;
  /** What was answered: the index of each message, and what was available right after it. */
  answered: Map<number, number>;
  /** Resolves when the process is ready, where it waits. */
  ready: Promise<void>;
  /** Resolves when the process has ended and all that it said is read. */
  ended: Promise<void>;
}

export interface Range {
  name: string;
  from: number;
  to: number;
  inFlight?: number;
  /** Begins when it is told something. */
  wait?: boolean;
}

/** A process that reserves `name-from` and so on. */
export function write({ store, where }: Writing, range: Range): Writer {
  const { name, from, to, inFlight = in_flight, wait = false } = range;
  const script = path.join(import.meta.dirname, "writer.ts");
  const told = [store, where, name, from, to, inFlight, ...(wait ? ["wait"] : [])].map(String);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...told], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const answered = new Map<number, number>();
  const exit = once(child, "exit");
  const lines = createInterface({ input: child.stdout as NonNullable<ChildProcess["stdout"]> });
  let last = "";
  let begin = (): void => {};
  const ready = new Promise<void>((resolve) => {
    begin = resolve;
  });
  lines.on("line", (line) => {
    last = line;
    if (line === "ready") return begin();
    const [index, available] = line.split(" ").map(Number) as [number, number];
    if (!answered.has(index)) answered.set(index, available);
  });
  const ended = Promise.all([exit, once(lines, "close")]).then(([[code, signal]]) => {
    assert.ok(code === 0 || signal === "SIGKILL", `the writer ended with ${code}, ${signal}: ${last}`);
  });
  return { child, answered, ready, ended };
}

/** Kills a writer some time after its first answer. */
async function kill({ child, answered, ended }: Writer): Promise<void> {
  while (answered.size === 0) {
    assert.equal(child.exitCode, null, "the writer has ended by itself");
    await delay(2);
  }
  await delay(Math.random() * life_ms_max);
  child.kill("SIGKILL");
  await ended;
}

/** What the journal says has been reserved, read on from where it was read before. */
class Journal {
  readonly #ledger: () => Ledger;
  readonly reserved = new Map<string, number>();
  #after = 0;

  constructor(ledger: () => Ledger) {
    this.#ledger = ledger;
  }

  async read(): Promise<void> {
    const ledger = this.#ledger();
    for (let more = true; more; ) {
      const page = await ledger.entries({ account, after: this.#after, limit: 1_000 });
      for (const { sequence, kind, reference } of page.entries) {
        this.#after = sequence;
        if (kind === "reserve") this.reserved.set(reference, (this.reserved.get(reference) ?? 0) + 1);
      }
      more = page.entries.length > 0;
    }
  }

  /** That each answered message is there, and each at most once. */
  check(name: string, answered: ReadonlyMap<number, number>): void {
    for (const index of answered.keys())
      assert.ok(this.reserved.has(`${name}-${index}`), `${name}-${index} was answered and is not there`);
    for (const [id, times] of this.reserved) assert.equal(times, 1, `${id} is there ${times} times`);
  }
}

/** That so many are held and no others, and that the journal, the packages and the sums agree. */
export async function checkBooks(ledger: Ledger, held: number): Promise<void> {
  const balance = await ledger.balance({ account });
  assert.deepEqual([balance.held, balance.available, balance.spent], [held, credits - held, 0]);
  const verified = await ledger.verify({ account });
  assert.ok(verified.ok, JSON.stringify(verified));
}

export interface Killed {
  kills: number;
  answered: number;
  /** Written, but not answered before the process was killed. */
  unanswered: number;
}

/** Kills writers at random, each time going on with the first message that was not answered, and sends all to the end at last. */
export async function killWriters(writing: Writing, ledger: () => Ledger, kills: number): Promise<Killed> {
  const answered = new Map<number, number>();
  const journal = new Journal(ledger);
  let [next, unanswered] = [0, 0];
  const take = (writer: Writer): void => {
    for (const [index, available] of writer.answered) {
      const before = answered.get(index);
      // The same id gives the same answer, however many processes ago it was given first.
      if (before !== undefined) assert.equal(available, before, `the answer to m-${index}`);
      answered.set(index, available);
    }
    while (answered.has(next)) next += 1;
  };
  for (let round = 0; round < kills; round++) {
    const writer = write(writing, { name: "m", from: next, to: no_end });
    await kill(writer);
    await writing.quiet?.();
    take(writer);
    await journal.read();
    journal.check("m", answered);
    unanswered += journal.reserved.size - answered.size;
    if (round % 10 === 0) await checkBooks(ledger(), journal.reserved.size);
  }
  const last = write(writing, { name: "m", from: next, to: Math.max(...answered.keys()) + 2 * in_flight });
  await last.ended;
  take(last);
  await journal.read();
  journal.check("m", answered);
  assert.equal(journal.reserved.size, answered.size, "what is there and was never answered");
  await checkBooks(ledger(), answered.size);
  return { kills, answered: answered.size, unanswered };
}

/** Opens the account that writers write to. */
export async function openForWriters(ledger: Ledger): Promise<void> {
  await ledger.openAccount({ id: account });
  await ledger.adjust({ id: "given", account, segments: credits, reason: "for the writers" });
}
