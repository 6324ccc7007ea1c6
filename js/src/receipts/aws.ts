/**
 * AWS: the events of End User Messaging SMS (`eventType`), those of Amazon Pinpoint (`event_type`), and the delivery logs of
 * SMS that Amazon SNS sent; each by itself, or in the envelope of an SNS notification or an EventBridge event.
 *
 * Read in November 2026: «Event types for SMS, MMS, and voice»
 * (https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-types.html), «Example event data»
 * (https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html), «SMS events» of Pinpoint
 * (https://docs.aws.amazon.com/pinpoint/latest/developerguide/event-streams-data-sms.html), «Amazon SNS SMS delivery
 * monitoring» (https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html).
 */
import type { Stage } from "../catalog.ts";
import { Fields, offsetOf, timeOf } from "./read.ts";
import { receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt, ReceiptOptions } from "./types.ts";

/** By `eventType` without its `TEXT_` or `MEDIA_`, or by Pinpoint's `record_status`. */
export const stages: Stages = {
  queued: "accepted",
  sent: "accepted",
  pending: "submitted",
  // The carrier has it. Where the event says that it is the final one, no carrier will say more: see `final`.
  successful: "submitted",
  delivered: "delivered",
  // The number, or the message, is not valid.
  invalid: "rejected",
  invalid_message: "rejected",
  // By the account's own protect configuration.
  protect_blocked: "rejected",
  // It would have exceeded what the account may spend.
  max_price_exceeded: "rejected",
  opted_out: "rejected",
  unreachable: "undelivered",
  carrier_unreachable: "undelivered",
  blocked: "undelivered",
  carrier_blocked: "undelivered",
  spam: "undelivered",
  ttl_expired: "expired",
  // Not known, or nothing was heard within 72 hours.
  unknown: "unknown",
};

/** By the `status` of an SNS log. */
export const logs: Stages = {
  success: "delivered",
  failure: "undelivered",
};

/** The receipt of an event or a log, as an object or as its JSON, in an envelope or without. */
export function aws(payload: unknown, options: ReceiptOptions = {}): Receipt {
  const offset = offsetOf(options);
  let fields = Fields.of(payload);
  if (fields.has("Message")) fields = Fields.of(fields.text("Message", envelope_units_max));
  if (fields.has("detail")) fields = fields.below("detail");
  if (fields.has("event_type")) return pinpoint(fields);
  return fields.has("notification") ? log(fields, offset) : event(fields);
}

/** SNS carries at most 256 KiB. */
const envelope_units_max = 262_144;

function event(fields: Fields): Receipt {
  const status = fields.text("eventType");
  const word = status.replace(/^(?:TEXT|MEDIA)_/, "");
  const stage = stageOf(stages, word);
  return receiptOf({
    reference: fields.text("messageId"),
    status,
    stage: stage === undefined ? undefined : final(stage, word, fields.flag("isFinal")),
    error: fields.optional("messageStatus") ?? word,
    at: fields.epoch("eventTimestamp", 1),
    parts: fields.count("totalMessageParts"),
  });
}

function pinpoint(fields: Fields): Receipt {
  const attributes = fields.below("attributes");
  const status = attributes.text("record_status");
  const stage = stageOf(stages, status);
  return receiptOf({
    reference: attributes.text("message_id"),
    status,
    stage: stage === undefined ? undefined : final(stage, status, fields.text("event_type") !== buffered),
    at: fields.epoch("event_timestamp", 1),
    parts: attributes.count("number_of_message_parts"),
  });
}

/** The one event of Pinpoint after which another follows. */
const buffered = "_SMS.BUFFERED";

/** A stage in the light of whether anything follows: what the carrier has accepted, and no more will be heard of, counts as arrived. */
function final(stage: Stage, word: string, last: boolean | undefined): Stage {
  if (last === true && word.toLowerCase() === "successful") return "delivered";
  if (last === false && stage !== "accepted" && stage !== "unknown") return "submitted";
  return stage;
}

function log(fields: Fields, offset: string | undefined): Receipt {
  const notification = fields.below("notification");
  const delivery = fields.has("delivery") ? fields.below("delivery") : undefined;
  const status = fields.text("status");
  return receiptOf({
    reference: notification.text("messageId"),
    status,
    stage: stageOf(logs, status),
    error: delivery?.optional("providerResponse"),
    at: timeOf(notification.optional("timestamp"), offset),
    parts: delivery?.count("numberOfMessageParts"),
  });
}
