/**
 * Sinch SMS REST API: the callbacks of delivery reports. `recipient_delivery_report_sms` is about one recipient;
 * `delivery_report_sms` about a batch, by status, with the recipients where it was asked for `full`. The id of either is the
 * batch's: the receipt says the number as well.
 *
 * Read in November 2026: «Delivery reports»
 * (https://developers.sinch.com/docs/sms/api-reference/sms/tag/Delivery-reports/), the types of Sinch's Node.js SDK
 * (`RecipientDeliveryReport`, `DeliveryReport`).
 */
import { invalidInput } from "../errors.ts";
import { Fields, timeOf } from "./read.ts";
import { errorOf, receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt } from "./types.ts";

export const stages: Stages = {
  queued: "accepted",
  dispatched: "submitted",
  delivered: "delivered",
  // Before it reached the network.
  aborted: "rejected",
  cancelled: "rejected",
  rejected: "rejected",
  // By the network: no such number, or it has opted out.
  deleted: "undelivered",
  failed: "undelivered",
  expired: "expired",
  // No delivery receipt, or none that could be read.
  unknown: "unknown",
};

/** The receipts of a callback: one, or one for each recipient of a batch. */
export function sinch(payload: unknown): Receipt[] {
  const fields = Fields.of(payload);
  const reference = fields.text("batch_id");
  if (!fields.has("statuses")) return [one(fields, reference, fields.text("recipient"))];
  return fields.all("statuses").flatMap((group) => {
    return recipients(group).map((recipient) => one(group, reference, recipient));
  });
}

function one(fields: Fields, reference: string, to: string): Receipt {
  const status = fields.text("status");
  return receiptOf({
    reference,
    status,
    stage: stageOf(stages, status),
    error: errorOf(fields.optional("code")),
    at: timeOf(fields.optional("operator_status_at") ?? fields.optional("at"), undefined),
    to,
    parts: fields.count("number_of_message_parts"),
  });
}

/** The numbers of a group; a summary, which has none, says of no message what became of it. */
function recipients(group: Fields): string[] {
  const path = group.at("recipients");
  if (!group.has("recipients"))
    throw invalidInput(path, "is missing; ask for reports that are `full` or `per_recipient`");
  return group.texts("recipients");
}
