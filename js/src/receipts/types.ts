/** What a provider's delivery report comes to, whoever the provider is. */
import type { Stage } from "../catalog.ts";

/** One message's delivery report. `ledger.report` takes it as `receipt`. */
export interface Receipt {
  /** The provider's id of the message: what its API answered when the message was sent. */
  reference: string;
  /** What happened; `unknown` where the provider says so, or where its status is not known here. */
  stage: Stage;
  /**
   * Why it has not arrived: the provider's error code as it writes it, its status where it gives none. 1 to 256 bytes.
   * Absent where it has arrived, or still may.
   */
  code?: string;
  /** How many segments have arrived, where `wholeReceipt` finds that not all have: `report` spends these and releases the rest. */
  segments?: number;
  /** When it happened, RFC 3339 in UTC; absent where the payload does not say, or not in which zone. */
  at?: string;
  /** The provider's own word. */
  status: string;
  /** The recipient as the provider writes it, where a message's id alone may stand for several recipients. */
  to?: string;
  /** Segments that the provider has cut the message into, delivered or not: for comparison, `report` does not use it. */
  parts?: number;
}

export interface ReceiptOptions {
  /**
   * Offset from UTC of times that a payload writes without one, such as `+08:00`. Without it such a time is left out of
   * the receipt: nobody says which zone it is in.
   */
  offset?: string;
}

/**
 * A function for each provider: from the payload of its webhook, as text, as a form or parsed, to the receipt or receipts in
 * it. They throw `INVALID_INPUT` with the path in the payload where something that is needed is missing or does not fit;
 * what is not known they ignore. None of them checks a signature.
 */
export interface Receipts {
  /** An event of End User Messaging SMS or Pinpoint, or a delivery log of SNS. */
  aws(payload: unknown, options?: ReceiptOptions): Receipt;
  infobip(payload: unknown): Receipt[];
  plivo(payload: unknown, options?: ReceiptOptions): Receipt;
  sinch(payload: unknown): Receipt[];
  /** The text of a delivery receipt (SMPP 3.4, appendix B), or a PDU's fields. */
  smpp(payload: unknown, options?: ReceiptOptions): Receipt;
  tencent(payload: unknown, options?: ReceiptOptions): Receipt[];
  twilio(payload: unknown, options?: ReceiptOptions): Receipt;
  ucloud(payload: unknown): Receipt[];
  vonage(payload: unknown): Receipt;
}
