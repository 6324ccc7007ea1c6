/** The cases that run inside a Durable Object of the real `workerd`, started by `wrangler dev` on this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { freePort } from "../demo/hosts/port.ts";
import type { Case } from "./cases.ts";

const wrangler = fileURLToPath(new URL("../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const config = fileURLToPath(new URL("worker/wrangler.jsonc", import.meta.url));
const ready_ms_max = 90_000;

export interface Workerd {
  /** Messages reserved and settled. */
  cases: Case[];
  /** Messages reserved. */
  reserves: Case[];
  stop(): Promise<void>;
}

async function answered(url: string, child: ChildProcess): Promise<void> {
  const end = Date.now() + ready_ms_max;
  for (;;) {
    const reply = await fetch(url).catch(() => undefined);
    if (reply?.ok === true) return;
    if (child.exitCode !== null || Date.now() > end) throw new Error("workerd did not start");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

export async function workerd(folder: string): Promise<Workerd> {
  const port = await freePort();
  const child = spawn(
    process.execPath,
    [
      wrangler,
      "dev",
      "--config",
      config,
      "--ip",
      "127.0.0.1",
      "--port",
      String(port),
      "--inspector-port",
      "0",
      "--persist-to",
      folder,
    ],
    { stdio: "ignore", env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" }, detached: true },
  );
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.pid === undefined || child.exitCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    process.kill(-child.pid, "SIGTERM");
    await ended;
  };
  try {
    await answered(`${url}/nothing?pairs=0&in-flight=1`, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const at = (path: string, name: string, inFlight: number, pairs: number): Case => ({
    name,
    inFlight,
    pairs,
    async round(count) {
      const reply = await fetch(`${url}/${path}?pairs=${count}&in-flight=${inFlight}`);
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
    stop,
  };
}
