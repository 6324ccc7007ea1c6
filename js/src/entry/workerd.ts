/** The entry for workerd, which compiles a `.wasm` file that is imported and forbids to compile at run time. */
import * as glue from "../../generated/sms_ledger.js";
import { makeLedger, makeLedgerSync } from "../facade.ts";
import { type Glue, Module } from "../module.ts";
import type { Storage, SyncStorage } from "../storage/contract.ts";
import type { Ledger, LedgerOptions, SyncLedger } from "../types.ts";
// The bundled entry stands beside the module under this name.
import wasm from "./sms_ledger.wasm";

export * from "../api.ts";

const module = new Module(glue as unknown as Glue);
module.start(wasm);

/** A ledger over any store. Ready at once; it may be awaited. Throws a `LedgerError` for a bad catalog or option. */
export function createLedger(options: LedgerOptions<Storage>): Ledger {
  return makeLedger(module, options);
}

/** A ledger over a synchronous store: every call returns its answer or throws. */
export function createLedgerSync(options: LedgerOptions<SyncStorage>): SyncLedger {
  return makeLedgerSync(module, options);
}
