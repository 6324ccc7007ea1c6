/** What a command costs in calls to the store. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLedger, createLedgerSync, memoryStorage, type Storage } from "sms-ledger";
import { acmeStorage, au_number, catalog, counting, delay, noon, openAcme } from "./support/ledgers.ts";

const now = () => noon;
const message = (id: string) => ({ id, account: "acme", to: au_number, text: "hello" });

describe("a reserve on a cached account", () => {
  test("reads nothing and commits once", async () => {
    const { storage, calls } = counting(acmeStorage());
    const ledger = createLedger({ storage, catalog, now });
    await ledger.reserve(message("m0"));
    for (let id = 1; id <= 20; id++) {
      Object.assign(calls, { get: 0, list: 0, commit: 0 });
      await ledger.reserve(message(`m${id}`));
      assert.deepEqual([calls.get, calls.list, calls.commit], [0, 0, 1]);
      await ledger.settle({ id: `m${id}`, account: "acme" });
      assert.deepEqual([calls.get, calls.list, calls.commit], [0, 0, 2]);
    }
  });

  test("does so over a synchronous store as well", () => {
    const { storage, calls } = counting(acmeStorage());
    const ledger = createLedgerSync({ storage, catalog, now });
    ledger.reserve(message("m0"));
    Object.assign(calls, { get: 0, list: 0, commit: 0 });
    ledger.reserve(message("m1"));
    assert.deepEqual([calls.get, calls.list, calls.commit], [0, 0, 1]);
  });

  test("costs an exclusive store no read for a balance either", async () => {
    const { storage, calls } = counting({ ...acmeStorage(), exclusive: true });
    const ledger = createLedger({ storage, catalog, now });
    await ledger.reserve(message("m0"));
    Object.assign(calls, { get: 0, list: 0, commit: 0 });
    await ledger.balance({ account: "acme" });
    await ledger.preview({ account: "acme", to: au_number, text: "hello" });
    assert.deepEqual([calls.get, calls.list, calls.commit], [0, 0, 0]);
  });
});

describe("many reserves at once", () => {
  for (const [kind, milliseconds] of [
    ["at once", 0],
    ["later", 2],
  ] as const) {
    test(`256 on one account share commits over a store that answers ${kind}`, async () => {
      const memory = acmeStorage();
      const waiting: Storage = {
        ...memory,
        commit: (p, batch) => delay(milliseconds).then(() => memory.commit(p, batch)),
      };
      const { storage, calls } = counting(milliseconds === 0 ? memory : waiting);
      const ledger = createLedger({ storage, catalog, now });
      const all = Array.from({ length: 200 }, (_, id) => ledger.reserve(message(`m${id}`)));
      // Some come while the first commit is on its way.
      await delay(1);
      all.push(...Array.from({ length: 50 }, (_, id) => ledger.reserve(message(`late${id}`))));
      const refused = Array.from({ length: 6 }, (_, id) =>
        assert.rejects(ledger.reserve(message(`too-many${id}`))),
      );
      const reserved = await Promise.all(all);
      await Promise.all(refused);
      assert.ok(calls.commit <= 4, `${calls.commit} commits`);
      // In the order in which they were said, each seeing those before it.
      assert.deepEqual(
        reserved.map(({ available }) => available),
        Array.from({ length: 250 }, (_, index) => 249 - index),
      );
      const balance = await ledger.balance({ account: "acme" });
      assert.deepEqual([balance.available, balance.held], [0, 250]);
    });
  }

  test("a small store gets small commits", async () => {
    const memory = acmeStorage();
    const sizes: number[] = [];
    const storage: Storage = {
      ...memory,
      limits: { checks: 9, writes: 20 },
      commit(partition, batch) {
        sizes.push(batch.checks.length, batch.writes.length);
        assert.ok(batch.checks.length <= 9 && batch.writes.length <= 20);
        return memory.commit(partition, batch);
      },
    };
    const ledger = createLedger({ storage, catalog, now });
    await Promise.all(Array.from({ length: 100 }, (_, id) => ledger.reserve(message(`m${id}`))));
    assert.ok(sizes.length > 20);
  });
});

describe("an answer", () => {
  test("leaves only after its commit", async () => {
    const memory = acmeStorage();
    let commit = (): void => {};
    const gate = new Promise<void>((resolve) => {
      commit = resolve;
    });
    const storage: Storage = { ...memory, commit: (p, batch) => gate.then(() => memory.commit(p, batch)) };
    const ledger = createLedger({ storage, catalog, now });
    let answered = false;
    const answer = ledger.reserve(message("m1")).then((reserved) => {
      answered = true;
      return reserved;
    });
    await delay(10);
    assert.equal(answered, false);
    commit();
    assert.equal((await answer).available, 249);
  });
});

describe("a queue", () => {
  test("that is full refuses early and keeps what it has", async () => {
    const memory = acmeStorage();
    const storage: Storage = {
      ...memory,
      commit: (p, batch) => delay(2).then(() => memory.commit(p, batch)),
    };
    const ledger = createLedger({ storage, catalog, now, queue: 10 });
    const results = await Promise.allSettled(
      Array.from({ length: 15 }, (_, id) => ledger.reserve(message(`m${id}`))),
    );
    const refused = results.filter((result) => result.status === "rejected");
    assert.equal(refused.length, 5);
    for (const { reason } of refused) {
      assert.deepEqual(
        [reason.code, reason.retryable, "outcomeUnknown" in reason],
        ["OVERLOADED", true, false],
      );
    }
    assert.equal((await ledger.balance({ account: "acme" })).held, 10);
  });
});

describe("several accounts", () => {
  test("commit side by side", async () => {
    const memory = memoryStorage();
    openAcme(memory);
    const others = createLedger({ storage: memory, catalog, now });
    for (let id = 0; id < 5; id++) await others.openAccount({ id: `account-${id}`, plan: "starter" });
    let inFlight = 0;
    let most = 0;
    const storage: Storage = {
      ...memory,
      async commit(partition, batch) {
        inFlight += 1;
        most = Math.max(most, inFlight);
        await delay(2);
        inFlight -= 1;
        return memory.commit(partition, batch);
      },
    };
    const ledger = createLedger({ storage, catalog, now });
    await Promise.all(
      Array.from({ length: 50 }, (_, id) =>
        ledger.reserve({ ...message(`m${id}`), account: `account-${id % 5}` }),
      ),
    );
    assert.equal(most, 5);
  });
});
