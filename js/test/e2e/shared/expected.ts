/** What the main job comes to in this process, over memory: what every other runtime must come to. */
import { createLedger, memoryStorage, resolveRegions } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { play, played_at, review } from "./job.ts";

export async function expected(): Promise<{ played: unknown[]; reviewed: unknown }> {
  const ledger = createLedger({ storage: memoryStorage(), catalog: cloutly, now: () => played_at });
  const played = await play(ledger, resolveRegions);
  return JSON.parse(JSON.stringify({ played, reviewed: await review(ledger) }));
}
