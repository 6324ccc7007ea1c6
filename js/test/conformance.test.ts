/** The laws of a store on the stores that run in this process. The Durable Object's are held in `e2e/workerd.test.ts`. */
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import { memoryStorage, type Storage, type SyncStorage } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { storageConformance } from "sms-ledger/testing";
import { databases, temporaryFolder } from "./support/files.ts";
import { slow } from "./support/ledgers.ts";

describe("memory", () => {
  for (const { name, run } of storageConformance({ open: () => memoryStorage() })) test(name, run);
});

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
  };
  for (const { name, run } of storageConformance(subject)) test(name, run);
});

describe("node:sqlite, a file on disk", () => {
  const folder = temporaryFolder();
  const open = databases();
  const files = new WeakMap<Storage, string>();
  let opened = 0;
  const storageOf = (file: string): SyncStorage => {
    const storage = sqliteStorage(open(file));
    files.set(storage, file);
    return storage;
  };
  const subject = {
    open() {
      opened += 1;
      return storageOf(path.join(folder, `${opened}.sqlite`));
    },
    reopen: (storage: Storage) => storageOf(files.get(storage) as string),
  };
  for (const { name, run } of storageConformance(subject)) test(name, run);

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

describe("a store that breaks a law", () => {
  const broken: Record<string, (storage: SyncStorage) => Storage> = {
    "answers get in another order": (storage) => ({
      ...storage,
      get: (p, keys) => storage.get(p, keys.toReversed()),
    }),
    "lists by UTF-16 units": (storage) => ({
      ...storage,
      list: (p, range) => {
        const sorted = [...storage.list(p, { ...range, limit: 1_000_000 })].sort((a, b) =>
          a.key < b.key ? -1 : 1,
        );
        return (range.reverse ? sorted.toReversed() : sorted).slice(0, range.limit);
      },
    }),
    "ignores checks": (storage) => ({
      ...storage,
      commit: (p, { writes }) => storage.commit(p, { checks: [], writes }),
    }),
    "applies a part": (storage) => ({
      ...storage,
      commit(p, batch) {
        const result = storage.commit(p, batch);
        if (!result.ok) storage.commit(p, { checks: [], writes: batch.writes.slice(0, 1) });
        return result;
      },
    }),
    "cuts text at NUL": (storage) => ({
      ...storage,
      get: (p, keys) =>
        storage
          .get(p, keys)
          .map((entry) => entry && { ...entry, value: entry.value.split("\0")[0] as string }),
    }),
  };
  for (const [name, breakIt] of Object.entries(broken)) {
    test(`is caught: ${name}`, async () => {
      const laws = storageConformance({ open: () => breakIt(memoryStorage()) });
      const results = await Promise.allSettled(laws.map(({ run }) => run()));
      assert.ok(results.some(({ status }) => status === "rejected"));
    });
  }
});
