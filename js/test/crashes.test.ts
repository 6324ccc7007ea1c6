/** Processes that write to one SQLite file under load and are killed: nothing that was answered is lost, nothing is there twice. */
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { createLedger } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { crashes, killWriters, openForWriters } from "./support/crashes.ts";
import { databases, temporaryFolder } from "./support/files.ts";
import { catalog, noon } from "./support/ledgers.ts";

const open = databases();

test(`a process that writes to SQLite, killed ${crashes} times`, { timeout: 600_000 }, async (t) => {
  const file = path.join(temporaryFolder(), "crashes.sqlite");
  const storage = sqliteStorage(open(file));
  const ledger = () => createLedger({ storage, catalog, now: () => noon });
  await openForWriters(ledger());
  const killed = await killWriters({ store: "sqlite", where: file }, ledger, crashes);
  t.diagnostic(JSON.stringify(killed));
  assert.ok(killed.answered > crashes);
});
