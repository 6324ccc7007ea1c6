/** A process of its own that reserves messages, one after the other: `writer.ts <file> <name> <count>`. */
import { DatabaseSync } from "node:sqlite";
import { createLedger } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { au_number, catalog, noon } from "./ledgers.ts";

const [, , file = "", name = "", count = "0"] = process.argv;
const ledger = createLedger({ storage: sqliteStorage(new DatabaseSync(file)), catalog, now: () => noon });
let reserved = 0;
for (let id = 0; id < Number(count); id++) {
  await ledger.reserve({ id: `${name}-${id}`, account: "acme", to: au_number, text: "hello" });
  reserved += 1;
}
console.log(reserved);
