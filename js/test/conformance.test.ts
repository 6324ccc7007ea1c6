/** The laws of a store on the stores that run in this process. The Durable Object's are held in `e2e/workerd.test.ts`. */
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import { memoryStorage, type Storage, type SyncStorage } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { type Severable, type Subject, skippedLaws, storageConformance } from "sms-ledger/testing";
import { hold } from "./support/conformance.ts";
import { databases, temporaryFolder } from "./support/files.ts";
import { slow } from "./support/ledgers.ts";
import { sqliteSubject } from "./support/sqlite.ts";

describe("memory", () => hold({ open: () => memoryStorage() }));

/** A store at the end of a line that can be cut: what was asked over it fails then, whatever becomes of it. */
function cuttable(storage: Storage): Severable {
  let sever = (): void => {};
  const cut = new Promise<never>((_, reject) => {
    sever = () => reject(new Error("the line is cut"));
  });
  cut.catch(() => {});
  return {
    storage: {
      ...storage,
      commit: (partition, batch) => Promise.race([cut, storage.commit(partition, batch)]),
    },
    sever,
  };
}

describe("memory that answers later and out of order", () => {
  const backing = new WeakMap<Storage, SyncStorage>();
  const behind = (memory: SyncStorage): Storage => {
    const storage = slow(memory, 1);
    backing.set(storage, memory);
    return storage;
  };
  const subject = {
    open: () => behind(memoryStorage()),
    reopen: (storage: Storage) => behind(backing.get(storage) as SyncStorage),
    severable: (storage: Storage) => cuttable(behind(backing.get(storage) as SyncStorage)),
  };
  hold(subject);
});

describe("node:sqlite, a file on disk", () => {
  const folder = temporaryFolder();
  const open = databases();
  hold(sqliteSubject(open));

  test("a commit is durable: write-ahead log, synchronous FULL", () => {
    const database = open(path.join(folder, "pragmas.sqlite"));
    sqliteStorage(database);
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    assert.equal(pragma("journal_mode"), "wal");
    assert.equal(pragma("synchronous"), 2);
    assert.equal(pragma("busy_timeout"), 5_000);
  });

  test("a connection that is set up by its owner is left alone", () => {
    const database = open(path.join(folder, "own-pragmas.sqlite"));
    sqliteStorage(database, { pragmas: false });
    assert.equal(Object.values(database.prepare("PRAGMA journal_mode").get() ?? {})[0], "delete");
  });

  test("an error within a commit leaves no trace and no open transaction", () => {
    const database = open(path.join(folder, "errors.sqlite"));
    const storage = sqliteStorage(database);
    storage.commit("p", { checks: [], writes: [{ op: "put", key: "a", value: "1" }] });
    const writes = [
      { op: "put" as const, key: "a", value: "2" },
      { op: "put" as const, key: "b", value: Symbol("no text") as unknown as string },
    ];
    assert.throws(() => storage.commit("p", { checks: [], writes }));
    assert.deepEqual(storage.get("p", ["a", "b"]), [{ key: "a", value: "1", revision: "1" }, null]);
    assert.equal(storage.commit("p", { checks: [{ key: "a", revision: "1" }], writes: [] }).ok, true);
  });
});

/** A store that is a map with a fault in it, and the laws that catch the fault. */
interface Broken {
  laws: RegExp;
  subject(memory: SyncStorage): Subject;
}

/** A store with some callbacks of its own. */
function altered(alter: (memory: SyncStorage) => Partial<Storage>): (memory: SyncStorage) => Subject {
  return (memory) => ({ open: () => ({ ...memory, ...alter(memory) }) });
}

/** Applies the first half of what it is given, and throws. */
function half(memory: SyncStorage): Storage {
  return {
    ...memory,
    commit(partition, { writes }) {
      memory.commit(partition, { checks: [], writes: writes.slice(0, writes.length / 2) });
      throw new Error("lost in the middle");
    },
  };
}

const broken: Record<string, Broken> = {
  "answers get in another order": {
    laws: /^get gives entries in the order asked/,
    subject: altered((memory) => ({ get: (p, keys) => memory.get(p, keys.toReversed()) })),
  },
  "lists by UTF-16 units": {
    laws: /^list gives what is under a prefix, in byte order/,
    subject: altered((memory) => ({
      list: (p, range) => {
        const sorted = [...memory.list(p, { ...range, limit: 1_000_000 })].sort((a, b) =>
          a.key < b.key ? -1 : 1,
        );
        return (range.reverse ? sorted.toReversed() : sorted).slice(0, range.limit);
      },
    })),
  },
  "ignores checks": {
    laws: /^of two writers one wins/,
    subject: altered((memory) => ({
      commit: (p, { writes }) => memory.commit(p, { checks: [], writes }),
    })),
  },
  "applies a part of what it refuses": {
    laws: /^a refused commit leaves no trace/,
    subject: altered((memory) => ({
      commit(p, batch) {
        const result = memory.commit(p, batch);
        if (!result.ok) memory.commit(p, { checks: [], writes: batch.writes.slice(0, 1) });
        return result;
      },
    })),
  },
  "cuts text at NUL": {
    laws: /^values come back to the byte/,
    subject: altered((memory) => ({
      get: (p, keys) =>
        memory
          .get(p, keys)
          .map((entry) => entry && { ...entry, value: entry.value.split("\0")[0] as string }),
    })),
  },
  "takes less than its limits say": {
    laws: /^a commit of as many checks and writes as the limits allow/,
    subject: altered((memory) => ({
      commit: (p, { checks, writes }) => memory.commit(p, { checks, writes: writes.slice(0, 63) }),
    })),
  },
  "has limits that no ledger can work with": {
    laws: /^the limits are whole numbers/,
    subject: altered(() => ({ limits: { writes: 8 } })),
  },
  "cuts long values": {
    laws: /^a value may be as long as the limits say/,
    subject: altered((memory) => ({
      commit: (p, { checks, writes }) => {
        const cut = writes.map((write) =>
          write.op === "put" ? { ...write, value: write.value.slice(0, 16_384) } : write,
        );
        return memory.commit(p, { checks, writes: cut });
      },
    })),
  },
  "lets nobody win in the end": {
    laws: /^writers who try again all come to an end/,
    subject: altered((memory) => ({
      commit: (p, batch) => {
        const [counter] = memory.get(p, ["counter"]);
        const done = counter?.value === "15" && batch.checks.length > 0;
        return done ? { ok: false, stale: ["counter"] } : memory.commit(p, batch);
      },
    })),
  },
  "keeps one lock for all partitions": {
    laws: /^writers of different partitions/,
    subject: altered((memory) => {
      let held: string | undefined;
      return {
        async commit(p, batch) {
          const key = batch.checks[0]?.key;
          if (held !== undefined && held !== p && key !== undefined) return { ok: false, stale: [key] };
          held = p;
          await undefined;
          held = undefined;
          return memory.commit(p, batch);
        },
      };
    }),
  },
  "writes as it reads": {
    laws: /^a commit that throws while it is read leaves no trace/,
    subject: altered((memory) => ({
      commit(p, { checks, writes }) {
        const result = memory.commit(p, { checks, writes: [] });
        if (result.ok) for (const write of writes) memory.commit(p, { checks: [], writes: [write] });
        return result;
      },
    })),
  },
  "forgets what it was told": {
    laws: /^what was committed is there after reopening/,
    subject: (memory) => ({ open: () => memory, reopen: () => memoryStorage() }),
  },
  "applies a part of what fails": {
    laws: /^an error in the middle of a commit/,
    subject: (memory) => ({ open: () => memory, failing: () => half(memory) }),
  },
  "applies a part of what is cut off": {
    laws: /^a client that disconnects/,
    subject: (memory) => ({
      open: () => memory,
      severable: () => ({ storage: half(memory), sever() {} }),
    }),
  },
  "says of what it has dropped that it is applied": {
    laws: /^a client that disconnects/,
    subject: (memory) => ({
      open: () => memory,
      severable: () => ({
        storage: { ...memory, commit: () => ({ ok: true, revision: "1" }) },
        sever() {},
      }),
    }),
  },
};

describe("a store that breaks a law", () => {
  for (const [name, { laws, subject }] of Object.entries(broken)) {
    test(`is caught: ${name}`, async () => {
      // Of few writes, so that the laws of limits are quick.
      const made = subject({ ...memoryStorage(), limits: { checks: 64, writes: 64 } });
      const [held, failed] = [[] as string[], [] as string[]];
      for (const law of storageConformance(made)) {
        await law.run().then(
          () => held.push(law.name),
          () => failed.push(law.name),
        );
      }
      assert.ok(
        failed.some((law) => laws.test(law)),
        failed.join("\n"),
      );
      assert.ok(held.length > 0, "what is left of the store holds some laws");
    });
  }

  test("the laws that are left out are told with what they need", () => {
    const open = () => memoryStorage();
    const skipped = skippedLaws({ open });
    assert.deepEqual(
      [...new Set(skipped.map(({ reason }) => reason))],
      ["reopen", "failing", "severable", "many"].map((need) => `the subject has no \`${need}\``),
    );
    const names = (subject: Subject) => storageConformance(subject).map(({ name }) => name);
    const severable = () => ({ storage: open(), sever() {} });
    const whole: Subject = { open, reopen: open, failing: open, severable, many: true };
    assert.deepEqual(skippedLaws(whole), []);
    const left_out = skipped.map(({ name }) => name);
    assert.deepEqual(
      new Set(names(whole)),
      new Set([...names({ open }).filter((name) => !name.includes("unless")), ...left_out]),
    );
  });
});
