/**
 * Tencent Cloud SMS: the callback «SMS Sending Status Notification», a list. `report_status` says whether the message
 * was received; why not, `errmsg` says: one of the words of the second page, or a code of the carrier.
 *
 * Read in November 2026: «SMS Sending Status Notification» (https://www.tencentcloud.com/document/product/382/43547),
 * the field values of https://www.tencentcloud.com/document/product/382/35462.
 */
import { allOf, type Fields, offsetOf, opened, timeOf } from "./read.ts";
import { receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt, ReceiptOptions } from "./types.ts";

/** By `report_status`. */
export const stages: Stages = {
  success: "delivered",
  fail: "undelivered",
};

/** What an `errmsg` makes of a `FAIL`. */
export const failures: Stages = {
  undeliv: "undelivered",
  expired: "expired",
  // Refused by the carrier: sensitive words, a sender that is not registered.
  rejectd: "rejected",
  deleted: "undelivered",
  // The carrier refused the request: a number of the wrong form.
  subfail: "rejected",
  // It never reached the carrier.
  comfail: "rejected",
  wtnfail: "undelivered",
  // It failed; why, nobody knows.
  unknown: "undelivered",
};

/** The receipts of a callback, in its order. Its times are in no zone that it says. */
export function tencent(payload: unknown, options: ReceiptOptions = {}): Receipt[] {
  const offset = offsetOf(options);
  return allOf(opened(payload), "").map((fields) => one(fields, offset));
}

function one(fields: Fields, offset: string | undefined): Receipt {
  const status = fields.text("report_status");
  const error = fields.optional("errmsg");
  const stage = stageOf(stages, status);
  return receiptOf({
    reference: fields.text("sid"),
    status,
    stage: stage === "undelivered" && error !== undefined ? (stageOf(failures, error) ?? stage) : stage,
    error,
    at: timeOf(fields.optional("user_receive_time"), offset),
  });
}
