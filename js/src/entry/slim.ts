/** The entry without the module, for those who count bytes: they bring the `.wasm` file and start it themselves. */
import * as glue from "../../generated/sms_ledger.js";
import { makeLedger, makeLedgerSync } from "../facade.ts";
import { compile } from "../host.ts";
import { type Glue, Module } from "../module.ts";
import type { Storage, SyncStorage } from "../storage/contract.ts";
import type { Ledger, LedgerOptions, SyncLedger } from "../types.ts";

export * from "../api.ts";

const module = new Module(glue as unknown as Glue);

/**
 * Starts the module, from its bytes or a compiled `WebAssembly.Module` (`sms-ledger/sms_ledger.wasm`). To be called once,
 * before a ledger is made.
 */
export function initialize(wasm: BufferSource | WebAssembly.Module): void {
  module.start(wasm instanceof WebAssembly.Module ? wasm : compile(bytesOf(wasm)));
}

function bytesOf(source: BufferSource): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  return new Uint8Array(source);
}

/** A ledger over any store. Ready at once; it may be awaited. Throws a `LedgerError` for a bad catalog or option. */
export function createLedger(options: LedgerOptions<Storage>): Ledger {
  return makeLedger(module, options);
}

/** A ledger over a synchronous store: every call returns its answer or throws. */
export function createLedgerSync(options: LedgerOptions<SyncStorage>): SyncLedger {
  return makeLedgerSync(module, options);
}
