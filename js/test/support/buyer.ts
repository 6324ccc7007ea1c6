/** Buys a package over a SQLite file, and kills itself at a call to its host: before it is carried out, or after. */
import { appendFileSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { createLedgerSync } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { catalog, noon } from "./ledgers.ts";

const [file = "", charges = "", at = "0"] = process.argv.slice(2);
let left = Number(at);

/** Two places to die for each call. */
function step<T>(carryOut: () => T): T {
  if (--left === 0) process.kill(process.pid, "SIGKILL");
  const done = carryOut();
  if (--left === 0) process.kill(process.pid, "SIGKILL");
  return done;
}

const storage = sqliteStorage(new DatabaseSync(file));
const ledger = createLedgerSync({
  storage: {
    get: (partition, keys) => step(() => storage.get(partition, keys)),
    list: (partition, range) => step(() => storage.list(partition, range)),
    commit: (partition, batch) => step(() => storage.commit(partition, batch)),
  },
  catalog,
  now: () => noon,
  payments: {
    charge: ({ idempotencyKey }) =>
      step(() => {
        const known = readFileSync(charges, { encoding: "utf8", flag: "a+" }).includes(idempotencyKey);
        if (!known) appendFileSync(charges, `${idempotencyKey}\n`);
        return { status: "paid", reference: "pay-o1" };
      }),
  },
});
const quote = ledger.quote({ offer: "pack-au", quantity: 100 });
const order = ledger.purchase({ id: "o1", account: "acme", quote, payment: { method: "card" } });
process.stdout.write(order.state);
