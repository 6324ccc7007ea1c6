/** The entry for workerd, which compiles a `.wasm` file that is imported and forbids to compile at run time. */
import { module } from "./module.ts";
// The bundled entry stands beside the module under this name.
import wasm from "./sms_ledger.wasm";

export * from "./whole.ts";

module.start(wasm);
