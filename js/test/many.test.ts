/** Ledgers over a store that takes several commits at once. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createLedger,
  createLedgerSync,
  isLedgerError,
  type ManyResult,
  memoryStorage,
  type PartitionBatch,
  type Storage,
  type SyncStorage,
} from "sms-ledger";
import { au_number, catalog, delay, noon } from "./support/ledgers.ts";

const now = () => noon;
const names = ["a", "b", "c", "d", "e", "f"];

/** Accounts of those names, each with the 50 credits of its plan. */
function accounts(): SyncStorage {
  const memory = memoryStorage();
  const ledger = createLedgerSync({ storage: memory, catalog, now });
  for (const id of names) ledger.openAccount({ id, plan: "starter" });
  return memory;
}

type CommitMany = NonNullable<Storage["commitMany"]>;

/** Each commit by itself, as the plainest `commitMany` would do it. */
const each = (memory: SyncStorage, commits: readonly PartitionBatch[]): ManyResult[] =>
  commits.map(({ partition, batch }) => memory.commit(partition, batch));

/** The store with a `commitMany`, and the accounts of each call of it, and of each `commit`. */
function together(memory: SyncStorage, commitMany: CommitMany) {
  const [calls, alone]: [string[][], string[]] = [[], []];
  const storage: Storage = {
    ...memory,
    commit(partition, batch) {
      alone.push(partition);
      return memory.commit(partition, batch);
    },
    commitMany(commits) {
      calls.push(commits.map(({ partition }) => partition));
      return commitMany(commits);
    },
  };
  return { storage, calls, alone };
}

const message = (account: string, id: string = "m1") => ({ id, account, to: au_number, text: "hello" });

function failure(result: PromiseSettledResult<unknown>): [string, boolean | undefined] | undefined {
  if (result.status === "fulfilled") return undefined;
  assert.ok(isLedgerError(result.reason), String(result.reason));
  return [result.reason.code, result.reason.outcomeUnknown];
}

const unknown = ["STORAGE_UNAVAILABLE", true];

describe("commits that are ready together", () => {
  test("go in one call, and one alone as ever", async () => {
    const memory = accounts();
    const { storage, calls, alone } = together(memory, (commits) => each(memory, commits));
    const ledger = createLedger({ storage, catalog, now });
    const answers = await Promise.all(names.map((name) => ledger.reserve(message(name))));
    assert.deepEqual(
      answers.map(({ available }) => available),
      names.map(() => 49),
    );
    assert.deepEqual([calls, alone], [[names], []]);
    await ledger.reserve(message("a", "m2"));
    assert.deepEqual([calls, alone], [[names], ["a"]]);
  });

  test("do so in a synchronous ledger too, where there is ever one", () => {
    const memory = accounts();
    const { storage, calls, alone } = together(memory, (commits) => each(memory, commits));
    const ledger = createLedgerSync({ storage: storage as SyncStorage, catalog, now });
    assert.equal(ledger.reserve(message("a")).available, 49);
    assert.deepEqual([calls, alone], [[], ["a"]]);
  });

  test("no longer wait for an account whose commit nobody answered", async () => {
    const memory = accounts();
    /** Whatever has to do with `a` or `b` is never answered, and given up after a while. */
    const stuck = async (partitions: readonly string[]): Promise<void> => {
      if (!partitions.some((partition) => partition === "a" || partition === "b")) return;
      await delay(30);
      throw new Error("nobody has answered");
    };
    const calls: string[][] = [];
    const storage: Storage = {
      ...memory,
      async commit(partition, batch) {
        calls.push([partition]);
        await stuck([partition]);
        return memory.commit(partition, batch);
      },
      async commitMany(commits) {
        const partitions = commits.map(({ partition }) => partition);
        calls.push(partitions);
        await stuck(partitions);
        return each(memory, commits);
      },
    };
    const ledger = createLedger({ storage, catalog, now });
    const first = await Promise.allSettled(names.map((name) => ledger.reserve(message(name))));
    assert.deepEqual(
      first.map(failure),
      names.map(() => unknown),
    );
    // `a` and `b` are asked for all the time; nobody else is held up by them again.
    const others = ["c", "d", "e", "f"];
    const held = [ledger.reserve(message("a", "m2")), ledger.reserve(message("b", "m2"))];
    const settled = Promise.allSettled(held);
    let over = false;
    void settled.then(() => {
      over = true;
    });
    for (let round = 0; round < 5; round++) {
      await Promise.all(others.map((name) => ledger.reserve(message(name, `n${round}`))));
      assert.equal(over, false, `round ${round}`);
    }
    await settled;
    for (const partitions of calls.slice(1)) {
      const slow = partitions.some((name) => name === "a" || name === "b");
      assert.ok(!slow || partitions.length === 1, partitions.join());
    }
  });

  test("wait while two calls are under way, and go together then", async () => {
    const memory = accounts();
    const replies: (() => void)[] = [];
    const { storage, calls } = together(memory, async (commits) => {
      await new Promise<void>((resolve) => replies.push(resolve));
      return each(memory, commits);
    });
    const ledger = createLedger({ storage, catalog, now });
    const waiting: Promise<unknown>[] = [];
    for (const some of [names.slice(0, 2), names.slice(2, 4), names.slice(4)]) {
      waiting.push(...some.map((name) => ledger.reserve(message(name))));
      await delay(1);
    }
    waiting.push(ledger.reserve(message("a", "m2")));
    assert.deepEqual(calls, [
      ["a", "b"],
      ["c", "d"],
    ]);
    replies.shift()?.();
    await delay(1);
    // What `a` was asked for meanwhile goes with those that had to wait.
    assert.deepEqual(calls.slice(2), [["e", "f", "a"]]);
    while (replies.length > 0) replies.shift()?.();
    await Promise.all(waiting);
    for (const [name, held] of [
      ["a", 2],
      ["f", 1],
    ] as const)
      assert.equal((await ledger.balance({ account: name })).held, held);
  });

  test("go in parts where they are many", async () => {
    const memory = memoryStorage();
    const many = Array.from({ length: 600 }, (_, index) => `n${index}`);
    const { storage, calls } = together(memory, async (commits) => each(memory, commits));
    const ledger = createLedger({ storage, catalog, now });
    await Promise.all(many.map((id) => ledger.openAccount({ id })));
    assert.deepEqual(
      calls.map(({ length }) => length),
      [256, 256, 88],
    );
    assert.deepEqual(calls.flat(), many);
  });
});

describe("of commits that went together", () => {
  test("one that is stale is decided again", async () => {
    const memory = accounts();
    const { storage } = together(memory, async (commits) => each(memory, commits));
    const ledgers = [0, 1].map(() => createLedger({ storage, catalog, now }));
    await Promise.all(
      names.flatMap((name) => ledgers.map((ledger, at) => ledger.reserve(message(name, `${at}`)))),
    );
    for (const name of names) {
      const { available, held } = await (ledgers[0] as (typeof ledgers)[0]).balance({ account: name });
      assert.deepEqual([available, held], [48, 2]);
    }
  });

  test("one that fails fails its own account's commands, and is there or not", async () => {
    for (const apply of [false, true]) {
      const memory = accounts();
      let broken = true;
      const { storage } = together(memory, (commits) =>
        commits.map(({ partition, batch }) => {
          const fails = broken && partition === "c";
          const result = !fails || apply ? memory.commit(partition, batch) : undefined;
          return fails ? { error: new Error("no disk") } : (result as ManyResult);
        }),
      );
      const ledger = createLedger({ storage, catalog, now });
      const results = await Promise.allSettled(names.map((name) => ledger.reserve(message(name))));
      assert.deepEqual(
        results.map(failure),
        names.map((name) => (name === "c" ? unknown : undefined)),
      );
      assert.equal((results[2] as PromiseRejectedResult).reason.cause.message, "no disk");
      broken = false;
      const again = await Promise.all(names.map((name) => ledger.reserve(message(name))));
      assert.deepEqual(
        again.map(({ available }) => available),
        names.map(() => 49),
      );
    }
  });

  const faults: Record<string, CommitMany> = {
    throw: () => {
      throw new Error("no connection");
    },
    reject: () => Promise.reject(new Error("no connection")),
    "are answered with nothing": () => undefined as never,
    "are answered with too few": () => Promise.resolve([]),
    "are answered with rubbish": (commits) => commits.map(() => ({ ok: "yes" }) as never),
  };
  for (const [name, fault] of Object.entries(faults)) {
    test(`nothing is known where they ${name}, and the same again is safe`, async () => {
      const memory = accounts();
      let broken = true;
      const { storage } = together(memory, (commits) => (broken ? fault(commits) : each(memory, commits)));
      const ledger = createLedger({ storage, catalog, now });
      const results = await Promise.allSettled(names.map((id) => ledger.reserve(message(id))));
      assert.deepEqual(
        results.map(failure),
        names.map(() => unknown),
      );
      broken = false;
      const again = await Promise.all(names.map((id) => ledger.reserve(message(id))));
      assert.deepEqual(
        again.map(({ available }) => available),
        names.map(() => 49),
      );
    });
  }
});
