/** The cases that run inside a Durable Object of the real `workerd`, started by `wrangler dev` on this machine. */
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Wrangler } from "../demo/hosts/wrangler.ts";
import type { Case } from "./cases.ts";

const config = fileURLToPath(new URL("worker/wrangler.jsonc", import.meta.url));

export interface Workerd {
  /** Messages reserved and settled. */
  cases: Case[];
  /** Messages reserved. */
  reserves: Case[];
  stop(): Promise<void>;
}

export async function workerd(folder: string): Promise<Workerd> {
  const ready = { path: "/nothing?pairs=0&in-flight=1", status: 200 };
  const worker = await Wrangler.start({ config, state: path.join(folder, "state"), ready });
  const at = (call: string, name: string, inFlight: number, pairs: number): Case => ({
    name,
    inFlight,
    pairs,
    async round(count) {
      const reply = await fetch(`${worker.url}/${call}?pairs=${count}&in-flight=${inFlight}`);
      if (!reply.ok) throw new Error(`workerd: ${await reply.text()}`);
    },
  });
  return {
    cases: [
      at("ours", "workerd, Durable Object: sms-ledger", 256, 5_120),
      at("ours", "workerd, Durable Object: sms-ledger", 1, 1_000),
      at("peer", "workerd, Durable Object: hand-written", 1, 1_000),
    ],
    reserves: [
      at("reserve", "sms-ledger, one by one", 1, 1_000),
      at("reserve", "sms-ledger, together", 256, 10_240),
      at("batch", "sms-ledger, `reserveBatch`", 1_000, 20_000),
      at("peer-reserve", "hand-written: conditional statement", 1, 2_000),
    ],
    stop: () => worker.stop(),
  };
}
