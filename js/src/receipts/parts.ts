/** One receipt of several: of a long message whose parts are reported on one by one. */
import { invalidInput } from "../errors.ts";
import type { Receipt } from "./types.ts";

/**
 * What became of a message whose `parts` have receipts of their own: undefined until each part has a final one, of which the
 * first counts. Delivered where any part is, with `segments` where not all are; else what the first failed part says. Throws
 * `INVALID_INPUT` where the receipts are of more parts than that.
 */
export function wholeReceipt(receipts: readonly Receipt[], parts: number): Receipt | undefined {
  if (!Number.isSafeInteger(parts) || parts < 1)
    throw invalidInput("parts", "must be a whole number from 1 on", parts);
  if (!Array.isArray(receipts))
    throw invalidInput("receipts", "must be an array of receipts", receipts ?? null);
  const final = new Map<string, Receipt>();
  for (const receipt of receipts)
    if (isFinal(receipt) && !final.has(receipt.reference)) final.set(receipt.reference, receipt);
  if (final.size > parts)
    throw invalidInput("receipts", `are of ${final.size} parts; the message has ${parts}`);
  if (final.size < parts) return undefined;
  const ended = [...final.values()];
  const delivered = ended.filter(({ stage }) => stage === "delivered");
  const [told = ended[0]] = delivered;
  if (told === undefined || delivered.length === 0) return told;
  return delivered.length === parts ? told : { ...told, segments: delivered.length, parts };
}

function isFinal({ stage }: Receipt): boolean {
  return stage === "delivered" || stage === "undelivered" || stage === "rejected" || stage === "expired";
}
