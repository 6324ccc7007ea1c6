/** Each provider's delivery reports as receipts: pure functions that share nothing but the form of what they give. */
import { aws } from "./aws.ts";
import { infobip } from "./infobip.ts";
import { plivo } from "./plivo.ts";
import { sinch } from "./sinch.ts";
import { smpp } from "./smpp.ts";
import { tencent } from "./tencent.ts";
import { twilio } from "./twilio.ts";
import type { Receipts } from "./types.ts";
import { ucloud } from "./ucloud.ts";
import { vonage } from "./vonage.ts";

/** Each provider's delivery reports as receipts, which `ledger.report` takes. docs/receipts.md has the tables. */
export const receipts: Receipts = { aws, infobip, plivo, sinch, smpp, tencent, twilio, ucloud, vonage };
