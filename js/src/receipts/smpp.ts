/**
 * SMPP 3.4: delivery receipts. Their text is that of appendix B of the specification, which leaves it to each message centre:
 * `id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E text:…`. So any order, any
 * capitals, missing fields and dates with seconds are read. Where the PDU carries them, `receipted_message_id` and
 * `message_state` (5.3.2.12, 5.3.2.35) come before the text.
 *
 * A receipt is about one PDU: a long message that was sent as several has as many, each with an id of its own. `sub` and
 * `dlvrd` count the recipients of a distribution list, not segments, and are not read.
 *
 * Read in November 2026: SMPP Protocol Specification v3.4 issue 1.2, appendix B and 5.2.28
 * (https://smpp.org/SMPP_v3_4_Issue1_2.pdf); of vendors, «SMPP - Delivery receipts»
 * (https://developer.8x8.com/connect/docs/smpp-delivery-receipts: `ENROUTE`) and «DLR Statuses»
 * (https://api.support.vonage.com/hc/en-us/articles/360018438551-DLR-Statuses: `FAILED`).
 */
import { invalidInput } from "../errors.ts";
import { Fields, offsetOf, timeOf } from "./read.ts";
import { errorOf, receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt, ReceiptOptions } from "./types.ts";

/** By `stat`, and by the names that 5.2.28 has for the same. */
export const stages: Stages = {
  scheduled: "accepted",
  enroute: "submitted",
  // With the network; many centres send it on the way. (The specification: read on the subscriber's behalf.)
  acceptd: "submitted",
  accepted: "submitted",
  delivrd: "delivered",
  delivered: "delivered",
  expired: "expired",
  deleted: "undelivered",
  undeliv: "undelivered",
  undeliverable: "undelivered",
  failed: "undelivered",
  rejectd: "rejected",
  rejected: "rejected",
  unknown: "unknown",
};

/** By the value of `message_state`. */
export const states: readonly string[] = [
  "SCHEDULED",
  "ENROUTE",
  "DELIVERED",
  "EXPIRED",
  "DELETED",
  "UNDELIVERABLE",
  "ACCEPTED",
  "UNKNOWN",
  "REJECTED",
];

/** The receipt of a `deliver_sm`: its text, or an object with `short_message` and the optional parameters. */
export function smpp(payload: unknown, options: ReceiptOptions = {}): Receipt {
  const offset = offsetOf(options);
  const pdu = new Fields(typeof payload === "string" ? { short_message: payload } : payload, "");
  const told = fieldsOf(shortMessage(pdu));
  const state = pdu.optional("message_state");
  const status = state === undefined ? told.stat : (states[Number(state)] ?? state);
  const reference = pdu.optional("receipted_message_id") ?? told.id;
  if (reference === undefined) throw invalidInput("id", "is missing; a delivery receipt begins `id:`");
  if (status === undefined) throw invalidInput("stat", "is missing; a delivery receipt has a `stat:`");
  return receiptOf({
    reference,
    status,
    stage: stageOf(stages, status),
    error: errorOf(told.err),
    at: timeOf(told.done, offset),
  });
}

/** `short_message`: a text, or what holds it as `message`. */
function shortMessage(pdu: Fields): string {
  const text = pdu.holds("short_message")
    ? pdu.below("short_message").optional("message", text_units_max)
    : pdu.optional("short_message", text_units_max);
  return text ?? "";
}

/** UTF-16 units of a text that is read: `message_payload` may carry far more than the 254 octets of `short_message`. */
const text_units_max = 4_096;

/** What a receipt's text says. */
interface Told {
  id?: string;
  stat?: string;
  err?: string;
  done?: string;
}

/** Where a field begins. The message's own text, which may hold anything, is the last. */
const field = /(?:^|[\s,;])(id|sub|dlvrd|submit[ _]?date|done[ _]?date|stat|err|text)[ \t]*[:=]/gi;

function fieldsOf(text: string): Told {
  const told: Record<string, string> = {};
  let name: string | undefined;
  let from = 0;
  const until = (end: number): void => {
    const value = text.slice(from, end).trim().toWellFormed();
    if (name !== undefined && value !== "" && !Object.hasOwn(told, name)) told[name] = value;
  };
  for (const found of text.matchAll(field)) {
    until(found.index);
    name = found[1]?.toLowerCase().replace(/[ _]?date$/, "");
    from = found.index + found[0].length;
    if (name === "text") return told;
  }
  until(text.length);
  return told;
}
