/**
 * Infobip: the delivery reports of its SMS API, `results` with a `status` and an `error` each. A status that is not in the
 * table by its name is taken by its group.
 *
 * Read in November 2026: «Response status and error codes»
 * (https://www.infobip.com/docs/essentials/api-essentials/response-status-and-error-codes), «Message status codes»
 * (https://www.infobip.com/docs/developer-resources/api-fundamentals/message-status-codes), «Receive outbound SMS message
 * report»
 * (https://www.infobip.com/docs/api/channels/sms/sms-messaging/logs-and-status-reports/receive-outbound-sms-message-report).
 */
import { Fields, timeOf } from "./read.ts";
import { receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt } from "./types.ts";

/** Those whose name says something else than their group. */
export const stages: Stages = {
  pending_accepted: "accepted",
  // With the operator, not yet with the recipient; a further report may follow.
  delivered_to_operator: "submitted",
  undeliverable_rejected_operator: "rejected",
  undeliverable_not_sent: "rejected",
  // Refused against fraud, in the groups EXPIRED (charged) and REJECTED.
  signals_blocked: "rejected",
};

export const groups: Stages = {
  // Forwarded to the operator.
  pending: "submitted",
  undeliverable: "undelivered",
  delivered: "delivered",
  expired: "expired",
  rejected: "rejected",
};

const no_error = "NO_ERROR";

/** The receipts of a webhook call or of an answer to a query for reports, in its order. */
export function infobip(payload: unknown): Receipt[] {
  return Fields.of(payload).all("results").map(one);
}

function one(fields: Fields): Receipt {
  const told = fields.below("status");
  const status = told.text("name");
  const group = told.optional("groupName");
  const error = fields.has("error") ? fields.below("error").optional("name") : undefined;
  return receiptOf({
    reference: fields.text("messageId"),
    status,
    stage: stageOf(stages, status) ?? (group === undefined ? undefined : stageOf(groups, group)),
    error: error === no_error ? undefined : error,
    at: timeOf(fields.optional("doneAt"), undefined),
    parts: fields.count("messageCount") ?? fields.count("smsCount"),
  });
}
