/** The end of an account in the store that it leaves: one of two books takes commands, never both. */
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import { createLedger, createLedgerSync, type Ledger, memoryStorage, type Storage } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { databases, temporaryFolder } from "./support/files.ts";
import { au_number, catalog, contents, noon } from "./support/ledgers.ts";
import { live, told } from "./support/lived.ts";

const account = "acme";
const ledgerOf = (storage: Storage): Ledger => createLedger({ storage, catalog, now: () => noon });
const message = (id: string) => ({ id, account, to: au_number, text: `hello ${id}` });
const moved = { code: "ACCOUNT_MOVED", retryable: false, details: { account } };

async function linesOf(storage: Storage): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of ledgerOf(storage).exportAccount({ account })) lines.push(line);
  return lines;
}

const documents = (storage: Parameters<typeof contents>[0]) =>
  contents(storage).map(({ key, value }) => [key, value]);

/** A store in which the account has lived. */
async function lived() {
  const storage = memoryStorage();
  await live(ledgerOf(storage));
  return storage;
}

describe("an account that is retired", () => {
  test("takes no command any more, of whoever had it in memory either", async () => {
    const storage = await lived();
    const [old, other] = [ledgerOf(storage), ledgerOf(storage)];
    for (const ledger of [old, other]) await ledger.balance({ account });
    await old.retireAccount({ account });
    const before = documents(storage);
    for (const ledger of [other, old, ledgerOf(storage)]) {
      await assert.rejects(ledger.reserve(message("late")), moved);
      await assert.rejects(ledger.adjust({ id: "a", account, segments: 1, reason: "a gift" }), moved);
      await assert.rejects(ledger.openAccount({ id: account }), moved);
      await assert.rejects(ledger.advance({ account }), moved);
      await assert.rejects(ledger.balance({ account }), moved);
    }
    assert.throws(
      () => createLedgerSync({ storage, catalog, now: () => noon }).reserve(message("late")),
      moved,
    );
    assert.deepEqual(documents(storage), before);
  });

  test("takes no command of the only writer of a store either", async () => {
    const storage = { ...(await lived()), exclusive: true };
    const ledger = ledgerOf(storage);
    await ledger.reserve(message("in-time"));
    await ledger.retireAccount({ account });
    await assert.rejects(ledger.balance({ account }), moved);
    await assert.rejects(ledger.order({ account, id: "o-2" }), moved);
    await assert.rejects(ledger.reserve(message("late")), moved);
    await ledger.deleteAccount({ account });
    await assert.rejects(ledger.balance({ account }), { code: "UNKNOWN_ACCOUNT" });
    await assert.rejects(ledger.reserve(message("late")), { code: "UNKNOWN_ACCOUNT" });
    assert.deepEqual(documents(storage), []);
  });

  test("is answered for by the only writer as it is after each change, also of what was asked meanwhile", async () => {
    const storage = { ...(await lived()), exclusive: true };
    const ledger = ledgerOf(storage);
    const lines = await linesOf(storage);
    const before = await ledger.balance({ account });
    // The account is on its way into memory while its head changes.
    const fresh = ledgerOf({
      ...storage,
      list: (partition, range) => Promise.resolve(storage.list(partition, range)),
    });
    const [asked] = await Promise.allSettled([fresh.balance({ account }), fresh.retireAccount({ account })]);
    if (asked.status === "rejected") assert.equal(asked.reason.code, "ACCOUNT_MOVED");
    await assert.rejects(fresh.balance({ account }), moved);
    await fresh.reinstateAccount({ account });
    assert.deepEqual(await fresh.balance({ account }), before);
    await fresh.reserve(message("again"));
    await fresh.retireAccount({ account });
    await fresh.deleteAccount({ account });
    await fresh.importAccount(lines);
    assert.deepEqual(await fresh.balance({ account }), before);
  });

  /** A ledger that notes what it has charged. */
  const paying = (storage: Storage) => {
    const charged: string[] = [];
    const payments = {
      charge({ order }: { order: string }) {
        charged.push(order);
        return { status: "unknown" as const };
      },
    };
    return { charged, ledger: createLedger({ storage, catalog, now: () => noon, payments }) };
  };

  test("is not charged for by whoever remembers an undecided order of it", async () => {
    for (const exclusive of [true, false]) {
      const { charged, ledger } = paying({ ...memoryStorage(), exclusive });
      await ledger.openAccount({ id: account, plan: "starter" });
      const quote = ledger.quote({ offer: "pack-au", quantity: 100 });
      const order = { id: "o-1", account, quote, payment: { method: "card" } };
      await ledger.purchase(order);
      await ledger.retireAccount({ account });
      await assert.rejects(ledger.purchase(order), moved);
      await assert.rejects(ledger.resumeOrders({ account }), moved);
      assert.deepEqual(charged, ["o-1"]);
    }
  });

  test("is not charged for where it is retired between the last look at an order and its charge", async () => {
    for (const step of ["commit", "list"] as const) {
      const storage = await lived();
      let armed = false;
      const retire = async () => {
        if (armed) await ledgerOf(storage).retireAccount({ account });
        armed = false;
      };
      const { charged, ledger } = paying({
        ...storage,
        async commit(partition, batch) {
          const result = storage.commit(partition, batch);
          if (step === "commit") await retire();
          return result;
        },
        async list(partition, range) {
          const found = storage.list(partition, range);
          if (step === "list") await retire();
          return found;
        },
      });
      await ledger.balance({ account });
      const quote = ledger.quote({ offer: "pack-au", quantity: 100 });
      armed = true;
      const call =
        step === "commit"
          ? ledger.purchase({ id: "o-9", account, quote, payment: { method: "card" } })
          : ledger.resumeOrders({ account });
      await assert.rejects(call, moved);
      assert.deepEqual(charged, []);
      await ledgerOf(storage).reinstateAccount({ account });
      await ledger.resumeOrders({ account });
      assert.deepEqual(charged, step === "commit" ? ["o-2", "o-9"] : ["o-2"]);
    }
  });

  test("an order that is stored and cannot be looked at again is told as one of unknown outcome", async () => {
    const storage = memoryStorage();
    let down = false;
    const { charged, ledger } = paying({
      ...storage,
      get(partition, keys) {
        if (down) throw new Error("the store is down");
        return storage.get(partition, keys);
      },
      commit(partition, batch) {
        const result = storage.commit(partition, batch);
        down = batch.writes.some(({ key }) => key.startsWith("order/"));
        return result;
      },
    });
    await ledger.openAccount({ id: account, plan: "starter" });
    const quote = ledger.quote({ offer: "pack-au", quantity: 100 });
    const order = { id: "o-1", account, quote, payment: { method: "card" } };
    await assert.rejects(ledger.purchase(order), {
      code: "STORAGE_UNAVAILABLE",
      retryable: true,
      outcomeUnknown: true,
    });
    assert.deepEqual(charged, []);
    down = false;
    await ledger.purchase(order);
    assert.deepEqual(charged, ["o-1"]);
  });

  test("is retired over a restart, on disk", async () => {
    const open = databases();
    const file = path.join(temporaryFolder(), "old.sqlite");
    const old = ledgerOf(sqliteStorage(open(file)));
    await old.openAccount({ id: account, plan: "starter" });
    await old.retireAccount({ account });
    await assert.rejects(ledgerOf(sqliteStorage(open(file))).reserve(message("late")), moved);
  });

  test("is exported as before, goes on elsewhere, and is deleted", async () => {
    const storage = await lived();
    const [before, answers] = [await linesOf(storage), await told(ledgerOf(storage))];
    const there = documents(storage);
    const old = ledgerOf(storage);
    await old.retireAccount({ account });
    await old.retireAccount({ account });
    assert.deepEqual(await linesOf(storage), before);
    const target = memoryStorage();
    await ledgerOf(target).importAccount(old.exportAccount({ account }));
    assert.deepEqual(documents(target), there);
    assert.deepEqual(await told(ledgerOf(target)), answers);
    // It may come back, once nothing of it is left.
    await assert.rejects(old.importAccount(before), {
      code: "ACCOUNT_EXISTS",
      message: /retired here: delete it/,
    });
    await old.deleteAccount({ account });
    await old.deleteAccount({ account });
    assert.deepEqual(documents(storage), []);
    await assert.rejects(old.balance({ account }), { code: "UNKNOWN_ACCOUNT" });
    await old.importAccount(ledgerOf(target).exportAccount({ account }));
    assert.deepEqual(documents(storage), there);
  });

  test("is reinstated where it goes on here after all", async () => {
    const storage = await lived();
    const [there, answers] = [documents(storage), await told(ledgerOf(storage))];
    const ledger = ledgerOf(storage);
    await ledger.retireAccount({ account });
    await ledger.reinstateAccount({ account });
    await ledger.reinstateAccount({ account });
    assert.deepEqual(documents(storage), there);
    assert.deepEqual(await told(ledger), answers);
    await ledger.reserve(message("again"));
  });

  test("while others write it is retired between two of their commits", async () => {
    const storage = memoryStorage();
    const ledger = ledgerOf(storage);
    await live(ledger);
    const ids = Array.from({ length: 40 }, (_, index) => `race-${index}`);
    const results = Promise.allSettled(ids.map((id) => ledger.reserve(message(id))));
    await ledgerOf(storage).retireAccount({ account });
    await results;
    await ledgerOf(storage).reinstateAccount({ account });
    assert.equal((await ledgerOf(storage).verify({ account })).ok, true);
  });

  test("through callbacks that fail is retired or not, and the same again ends it", async () => {
    for (const call of ["retireAccount", "reinstateAccount", "deleteAccount"] as const) {
      for (let count = 1; count < 12; count++) {
        const storage = await lived();
        const ledger = ledgerOf(storage);
        if (call !== "retireAccount") await ledger.retireAccount({ account });
        let calls = 0;
        const dying: Storage = {
          ...storage,
          commit(partition, batch) {
            calls += 1;
            const result = storage.commit(partition, batch);
            if (calls === count) throw new Error("the process is gone");
            return result;
          },
        };
        const ended = await ledgerOf(dying)
          [call]({ account })
          .then(() => true)
          .catch(() => false);
        await ledger[call]({ account });
        if (call === "reinstateAccount") await ledger.reserve(message("again"));
        else if (call === "retireAccount") await assert.rejects(ledger.reserve(message("late")), moved);
        else assert.deepEqual(documents(storage), []);
        if (ended) break;
      }
    }
  });
});

describe("an account that is deleted", () => {
  const open = databases();
  for (const [name, storage] of [
    ["memory", () => memoryStorage()],
    ["SQLite", () => sqliteStorage(open(":memory:"))],
  ] as const) {
    test(`is written by nobody who remembers it, over ${name}`, async () => {
      const store = storage();
      await live(ledgerOf(store));
      const lines = await linesOf(store);
      const others = [ledgerOf(store), ledgerOf(store), ledgerOf(store)] as const;
      for (const other of others) await other.balance({ account });
      await ledgerOf(store).retireAccount({ account });
      await ledgerOf(store).deleteAccount({ account });
      const nothing = await store.list(account, { prefix: "", limit: 1 });
      const late = [
        others[0].reserve(message("late")),
        others[0].adjust({ id: "a-9", account, segments: 1, reason: "late" }),
        others[0].balance({ account }),
        others[1].settle({ id: "m-100", account }),
      ];
      await Promise.all(late.map((call) => assert.rejects(call, { code: "UNKNOWN_ACCOUNT" })));
      assert.deepEqual(await store.list(account, { prefix: "", limit: 1 }), nothing);
      // Whoever opens it anew has an account without a past; whoever remembers the past learns of that.
      await others[1].openAccount({ id: account });
      await assert.rejects(others[2].settle({ id: "m-100", account }), { code: "UNKNOWN_HOLD" });
      assert.equal((await others[2].balance({ account })).available, 0);
      await ledgerOf(store).retireAccount({ account });
      await ledgerOf(store).deleteAccount({ account });
      await ledgerOf(store).importAccount(lines);
      assert.deepEqual(await told(others[2]), await told(ledgerOf(store)));
      await others[1].reserve(message("again"));
      assert.equal((await others[2].verify({ account })).ok, true);
    });
  }
});

describe("an account whose documents are deleted behind the ledger's back", () => {
  const deleted = async (storage: Storage, prefix: string): Promise<void> => {
    const there = await storage.list(account, { prefix, limit: 100_000 });
    assert.ok(there.length > 0);
    const writes = there.map(({ key }) => ({ op: "delete" as const, key }));
    await storage.commit(account, { checks: [], writes });
  };

  test("is none any more, for those too who remember it", async () => {
    const storage = await lived();
    const others = [ledgerOf(storage), ledgerOf(storage)] as const;
    for (const other of others) await other.balance({ account });
    await deleted(storage, "");
    const late = [
      others[0].reserve(message("late")),
      others[0].balance({ account }),
      others[0].settle({ id: "m-100", account }),
    ];
    await Promise.all(late.map((call) => assert.rejects(call, { code: "UNKNOWN_ACCOUNT" })));
    assert.deepEqual(await storage.list(account, { prefix: "", limit: 1 }), []);
    // It is opened anew by an explicit word only, and without a past.
    await others[1].openAccount({ id: account });
    assert.equal((await others[0].balance({ account })).available, 0);
    assert.equal((await others[0].verify({ account })).ok, true);
  });

  test("in part is damaged, and is told to be", async () => {
    const storage = await lived();
    await deleted(storage, "package/open/");
    for (const call of ["balance", "packages"] as const)
      await assert.rejects(ledgerOf(storage)[call]({ account }), { code: "STORAGE_CORRUPT" });
    await assert.rejects(ledgerOf(storage).reserve(message("late")), { code: "STORAGE_CORRUPT" });
  });
});

describe("an account that is not retired", () => {
  test("is not deleted", async () => {
    const storage = await lived();
    const there = documents(storage);
    await assert.rejects(ledgerOf(storage).deleteAccount({ account }), {
      code: "ACCOUNT_EXISTS",
      message: /is in use: only one that is retired can be deleted/,
    });
    assert.deepEqual(documents(storage), there);
  });

  test("but unknown is told with the words of every call", async () => {
    const ledger = ledgerOf(memoryStorage());
    const unknown = { code: "UNKNOWN_ACCOUNT", message: "`acme` is not an account: open it first" };
    for (const call of [
      ledger.balance({ account }),
      ledger.exportAccount({ account }).next(),
      ledger.retireAccount({ account }),
      ledger.reinstateAccount({ account }),
    ])
      await assert.rejects(call, unknown);
    await ledger.deleteAccount({ account });
  });
});

describe("an error", () => {
  test("has its code in a log, and names the call whose input it refuses", async () => {
    const ledger = ledgerOf(memoryStorage());
    const error = await ledger.balance({ account }).catch((thrown: unknown) => thrown);
    assert.equal(String(error), "LedgerError [UNKNOWN_ACCOUNT]: `acme` is not an account: open it first");
    for (const name of [
      "reserve",
      "settle",
      "balance",
      "purchase",
      "estimate",
      "preview",
      "retireAccount",
    ] as const)
      await assert.rejects(ledger[name](7 as never), {
        code: "INVALID_INPUT",
        message: `the input of \`${name}\` must be a plain object`,
      });
  });
});
