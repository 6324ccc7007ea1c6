/**
 * UCloud USMS: the push of status reports (`MsgType` 2, the receipts in `Data`), and the answer of `GetUSMSSendReceipt`
 * (`Data` with a `ReceiptSet` for each session). `SessionNo` is the id of a call that may have sent to many: the receipt
 * says the number as well.
 *
 * Read in November 2026: «Status Report Push» (https://docs.scloudsg.com/en/docs/usms/api_docs/ret_message/retStatus; the
 * words in Chinese: https://umcloud-fe.github.io/product/docs/usms/api_docs/ret_message), «Get USMS send status»
 * (https://ucloud-global.com/en/docs/api/usms-api/get_usms_send_receipt), the same of the international platform
 * (https://uspeedo.com/docs/zh-Hans/api_sdk/api/SMS/GetUSMSSendReceipt).
 */
import { invalidInput } from "../errors.ts";
import { Fields } from "./read.ts";
import { receiptOf, type Stages, stageOf } from "./receipt.ts";
import type { Receipt } from "./types.ts";

/** By `ReceiptResult`. */
export const stages: Stages = {
  success: "delivered",
  发送成功: "delivered",
  fail: "undelivered",
  发送失败: "undelivered",
  submitfail: "rejected",
  // The carrier has reported nothing. The name is written so.
  unknow: "unknown",
  状态未知: "unknown",
};

const status_reports = "2";

/** The receipts of a push, or of an answer to `GetUSMSSendReceipt`, in its order. */
export function ucloud(payload: unknown): Receipt[] {
  const fields = Fields.of(payload);
  const type = fields.optional("MsgType");
  if (type !== undefined && type !== status_reports)
    throw invalidInput("MsgType", `must be ${status_reports}, a push of status reports`, type);
  return fields.all("Data").flatMap((item) => {
    const reference = item.text("SessionNo");
    if (!item.has("ReceiptSet")) return one(item, reference);
    return item.all("ReceiptSet").map((receipt) => one(receipt, reference));
  });
}

function one(fields: Fields, reference: string): Receipt {
  const status = fields.text("ReceiptResult");
  return receiptOf({
    reference,
    status,
    stage: stageOf(stages, status),
    error: fields.optional("ReceiptCode"),
    at: fields.epoch("ReceiptTime", 1_000),
    to: fields.optional("Phone"),
    parts: fields.count("CostCount"),
  });
}
