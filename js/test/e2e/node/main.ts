/** A process that plays (`main.ts play <file>`) or reviews (`main.ts review <file>`) the main job on an SQLite file. */
import { DatabaseSync } from "node:sqlite";
import { createLedger, resolveRegions } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { play, played_at, review } from "../shared/job.ts";

const [, , part, file = ""] = process.argv;
const storage = sqliteStorage(new DatabaseSync(file));
const ledger = createLedger({ storage, catalog: cloutly, now: () => played_at });
console.log(JSON.stringify(part === "play" ? await play(ledger, resolveRegions) : await review(ledger)));
