/** What stores are made of: refused where it is wrong, at once, and with what would do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isLedgerError, memoryStorage } from "sms-ledger";
import { d1Storage } from "sms-ledger/d1";
import { denoKvStorage } from "sms-ledger/deno-kv";
import { durableObjectStorage } from "sms-ledger/durable-object";
import { indexedDbStorage } from "sms-ledger/indexeddb";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { postgresStorage } from "sms-ledger/postgres";
import { redisStorage } from "sms-ledger/redis";

type Make = (client: unknown, options?: unknown) => unknown;

/** Each with what it calls its client, the first function that is asked of it, and options that are wrong. */
const stores: Record<string, [make: Make, path: string, called: string, wrong: Record<string, unknown>]> = {
  d1: [d1Storage as Make, "database", "prepare", { createTables: "no" }],
  denoKv: [denoKvStorage as Make, "database", "getMany", { prefix: "", timeoutMs: -1 }],
  indexedDb: [indexedDbStorage as Make, "factory", "open", { name: 7, durability: "none" }],
  sqlite: [sqliteStorage as Make, "database", "exec", { pragmas: 1 }],
  postgres: [postgresStorage as Make, "client", "query", { prepare: "no", timeoutMs: "10" }],
  redis: [redisStorage as Make, "client", "sendCommand", { prefix: "{all}:", timeoutMs: 0 }],
  durableObject: [durableObjectStorage as Make, "storage", "sql.exec", {}],
};

/** Whatever is called of it is there. */
const anything: unknown = new Proxy(() => {}, { get: () => anything, apply: () => anything });

for (const [name, [make, path, called, wrong]] of Object.entries(stores)) {
  test(`${name} refuses what it cannot be made of`, () => {
    for (const client of [undefined, null, 7, "postgres://"])
      assert.throws(() => make(client), {
        code: "INVALID_INPUT",
        message: new RegExp(`^.${path}. must be `),
      });
    const message = new RegExp(`^.${path}.${called}. must be a function: pass `);
    assert.throws(() => make({}), { code: "INVALID_INPUT", message });
    if (Object.keys(wrong).length === 0) return;
    for (const [option, value] of Object.entries(wrong)) {
      const refused = { code: "INVALID_INPUT", message: new RegExp(`^.${option}. must be `) };
      assert.throws(() => make(anything, { [option]: value }), refused);
    }
    const unknown = { code: "INVALID_INPUT", message: /^`timeout` is no option; allowed are `/ };
    assert.throws(() => make(anything, { timeout: 5 }), unknown);
  });
}

test("a store in memory refuses what is no snapshot", () => {
  const entry = { key: "account", value: "[]" };
  const entries = [entry];
  for (const [snapshot, path] of [
    [null, "snapshot"],
    ["acme", "snapshot"],
    [{ entries }, "snapshot.partition"],
    [{ partition: 7, entries }, "snapshot.partition"],
    [{ partition: "acme" }, "snapshot.entries"],
    [{ partition: "acme", entries: { 0: entry } }, "snapshot.entries"],
    [{ partition: "acme", entries: [entry, null] }, "snapshot.entries[1]"],
    [{ partition: "acme", entries: [{ value: "[]" }] }, "snapshot.entries[0].key"],
    [{ partition: "acme", entries: [entry, { key: "p/1", value: [] }] }, "snapshot.entries[1].value"],
  ] as const) {
    const refused = (error: unknown): boolean =>
      isLedgerError(error) && error.code === "INVALID_INPUT" && error.details.path === path;
    assert.throws(() => memoryStorage(snapshot as never), refused, path);
  }
  const store = memoryStorage({ partition: "acme", entries });
  assert.equal(store.get("acme", ["account"])[0]?.value, "[]");
});
