/** A process that has done its work and keeps a ledger: says what still runs, and ends only if that is nothing. */
import { createLedger, memoryStorage } from "sms-ledger";
import { au_number, catalog, noon, openAcme, slow } from "./ledgers.ts";

const memory = memoryStorage();
openAcme(memory);
const ledgers = [1, 2].map(() => createLedger({ storage: slow(memory), catalog, now: () => noon }));
// Two ledgers race for one account, so that each has waited for another try.
const calls = ledgers.flatMap((ledger, index) =>
  Array.from({ length: 20 }, (_, id) =>
    ledger.reserve({ id: `m${index}-${id}`, account: "acme", to: au_number, text: "hello" }),
  ),
);
await Promise.all(calls);
// What the last answer has set off is over within the tick.
await new Promise((resolve) => setImmediate(resolve));
const timers = process.getActiveResourcesInfo().filter((resource) => resource === "Timeout");
console.log(JSON.stringify({ answered: calls.length, timers: timers.length }));
