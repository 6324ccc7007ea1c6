/** The store of `node:sqlite` through `better-sqlite3`, whose databases have the same shape. */
import assert from "node:assert/strict";
import path from "node:path";
import { after, describe, test } from "node:test";
import Database from "better-sqlite3";
import { createLedger, createLedgerSync } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { hold } from "./support/conformance.ts";
import { databases, temporaryFolder } from "./support/files.ts";
import { au_number, catalog, noon, openAcme } from "./support/ledgers.ts";
import { sqliteSubject } from "./support/sqlite.ts";

const open_databases: Database.Database[] = [];
after(() => {
  for (const database of open_databases) database.close();
});
function open(file: string): Database.Database {
  const database = new Database(file);
  open_databases.push(database);
  return database;
}

describe("better-sqlite3, a file on disk", () => {
  hold(sqliteSubject(open));

  test("a commit is durable: write-ahead log, synchronous FULL", () => {
    const database = open(path.join(temporaryFolder(), "pragmas.sqlite"));
    sqliteStorage(database);
    const pragma = (name: string) => database.pragma(name, { simple: true });
    assert.deepEqual(["journal_mode", "synchronous", "busy_timeout"].map(pragma), ["wal", 2, 5_000]);
  });
});

describe("one file through both clients", () => {
  test("is the same ledger, and they race on it without a loss", async () => {
    const file = path.join(temporaryFolder(), "both.sqlite");
    const now = () => noon;
    openAcme(sqliteStorage(open(file)));
    const ledgers = [open(file), databases()(file)].map((database) =>
      createLedger({ storage: sqliteStorage(database), catalog, now }),
    );
    await Promise.all(
      ledgers.map(async (ledger, index) => {
        for (let round = 0; round < 40; round++) {
          await ledger.reserve({ id: `m${index}-${round}`, account: "acme", to: au_number, text: "hello" });
        }
      }),
    );
    const reader = createLedgerSync({ storage: sqliteStorage(open(file)), catalog, now });
    const { available, held } = reader.balance({ account: "acme" });
    assert.deepEqual([available, held], [170, 80]);
    assert.ok(reader.verify({ account: "acme" }).ok);
  });
});
