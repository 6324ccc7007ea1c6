/** The main job within Deno on Deno KV: `main.ts play <database>` or `main.ts review <database>`. */
import { createLedger, resolveRegions } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { denoKvStorage } from "sms-ledger/deno-kv";
import { play, played_at, review } from "../shared/job.ts";

const [part, file = ""] = Deno.args;
const database = await Deno.openKv(file);
const ledger = createLedger({ storage: denoKvStorage(database), catalog: cloutly, now: () => played_at });
console.log(JSON.stringify(part === "play" ? await play(ledger, resolveRegions) : await review(ledger)));
database.close();
