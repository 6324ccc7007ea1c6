/**
 * The laws of a store on a real Redis: through both clients, alone and as a cluster, where the server refuses keys of several slots. Then a
 * ledger whose server is killed again and again.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Cluster, Redis } from "ioredis";
import { createClient, createCluster } from "redis";
import {
  createLedger,
  isLedgerError,
  type Ledger,
  memoryStorage,
  type Storage,
  type SyncStorage,
} from "sms-ledger";
import { redisStorage, type SendRedisCommand } from "sms-ledger/redis";
import type { Severable } from "sms-ledger/testing";
import { hold } from "../support/conformance.ts";
import { au_number, catalog, contents, delay, noon } from "../support/ledgers.ts";
import { live, told } from "../support/lived.ts";
import { RedisServer } from "../support/redis.ts";

/** Connections that end after the file's tests. */
function connections() {
  const open: (() => unknown)[] = [];
  after(() => Promise.all(open.map((close) => close())));
  const quiet = (): void => {};
  return {
    async nodeRedis(server: RedisServer) {
      const client = createClient({ url: server.url }).on("error", quiet);
      open.push(() => client.destroy());
      await client.connect();
      return client;
    },
    ioRedis(server: RedisServer): Redis {
      const client = new Redis(server.port, "127.0.0.1").on("error", quiet);
      open.push(() => client.disconnect());
      return client;
    },
    async nodeRedisCluster(server: RedisServer): Promise<SendRedisCommand> {
      const cluster = createCluster({ rootNodes: [{ url: server.url }] });
      open.push(() => cluster.destroy());
      await cluster.connect();
      return (command, key) => cluster.sendCommand(key, false, command);
    },
    ioRedisCluster(server: RedisServer): Cluster {
      const cluster = new Cluster([{ host: "127.0.0.1", port: server.port }]);
      open.push(() => cluster.disconnect());
      return cluster;
    },
  };
}

const connect = connections();
const alone = await RedisServer.start();
const cluster = await RedisServer.start("--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1");
const bare = await connect.nodeRedis(alone);

before(async () => {
  const client = await connect.nodeRedis(cluster);
  await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
  while (!String(await client.sendCommand(["CLUSTER", "INFO"])).includes("cluster_state:ok")) await delay(10);
});

/** Each with a connection of its own, which the server breaks off. The clients connect again; ioredis sends again what was not answered. */
const severable: Record<string, () => Promise<Severable>> = {
  "node-redis": async () => {
    const client = await connect.nodeRedis(alone);
    const id = String(await client.sendCommand(["CLIENT", "ID"]));
    return { storage: redisStorage(client), sever: () => kill(id) };
  },
  ioredis: async () => {
    const client = connect.ioRedis(alone);
    const id = String(await client.call("CLIENT", "ID"));
    return { storage: redisStorage(client), sever: () => kill(id) };
  },
};

async function kill(id: string): Promise<void> {
  await bare.sendCommand(["CLIENT", "KILL", "ID", id]);
}

const clients: Record<string, () => Promise<Storage>> = {
  "node-redis": async () => redisStorage(await connect.nodeRedis(alone)),
  ioredis: async () => redisStorage(connect.ioRedis(alone)),
  "node-redis, a cluster": async () => redisStorage(await connect.nodeRedisCluster(cluster)),
  "ioredis, a cluster": async () => redisStorage(connect.ioRedisCluster(cluster)),
};

for (const [name, open] of Object.entries(clients)) {
  describe(`Redis through ${name}`, () => {
    let first: Promise<Storage> | undefined;
    let second: Promise<Storage> | undefined;
    hold({
      open: () => {
        first ??= open();
        return first;
      },
      reopen: () => {
        second ??= open();
        return second;
      },
      ...(severable[name] === undefined ? {} : { severable: severable[name] }),
    });
  });
}

const put = (key: string, value: string) => ({ op: "put" as const, key, value });

describe("keys in Redis", () => {
  test("an account's are in one slot, no two accounts' meet, and none expires", async () => {
    const names = ["", "%", "{", "}", "{}", "%7b", "%7B", "a}b", "a{b}", "{a", "a", "a:documents", "é", "😀"];
    const storage = redisStorage(bare, { prefix: "slots:" });
    for (const name of names) await storage.commit(name, { checks: [], writes: [put("k", `of ${name}`)] });
    for (const name of names) {
      const [entry] = await storage.get(name, ["k"]);
      assert.equal(entry?.value, `of ${name}`);
    }
    const keys = await bare.keys("slots:*");
    assert.equal(keys.length, 2 * names.length);
    const slots = new Set<string>();
    for (const key of keys) {
      assert.equal(await bare.ttl(key), -1, key);
      const tag = key.slice(key.indexOf("{"), key.indexOf("}") + 1);
      assert.ok(tag.length > 2, `${key} has an empty hash tag`);
      slots.add(tag);
    }
    assert.equal(slots.size, names.length);
  });

  test("a prefix that would say where keys belong is refused", () => {
    assert.throws(() => redisStorage(bare, { prefix: "{all}:" }), /without braces/);
  });
});

describe("what a client and a server do to a commit", () => {
  test("a server that does not know the script is told it", async () => {
    const storage = redisStorage(bare);
    await bare.sendCommand(["SCRIPT", "FLUSH"]);
    const result = await storage.commit("flushed", { checks: [], writes: [put("k", "1")] });
    assert.equal(result.ok, true);
    await bare.sendCommand(["SCRIPT", "FLUSH"]);
    assert.equal((await storage.list("flushed", { prefix: "", limit: 9 })).length, 1);
  });

  test("one that the client sends twice is applied once, and says so", async () => {
    const twice: SendRedisCommand = async (command) => {
      await bare.sendCommand(command);
      return bare.sendCommand(command);
    };
    const storage = redisStorage(twice);
    const writes = [put("head", "1"), put("record", "1")];
    const first = await storage.commit("twice", { checks: [{ key: "head", revision: null }], writes });
    assert.equal(first.ok, true);
    const again = await storage.commit("twice", { checks: [{ key: "head", revision: null }], writes });
    assert.deepEqual(again, { ok: false, stale: ["head"] });
  });

  test("a revision is not given again where the server has lost commits", async () => {
    const storage = redisStorage(bare);
    const commit = async () => {
      const result = await storage.commit("lost", { checks: [], writes: [put("head", "1")] });
      return result.ok && result.revision;
    };
    const before = await commit();
    await bare.del(await bare.keys("*{lost}*"));
    assert.notEqual(await commit(), before);
  });

  test("an answer that does not come is an unknown outcome", async () => {
    const storage = redisStorage(() => new Promise(() => {}), { timeoutMs: 20 });
    await assert.rejects(async () => storage.get("p", ["k"]), /Redis has not answered for 20 ms/);
    const ledger = createLedger({ storage, catalog, now: () => noon });
    await assert.rejects(ledger.balance({ account: "p" }), { code: "STORAGE_UNAVAILABLE" });
  });

  test("keys that are of another kind make it fail before anything is written", async () => {
    const storage = redisStorage(bare, { prefix: "wrong:" });
    await bare.set("wrong:{documents}:documents", "no hash");
    await bare.set("wrong:{keys}:keys", "no sorted set");
    for (const partition of ["documents", "keys"]) {
      const commit = async () => storage.commit(partition, { checks: [], writes: [put("k", "1")] });
      await assert.rejects(commit, /WRONGTYPE/);
    }
    assert.deepEqual(await storage.get("keys", ["k"]), [null]);
  });
});

describe("an account that moves", () => {
  test("through Redis is the same to the byte, and answers the same", async () => {
    const [home, end] = [memoryStorage(), memoryStorage()];
    const redis = redisStorage(bare, { prefix: "moved:" });
    const over = (storage: Storage) => createLedger({ storage, catalog, now: () => noon });
    await live(over(home));
    const before = await told(over(home));
    await over(redis).importAccount(over(home).exportAccount({ account: "acme" }));
    assert.deepEqual(await told(over(redis)), before);
    await over(end).importAccount(over(redis).exportAccount({ account: "acme" }));
    const plain = (storage: SyncStorage) => contents(storage).map(({ key, value }) => [key, value]);
    assert.deepEqual(plain(end), plain(home));
    assert.deepEqual(await told(over(end)), before);
  });
});

/** Says the same until it is answered, as a queue does that delivers at least once. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isLedgerError(error) || !error.retryable) throw error;
      await delay(5);
    }
  }
}

describe("a server that is killed", () => {
  const kills = 5;
  const callers = 16;

  for (const name of ["node-redis", "ioredis"] as const) {
    test(`loses nothing that was answered, and doubles nothing: ${name}`, async () => {
      const server = await RedisServer.start();
      const client = name === "ioredis" ? connect.ioRedis(server) : await connect.nodeRedis(server);
      const ledger: Ledger = createLedger({
        storage: redisStorage(client, { timeoutMs: 200 }),
        catalog,
        now: () => noon,
      });
      await ledger.openAccount({ id: "acme", plan: "starter" });
      await ledger.adjust({ id: "a-1", account: "acme", segments: 100_000, reason: "a test" });
      let ended = false;
      let unknown = 0;
      const answered: string[] = [];
      const call = async (caller: number): Promise<void> => {
        for (let count = 0; !ended; count++) {
          const id = `m-${caller}-${count}`;
          await insist(async () => {
            try {
              await ledger.reserve({ id, account: "acme", to: au_number, text: "hello" });
            } catch (error) {
              if (isLedgerError(error) && error.outcomeUnknown) unknown += 1;
              throw error;
            }
          });
          answered.push(id);
        }
      };
      const calling = Array.from({ length: callers }, (_, caller) => call(caller));
      for (let kill = 0; kill < kills; kill++) {
        const before = answered.length;
        while (answered.length < before + 100) await delay(2);
        await server.kill();
        await delay(20);
        await server.restart();
      }
      const before = answered.length;
      while (answered.length < before + 100) await delay(2);
      ended = true;
      await Promise.all(calling);
      // ioredis connects again and sends again what was not answered, within the time-out.
      if (name === "node-redis") assert.ok(unknown > 0, "no kill came in between");
      // Another process, which knows nothing, finds just what was answered.
      const fresh = createLedger({
        storage: redisStorage(await connect.nodeRedis(server)),
        catalog,
        now: () => noon,
      });
      const { held } = await fresh.balance({ account: "acme" });
      assert.equal(held, answered.length);
      assert.equal((await fresh.verify({ account: "acme" })).ok, true);
      for (const id of answered.slice(-20)) {
        const again = await fresh.reserve({ id, account: "acme", to: au_number, text: "hello" });
        assert.equal(again.id, id);
      }
      assert.equal((await fresh.balance({ account: "acme" })).held, answered.length);
    });
  }
});
