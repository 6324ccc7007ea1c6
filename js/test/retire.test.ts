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
    await assert.rejects(ledger.reserve(message("late")), moved);
    await assert.rejects(ledger.balance({ account }), moved);
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
