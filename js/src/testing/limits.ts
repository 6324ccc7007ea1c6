/** The laws of a store's limits: a commit as large as they allow is taken, and so is every value that the ledger writes. */
import { fail, type Laws, put, refused, type Store, same } from "./store.ts";
import { value_bytes_max } from "./values.ts";

/** What the ledger takes a store for that names no limits of its own. */
const usual = { checks: 2_048, writes: 4_096, valueBytes: value_bytes_max };

/** What every store must take: the least that `createLedger` accepts for its limits. */
const least = { checks: 2, writes: 16, valueBytes: 16_384 };

/** Values of a real journal are about as long. */
const padding = "x".repeat(250);

function limitsOf(store: Store): typeof usual {
  return { ...usual, ...store.storage.limits };
}

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `k/${String(index).padStart(6, "0")}`);
}

export const limit_laws: Laws = {
  "the limits are whole numbers that a ledger can work with": async (store) => {
    for (const [name, value] of Object.entries(store.storage.limits ?? {})) {
      const bound = least[name as keyof typeof least];
      if (bound === undefined) fail(`\`limits.${name}\` is no limit`);
      if (!Number.isSafeInteger(value) || value < bound)
        fail(`\`limits.${name}\` is ${value}: the least is ${bound}`);
    }
  },

  "a commit of as many checks and writes as the limits allow is applied whole, and refused whole": async (
    store,
  ) => {
    const { checks, writes } = limitsOf(store);
    const keys = keysOf(writes);
    const absent = keys.slice(0, checks).map((key) => ({ key, revision: null }));
    const all = keys.map((key) => put(key, key + padding));
    same((await store.commit(absent, all)).ok, true, "the commit");
    same(await store.keys("k/", { limit: writes + 1 }), keys, "the keys");
    refused(
      await store.commit(absent, all),
      absent.map(({ key }) => key),
      "the stale keys of the same again",
    );
  },

  "a commit may delete as much as the limits allow": async (store) => {
    const keys = keysOf(limitsOf(store).writes);
    same(
      (
        await store.commit(
          [],
          keys.map((key) => put(key, "")),
        )
      ).ok,
      true,
      "the puts",
    );
    const deletes = keys.map((key) => ({ op: "delete" as const, key }));
    same((await store.commit([], deletes)).ok, true, "the deletes");
    same(await store.keys("k/"), [], "what is left");
  },

  "a commit may check more than it writes, and write more than it checks": async (store) => {
    const { checks, writes } = limitsOf(store);
    const absent = keysOf(checks).map((key) => ({ key, revision: null }));
    same((await store.commit(absent, [put("a", "1")])).ok, true, "many checks, one write");
    const many = keysOf(writes).map((key) => put(key, ""));
    const revision = await store.revision("a");
    same((await store.commit([{ key: "a", revision }], many)).ok, true, "one check, many writes");
  },

  "a value may be as long as the limits say, and as long as the ledger's longest": async (store) => {
    const bytes = Math.min(limitsOf(store).valueBytes, value_bytes_max);
    const values = { ascii: "x".repeat(bytes), wide: "世".repeat(Math.floor(bytes / 3)) };
    await store.put(values);
    for (const [key, value] of Object.entries(values)) same(await store.value(key), value, key);
  },

  "sixteen of the longest values are committed at once": async (store) => {
    const value = "é".repeat(Math.min(limitsOf(store).valueBytes, value_bytes_max) / 2);
    const keys = keysOf(least.writes);
    same(
      (
        await store.commit(
          [],
          keys.map((key) => put(key, value)),
        )
      ).ok,
      true,
      "the commit",
    );
    for (const [index, entry] of (await store.get(...keys)).entries())
      same(entry?.value, value, `the value of ${keys[index]}`);
    const listed = await store.list({ prefix: "k/", limit: 100 });
    same(listed.length, keys.length, "the number of listed values");
  },
};
