/** More callers than can be served: they are refused early, nothing piles up, and nothing is lost of what was accepted. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { createLedger, isLedgerError, type Ledger, memoryStorage, type Storage } from "sms-ledger";
import { au_number, catalog, delay, noon } from "./support/ledgers.ts";

const callers = 100_000;
const queue_max = 10_000;
/** Commands of one commit. */
const group_max = 512;
const message = (id: number, account = "acme") => ({ id: `m${id}`, account, to: au_number, text: "hello" });

/** The store, and a switch: while it hangs, no callback is answered. */
function hanging(memory = memoryStorage()) {
  let hang = false;
  let waiting: (() => void)[] = [];
  const later = async <T>(answer: () => T): Promise<Awaited<T>> => {
    if (hang) await new Promise<void>((resolve) => waiting.push(resolve));
    return await answer();
  };
  const storage: Storage = {
    get: (partition, keys) => later(() => memory.get(partition, keys)),
    list: (partition, range) => later(() => memory.list(partition, range)),
    commit: (partition, batch) => later(() => memory.commit(partition, batch)),
  };
  return {
    storage,
    hang() {
      hang = true;
    },
    recover() {
      hang = false;
      for (const resume of waiting) resume();
      waiting = [];
    },
  };
}

async function opened(storage: Storage, options: { calls?: number } = {}): Promise<Ledger> {
  const ledger = createLedger({ storage, catalog, now: () => noon, ...options });
  await ledger.openAccount({ id: "acme" });
  await ledger.adjust({ id: "a-1", account: "acme", segments: callers, reason: "a test" });
  return ledger;
}

/** How calls end, as they do. */
class Ends {
  answered = 0;
  overloaded = 0;
  readonly others: unknown[] = [];
  readonly all: Promise<unknown>;

  constructor(calls: readonly Promise<unknown>[]) {
    const answered = () => {
      this.answered += 1;
    };
    const refused = (error: unknown) => {
      const early = isLedgerError(error) && error.code === "OVERLOADED" && error.retryable;
      if (early && !error.outcomeUnknown) this.overloaded += 1;
      else this.others.push(error);
    };
    this.all = Promise.all(calls.map((call) => call.then(answered, refused)));
  }
}

const heap = () => process.memoryUsage().heapUsed / 1024 / 1024;

describe("a hundred thousand callers on one account", () => {
  test("are served as far as the queue goes, and the others are refused", async () => {
    const ledger = await opened(hanging().storage);
    const ends = new Ends(Array.from({ length: callers }, (_, id) => ledger.reserve(message(id))));
    await ends.all;
    assert.deepEqual([ends.answered, ends.overloaded, ends.others], [queue_max, callers - queue_max, []]);
    const { held } = await ledger.balance({ account: "acme" });
    assert.equal(held, queue_max);
    assert.equal((await ledger.verify({ account: "acme" })).ok, true);
  });

  test("of a store that hangs are refused at once, again and again, and those that wait are served in the end", async () => {
    const { storage, hang, recover } = hanging();
    const ledger = await opened(storage);
    hang();
    const ends = new Ends(Array.from({ length: callers }, (_, id) => ledger.reserve(message(id))));
    await delay(0);
    assert.deepEqual([ends.answered, ends.overloaded], [0, callers - queue_max]);
    // Those of the first commit have left the queue. Whoever comes behind them is refused, and leaves nothing behind.
    const next = new Ends(Array.from({ length: 10_000 }, (_, id) => ledger.reserve(message(callers + id))));
    await delay(0);
    const accepted = 10_000 - next.overloaded;
    assert.ok(accepted <= group_max, `${accepted} more were accepted`);
    const before = heap();
    for (let round = 0; round < 3; round++) {
      const more = new Ends(Array.from({ length: 10_000 }, (_, id) => ledger.reserve(message(-id))));
      await more.all;
      assert.equal(more.overloaded, 10_000);
    }
    assert.ok(heap() - before < 64, `the heap has grown by ${heap() - before} MiB`);
    recover();
    await Promise.all([ends.all, next.all]);
    assert.deepEqual([ends.answered, ends.others], [queue_max, []]);
    assert.deepEqual([next.answered, next.others], [accepted, []]);
    assert.equal((await ledger.balance({ account: "acme" })).held, queue_max + accepted);
  });
});

describe("callers on many accounts", () => {
  test("of a store that hangs are bounded together", async () => {
    const { storage, hang, recover } = hanging();
    const ledger = createLedger({ storage, catalog, now: () => noon, calls: 1_000 });
    for (const id of ["a-0", "a-1"]) await ledger.openAccount({ id });
    hang();
    const ends = new Ends(
      Array.from({ length: 5_000 }, (_, id) => ledger.balance({ account: `a-${id % 2_500}` })),
    );
    await delay(0);
    assert.deepEqual([ends.answered, ends.overloaded], [0, 4_000]);
    const error: unknown = await ledger.balance({ account: "a-0" }).catch((thrown: unknown) => thrown);
    assert.ok(isLedgerError(error) && error.code === "OVERLOADED");
    assert.deepEqual(error.details, { callsMax: 1_000 });
    recover();
    await ends.all;
    // Those of accounts that are there; nobody has opened the others.
    assert.deepEqual([ends.answered, ends.others.length], [2, 998]);
    assert.equal((await ledger.balance({ account: "a-0" })).available, 0);
  });

  test("are bounded by a hundred thousand unless told otherwise", async () => {
    const { storage, hang } = hanging();
    const ledger = createLedger({ storage, catalog, now: () => noon, queue: 200_000 });
    hang();
    const ends = new Ends(Array.from({ length: callers + 100 }, () => ledger.balance({ account: "acme" })));
    await delay(0);
    assert.deepEqual([ends.answered, ends.overloaded, ends.others], [0, 100, []]);
  });

  test("count each message of a batch, whose parts are no larger than what may wait", async () => {
    const { storage, hang, recover } = hanging();
    const ledger = await opened(storage, { calls: 50 });
    const messages = Array.from({ length: 120 }, (_, id) => ({ id: `b${id}`, to: au_number, text: "hello" }));
    const batch = { account: "acme", messages, mode: "per_message" } as const;
    assert.equal((await ledger.reserveBatch(batch)).reserved, 120);
    hang();
    const waits = ledger.reserveBatch({ ...batch, messages: messages.slice(0, 40) });
    const ends = new Ends(Array.from({ length: 20 }, (_, id) => ledger.reserve(message(id))));
    await delay(0);
    assert.equal(ends.overloaded, 10);
    recover();
    assert.equal((await waits).reserved, 40);
    await ends.all;
    assert.equal(ends.answered, 10);
  });
});

test("a process with an idle ledger ends by itself, and no timer runs", async () => {
  const script = path.join(import.meta.dirname, "support/idle.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script],
    { timeout: 30_000 },
  );
  assert.deepEqual(JSON.parse(stdout), { answered: 40, timers: 0 });
});

describe("what was begun before others came", () => {
  /** Calls that all wait, so that nothing else is let in. */
  const flood = (ledger: Ledger, count: number): Promise<unknown> =>
    Promise.allSettled(Array.from({ length: count }, (_, id) => ledger.reserve(message(id, "other"))));

  test("a batch says what it has reserved, whatever becomes of the rest", async () => {
    const memory = memoryStorage();
    await opened(memory);
    await createLedger({ storage: memory, catalog, now: () => noon }).openAccount({ id: "other" });
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let commits = 0;
    // Long texts make the first part short. While it is under way others fill the ledger, and are not answered before the end.
    const storage: Storage = {
      get: (partition, keys) =>
        partition === "acme" ? memory.get(partition, keys) : released.then(() => memory.get(partition, keys)),
      list: memory.list,
      async commit(partition, batch) {
        commits += 1;
        if (commits === 1) void flood(ledger, 2_000);
        return memory.commit(partition, batch);
      },
    };
    const ledger = createLedger({ storage, catalog, now: () => noon, calls: 2_000 });
    const messages = Array.from({ length: 10_000 }, (_, id) => ({
      id: `b${id}`,
      to: au_number,
      text: id < 200 ? "a".repeat(1_300) : "hello",
    }));
    const { reserved, results } = await ledger.reserveBatch({
      account: "acme",
      messages,
      mode: "per_message",
    });
    release();
    const codes = new Set(results.map(({ error }) => error?.code));
    assert.ok(reserved > 100 && reserved <= 250, `${reserved}`);
    assert.deepEqual([...codes].sort(), ["OVERLOADED", undefined]);
    await ledger.idle();
    const held = results.reduce((sum, { ok }) => sum + (ok?.segments ?? 0), 0);
    assert.equal((await ledger.balance({ account: "acme" })).held, held);
  });

  for (const [kind, at] of [
    [
      "throws",
      () => {
        throw new Error("no time");
      },
    ],
    ["is none", () => Number.NaN],
  ] as const) {
    test(`so does one whose clock ${kind} in the middle`, async () => {
      const memory = memoryStorage();
      const ledger = await opened(memory);
      let asked = 0;
      const now = (): number => {
        asked += 1;
        return asked === 2 ? at() : noon;
      };
      const messages = Array.from({ length: 3_000 }, (_, id) => ({
        id: `b${id}`,
        to: au_number,
        text: "hello",
      }));
      const batch = { account: "acme", messages, mode: "per_message" as const };
      const { reserved, results } = await createLedger({ storage: memory, catalog, now }).reserveBatch(batch);
      assert.deepEqual(
        [reserved, results.length, results.at(-1)?.error?.code],
        [1_024, 3_000, "INVALID_INPUT"],
      );
      assert.equal((await ledger.balance({ account: "acme" })).held, 1_024);
    });
  }

  test("a charge that was made is told, however many calls wait meanwhile", async () => {
    const { storage, hang, recover } = hanging();
    const ledger = createLedger({
      storage,
      catalog,
      now: () => noon,
      calls: 20,
      payments: {
        async charge() {
          hang();
          void flood(ledger, 40);
          setTimeout(recover, 30);
          await delay(10);
          return { status: "paid", reference: "p1" };
        },
      },
    });
    await ledger.openAccount({ id: "acme" });
    await ledger.openAccount({ id: "other" });
    const quote = await ledger.quote({ account: "acme", offer: "pack-au", quantity: 200 });
    assert.equal((await ledger.purchase({ id: "o1", account: "acme", quote })).state, "fulfilled");
  });
});
