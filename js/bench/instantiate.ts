/** How long it takes from the module's bytes to a ledger that answers, in threads that have never seen it. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { median } from "./measure.ts";

export const moduleFile: string = fileURLToPath(import.meta.resolve("sms-ledger/sms_ledger.wasm"));

/** Milliseconds, the median of several threads. */
export async function instantiation(threads: number): Promise<number> {
  const times: number[] = [];
  for (let thread = 0; thread < threads; thread++) {
    times.push(
      await new Promise<number>((resolve, reject) => {
        const worker = new Worker(new URL(import.meta.url));
        worker.once("message", resolve);
        worker.once("error", reject);
      }),
    );
  }
  return median(times);
}

if (!isMainThread) {
  const { createLedger, initialize, memoryStorage } = await import("sms-ledger/slim");
  const { default: catalog } = await import("sms-ledger/catalogs/cloutly");
  const bytes = readFileSync(moduleFile);
  const start = performance.now();
  initialize(bytes);
  createLedger({ storage: memoryStorage(), catalog }).segments("Hello");
  parentPort?.postMessage(performance.now() - start);
}
