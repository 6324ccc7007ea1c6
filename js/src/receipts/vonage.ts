/**
 * Vonage: the delivery receipts of the SMS API (`messageId`, `status`, `err-code`), one for each *part* of a long message,
 * and the status callbacks of the Messages API (`message_uuid`, `status`, `error`), one for a message.
 *
 * Read in November 2026: «Delivery receipts» (https://developer.vonage.com/messaging/sms/guides/delivery-receipts), «DLR
 * Statuses» (https://api.support.vonage.com/hc/en-us/articles/360018438551-DLR-Statuses), «SMS Status Callbacks»
 * (https://developer.vonage.com/en/messages/concepts/sms-status-callbacks), «Messages API Status Callbacks»
 * (https://developer.vonage.com/en/messages/concepts/messages-status-callbacks), the error codes
 * https://api.support.vonage.com/hc/en-us/articles/204014733-Nexmo-SMS-Delivery-Error-Codes.
 */
import { Fields, timeOf } from "./read.ts";
import { errorOf, receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt } from "./types.ts";

export const stages: Stages = {
  // The carrier has accepted to send it.
  accepted: "submitted",
  buffered: "submitted",
  delivered: "delivered",
  expired: "expired",
  failed: "undelivered",
  rejected: "rejected",
  // Deleted from a queue.
  deleted: "undelivered",
  undelivered: "undelivered",
  unknown: "unknown",
  // The Messages API. Its `rejected` is also what expired, failed or is not known: the code says.
  submitted: "submitted",
  read: "delivered",
  // It could not connect to its provider.
  undeliverable: "rejected",
};

/** The receipt of a webhook call: the query or form, as text, parsed or as an object, or the JSON. */
export function vonage(payload: unknown): Receipt {
  const fields = Fields.of(payload);
  return fields.has("message_uuid") ? messages(fields) : sms(fields);
}

function sms(fields: Fields): Receipt {
  const status = fields.text("status");
  return receiptOf({
    reference: fields.text("messageId"),
    status,
    stage: stageOf(stages, status),
    error: errorOf(fields.optional("err-code")),
    // In UTC.
    at: timeOf(fields.optional("message-timestamp"), "Z"),
  });
}

function messages(fields: Fields): Receipt {
  const status = fields.text("status");
  return receiptOf({
    reference: fields.text("message_uuid"),
    status,
    stage: stageOf(stages, status),
    error: fields.has("error") ? fields.below("error").optional("title") : undefined,
    at: timeOf(fields.optional("timestamp"), undefined),
    parts: fields.has("sms") ? fields.below("sms").count("count_total") : undefined,
  });
}
