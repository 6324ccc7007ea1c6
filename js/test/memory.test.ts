/** What a ledger keeps of a hundred thousand accounts: as much as its cache may, and no more. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { StoredEntry, SyncStorage } from "sms-ledger";

// The module's own memory, of which nothing else tells.
let memory: WebAssembly.Memory | undefined;
const { Instance } = WebAssembly;
WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args: [WebAssembly.Module, WebAssembly.Imports?]) {
    const instance = new target(...args);
    memory = instance.exports["memory"] as WebAssembly.Memory;
    return instance;
  },
});
const { createLedgerSync, memoryStorage } = await import("sms-ledger");
const { catalog, noon, openAcme } = await import("./support/ledgers.ts");

const mebibyte = 1024 * 1024;

/** A store in which every account is like `acme`, and is nowhere kept. */
function everywhere(): SyncStorage {
  const acme = memoryStorage();
  openAcme(acme);
  const as = (partition: string, { value, ...entry }: StoredEntry): StoredEntry => ({
    ...entry,
    value: entry.key === "account" ? value.replace('"acme"', JSON.stringify(partition)) : value,
  });
  return {
    exclusive: true,
    get: (partition, keys) => acme.get("acme", keys).map((entry) => entry && as(partition, entry)),
    list: (partition, range) => acme.list("acme", range).map((entry) => as(partition, entry)),
    commit: () => ({ ok: true, revision: "next" }),
  };
}

for (const { cache, most, accounts } of [
  { cache: 4, most: 10, accounts: 10_000 },
  { cache: 64, most: 80, accounts: 100_000 },
]) {
  test(`${accounts} accounts in a cache of ${cache} MiB hold the module to ${most} MiB`, {
    timeout: 120_000,
  }, () => {
    const storage = everywhere();
    const ledger = createLedgerSync({ storage, catalog, now: () => noon, cacheBytes: cache * mebibyte });
    const heap = process.memoryUsage().heapUsed;
    for (let number = 0; number < accounts; number++) {
      const { available } = ledger.balance({ account: `account-${number}` });
      assert.equal(available, 250);
    }
    const used = (memory?.buffer.byteLength ?? 0) / mebibyte;
    assert.ok(used > cache / 2, `only ${used} MiB of the module's memory are used`);
    assert.ok(used < most, `${used} MiB of the module's memory are used`);
    const grown = (process.memoryUsage().heapUsed - heap) / mebibyte;
    assert.ok(grown < 64, `the program's own memory has grown by ${grown} MiB`);
  });
}
