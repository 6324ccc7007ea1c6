/**
 * Plivo: message status callbacks, a form or a query of `MessageUUID`, `Status` and, of messages that failed, `ErrorCode`.
 *
 * Read in November 2026: «Message Status Callbacks»
 * (https://plivo.com/docs/messaging/api/message/message-status-callbacks), «What are the different SMS statuses in Plivo»
 * (https://support.plivo.com/hc/en-us/articles/360041315292-What-are-the-different-SMS-statuses-in-Plivo), «What happens to
 * my SMS message after I send it» (https://support.plivo.com/support/solutions/articles/17000012019).
 */
import { Fields, offsetOf, timeOf } from "./read.ts";
import { errorOf, receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt, ReceiptOptions } from "./types.ts";

export const stages: Stages = {
  queued: "accepted",
  sent: "submitted",
  delivered: "delivered",
  // Of WhatsApp.
  read: "delivered",
  undelivered: "undelivered",
  // An error before it was handed to a carrier.
  failed: "rejected",
  rejected: "rejected",
};

/** The receipt of a status callback: the form or query, as text, parsed or as an object. */
export function plivo(payload: unknown, options: ReceiptOptions = {}): Receipt {
  const offset = offsetOf(options);
  const fields = Fields.of(payload);
  const status = fields.text("Status");
  return receiptOf({
    reference: fields.text("MessageUUID"),
    status,
    stage: stageOf(stages, status),
    error: errorOf(fields.optional("ErrorCode")),
    at: timeOf(fields.optional("DeliveryReportTime"), offset),
    parts: fields.count("Units"),
  });
}
