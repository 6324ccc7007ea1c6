/**
 * A process of its own that reserves messages on the account `acme`, many at once, and prints each that is answered:
 * `writer.ts <sqlite | postgres> <file | url> <name> <from> <to> <in flight> [wait]`. Whatever fails and may be tried again is. With
 * `wait` it says `ready`, and begins when it is told something.
 */
import { once } from "node:events";
import { writeSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { Pool } from "pg";
import { createLedger, type Storage } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { postgresStorage } from "sms-ledger/postgres";
import { au_number, catalog, insist, noon } from "./ledgers.ts";

const [, , store = "", where = "", name = "", from = "0", to = "0", in_flight = "1", wait] = process.argv;

function storage(): Storage {
  if (store === "sqlite") return sqliteStorage(new DatabaseSync(where));
  const pool = new Pool({ connectionString: where, application_name: "sms-ledger-writer" });
  pool.on("error", () => {});
  return postgresStorage(pool);
}

const ledger = createLedger({ storage: storage(), catalog, now: () => noon });
let next = Number(from);

async function caller(): Promise<void> {
  while (next < Number(to)) {
    const index = next++;
    const message = { id: `${name}-${index}`, account: "acme", to: au_number, text: "hello" };
    const { available } = await insist(() => ledger.reserve(message));
    // At once and whole: what is printed was answered, whenever this process ends.
    writeSync(1, `${index} ${available}\n`);
  }
}

if (wait !== undefined) {
  // By now it is connected.
  await ledger.balance({ account: "acme" });
  writeSync(1, "ready\n");
  await once(process.stdin, "data");
}
await Promise.all(Array.from({ length: Number(in_flight) }, caller));
process.exit();
