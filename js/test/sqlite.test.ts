/** Ledgers over SQLite files: restarts, and several writers on one file. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { createLedger, createLedgerSync } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { databases, temporaryFolder } from "./support/files.ts";
import { au_number, catalog, noon, openAcme } from "./support/ledgers.ts";

const now = () => noon;
const folder = temporaryFolder();
const open = databases();
const message = (id: string) => ({ id, account: "acme", to: au_number, text: "hello" });

describe("a restart", () => {
  test("shows the same balance, packages, journal and answers", async () => {
    const file = path.join(folder, "restart.sqlite");
    const database = open(file);
    openAcme(sqliteStorage(database));
    const first = createLedger({ storage: sqliteStorage(database), catalog, now });
    const reserved = await first.reserve(message("m1"));
    await first.reserve(message("m2"));
    await first.report({ id: "m2", account: "acme", stage: "delivered" });
    const account = { account: "acme" };
    const before = [
      await first.balance(account),
      await first.packages(account),
      await first.entries(account),
    ];
    database.close();
    const second = createLedger({ storage: sqliteStorage(open(file)), catalog, now });
    assert.deepEqual(
      [await second.balance(account), await second.packages(account), await second.entries(account)],
      before,
    );
    assert.equal(JSON.stringify(await second.reserve(message("m1"))), JSON.stringify(reserved));
    assert.ok((await second.verify(account)).ok);
  });
});

describe("two ledgers on one file", () => {
  test("racing on one account lose nothing", async () => {
    const file = path.join(folder, "race.sqlite");
    openAcme(sqliteStorage(open(file)));
    const ledgers = [1, 2].map(() => createLedger({ storage: sqliteStorage(open(file)), catalog, now }));
    await Promise.all(
      ledgers.map(async (ledger, index) => {
        for (let round = 0; round < 20; round++) {
          const ids = [0, 1, 2].map((id) => `m${index}-${round}-${id}`);
          await Promise.all(ids.map((id) => ledger.reserve(message(id))));
          await Promise.all(ids.map((id) => ledger.settle({ id, account: "acme" })));
        }
      }),
    );
    for (const ledger of ledgers) {
      const { available, held, spent } = await ledger.balance({ account: "acme" });
      assert.deepEqual([available, held, spent], [130, 0, 120]);
      assert.ok((await ledger.verify({ account: "acme" })).ok);
    }
  });

  test("in two processes lose nothing", async () => {
    const file = path.join(folder, "processes.sqlite");
    openAcme(sqliteStorage(open(file)));
    const run = promisify(execFile);
    const writer = path.join(import.meta.dirname, "support/writer.ts");
    const processes = ["a", "b"].map((name) =>
      run(process.execPath, [
        "--disable-warning=ExperimentalWarning",
        writer,
        "sqlite",
        file,
        name,
        "0",
        "60",
      ]),
    );
    const outputs = await Promise.all(processes);
    assert.deepEqual(
      outputs.map(({ stdout }) => stdout.trim().split("\n").length),
      [60, 60],
    );
    const ledger = createLedgerSync({ storage: sqliteStorage(open(file)), catalog, now });
    const { available, held } = ledger.balance({ account: "acme" });
    assert.deepEqual([available, held], [130, 120]);
    assert.ok(ledger.verify({ account: "acme" }).ok);
  });
});
