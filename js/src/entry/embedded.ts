/**
 * The default entry: carries the module as text and starts it on import, at once, so that it works alike in Node, in
 * browsers and in every bundler.
 */
import { wasmBase64 } from "../../generated/wasm-base64.js";
import { compile, fromBase64 } from "../host.ts";
import { module } from "./module.ts";

export * from "./whole.ts";

module.start(compile(fromBase64(wasmBase64)));
