/** How a receipt is made of what a payload says: one rule for the stage and the code of every provider. */
import type { Stage } from "../catalog.ts";
import type { Receipt } from "./types.ts";

/** Stages by a provider's words, in lower case: providers do not agree with themselves on capitals. */
export type Stages = Readonly<Record<string, Stage>>;

export function stageOf(stages: Stages, word: string): Stage | undefined {
  const key = word.toLowerCase();
  return Object.hasOwn(stages, key) ? stages[key] : undefined;
}

/** What a payload says of one message. */
interface Told {
  reference: string;
  status: string;
  /** Undefined where the status is not in the provider's table. */
  stage: Stage | undefined;
  /** The provider's error code, where it is one. */
  error?: string | undefined;
  at?: string | undefined;
  to?: string | undefined;
  parts?: number | undefined;
}

/** Bytes of a code that `report` takes. */
const code_bytes_max = 256;

export function receiptOf({ reference, status, stage, error, at, to, parts }: Told): Receipt {
  const receipt: Receipt = { reference, stage: stage ?? "unknown", status };
  if (stage === undefined) receipt.code = shortened(status);
  else if (!arrives(stage)) receipt.code = shortened(error ?? status);
  if (at !== undefined) receipt.at = at;
  if (to !== undefined) receipt.to = to;
  if (parts !== undefined) receipt.parts = parts;
  return receipt;
}

/** Whether it has arrived, or still may. */
function arrives(stage: Stage): boolean {
  return stage === "accepted" || stage === "submitted" || stage === "delivered";
}

/** As many whole characters as fit. */
function shortened(code: string): string {
  const { read } = new TextEncoder().encodeInto(code, new Uint8Array(code_bytes_max));
  return code.slice(0, read);
}

/** An error code, unless it is one of those that say that there is no error (`0`, `000`). */
export function errorOf(code: string | undefined): string | undefined {
  return code === undefined || /^0+$/.test(code) ? undefined : code;
}
