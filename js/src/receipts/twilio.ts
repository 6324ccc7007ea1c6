/**
 * Twilio: status callbacks of outbound messages, a form of `MessageSid`, `MessageStatus` and, of messages that failed,
 * `ErrorCode`; or an event of Event Streams with the same in `data`.
 *
 * Read in November 2026: «Outbound Message Status in Status Callbacks»
 * (https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks), «Messages resource»
 * (https://www.twilio.com/docs/messaging/api/message-resource), «Outbound Message»
 * (https://www.twilio.com/docs/events/event-types/messaging/outbound-message).
 */
import { Fields, offsetOf, timeOf } from "./read.ts";
import { errorOf, receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt, ReceiptOptions } from "./types.ts";

export const stages: Stages = {
  accepted: "accepted",
  scheduled: "accepted",
  queued: "accepted",
  sending: "accepted",
  sent: "submitted",
  delivered: "delivered",
  // The recipient has opened it; of other channels than SMS.
  read: "delivered",
  undelivered: "undelivered",
  // It could not be sent.
  failed: "rejected",
  canceled: "rejected",
};

/** The receipt of a status callback: the form, as text, parsed or as an object, or an event of Event Streams. */
export function twilio(payload: unknown, options: ReceiptOptions = {}): Receipt {
  const offset = offsetOf(options);
  const fields = Fields.of(payload);
  if (fields.has("data")) return event(fields.below("data"));
  const status = fields.text("MessageStatus");
  return receiptOf({
    reference: fields.text("MessageSid"),
    status,
    stage: stageOf(stages, status),
    error: errorOf(fields.optional("ErrorCode")),
    // As the carrier wrote it, in whatever zone that is.
    at: timeOf(fields.optional("RawDlrDoneDate"), offset),
  });
}

function event(fields: Fields): Receipt {
  const status = fields.text("messageStatus");
  return receiptOf({
    reference: fields.text("messageSid"),
    status,
    stage: stageOf(stages, status),
    error: errorOf(fields.optional("errorCode")),
    at: timeOf(fields.optional("timestamp"), undefined),
    parts: fields.count("numberOfSegments"),
  });
}
