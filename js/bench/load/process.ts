/** One of several processes: reserves for an account from when it is told to, for so long, and says what it has done. */
import { once } from "node:events";
import { oursOnPostgres } from "./postgres.ts";
import type { Share } from "./processes.ts";
import { inStrands } from "./side.ts";

const [url = "", account = "", prefix = "", inFlight = "1", ms = "0"] = process.argv.slice(2);
const side = await oursOnPostgres(url, account);
const share: Share = { messages: 0, longest: 0 };

async function reserve(index: number): Promise<void> {
  const before = performance.now();
  await side.reserve(account, [`${prefix}-${index}`]);
  share.messages++;
  share.longest = Math.max(share.longest, performance.now() - before);
}

await reserve(0);
share.messages = 0;
share.longest = 0;
console.log("ready");
await once(process.stdin, "data");
const end = performance.now() + Number(ms);
let next = 0;
await inStrands(Number(inFlight), Number(inFlight), async () => {
  while (performance.now() < end) await reserve(++next);
});
console.log(JSON.stringify(share));
process.stdin.destroy();
await side.close();
