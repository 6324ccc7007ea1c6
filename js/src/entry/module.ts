/** The one module that everything of a package's entry asks; the entry itself starts it. */
import * as glue from "../../generated/sms_ledger.js";
import { type Glue, Module } from "../module.ts";

export const module: Module = new Module(glue as unknown as Glue);
