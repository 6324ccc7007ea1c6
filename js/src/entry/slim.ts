/** The entry without the module, for those who count bytes: they bring the `.wasm` file and start it themselves. */
import { invalidInput } from "../errors.ts";
import { compile } from "../host.ts";
import { module } from "./module.ts";

export * from "./whole.ts";

/**
 * Starts the module, from its bytes or a compiled `WebAssembly.Module` (`sms-ledger/sms_ledger.wasm`). To be called once,
 * before a ledger is made.
 */
export function initialize(wasm: BufferSource | WebAssembly.Module): void {
  module.start(wasm instanceof WebAssembly.Module ? wasm : compile(bytesOf(wasm)));
}

function bytesOf(source: unknown): Uint8Array {
  if (ArrayBuffer.isView(source)) return new Uint8Array(source.buffer, source.byteOffset, source.byteLength);
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  throw invalidInput(
    "wasm",
    "must be the module's bytes, such as `await response.arrayBuffer()`, or a `WebAssembly.Module`",
    source ?? null,
  );
}
