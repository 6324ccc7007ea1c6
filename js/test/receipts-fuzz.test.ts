/**
 * Payloads of providers, changed at random: a reader gives receipts that a ledger takes, or refuses the payload. The rounds are the
 * same every time; `FUZZ_SEED` makes other ones, and `FUZZ_ROUNDS` more of them.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLedgerSync, isLedgerError, type Receipt, receipts } from "sms-ledger";
import { acmeStorage, catalog, noon } from "./support/ledgers.ts";
import { random } from "./support/samples.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? 20_261_127);
const rounds = Number(process.env["FUZZ_ROUNDS"] ?? 3_000);

type Name = keyof typeof receipts;

const phone = {
  Phone: "185****9057",
  CostCount: 2,
  ReceiptTime: 1_563_867_000,
  ReceiptResult: "发送失败",
  ReceiptCode: "MSBLACK",
};
/** Payloads as they come, at least one for each form that a provider has. */
const payloads: Readonly<Record<Name, readonly unknown[]>> = {
  aws: [
    {
      eventType: "TEXT_DELIVERED",
      eventTimestamp: 1_707_941_160_000,
      messageId: "862a8790",
      messageStatus: "DELIVERED",
      isFinal: true,
      totalMessageParts: 2,
    },
    {
      event_type: "_SMS.FAILURE",
      event_timestamp: 1_553_104_954_322,
      attributes: { message_id: "12345", record_status: "UNREACHABLE", number_of_message_parts: "1" },
    },
    {
      notification: { messageId: "34d9b400", timestamp: "2016-06-28 00:40:34.558" },
      delivery: { numberOfMessageParts: 1, providerResponse: "Unknown error" },
      status: "FAILURE",
    },
  ],
  infobip: [
    {
      results: [
        {
          messageId: "1",
          to: "41793026727",
          smsCount: 1,
          doneAt: "2019-11-09T16:00:00.000+0000",
          status: { groupId: 3, groupName: "DELIVERED", id: 5, name: "DELIVERED_TO_HANDSET" },
          error: { groupId: 0, id: 0, name: "NO_ERROR" },
        },
      ],
    },
  ],
  plivo: [
    "MessageUUID=6a8c&From=1&To=2&Status=failed&Units=3&ErrorCode=900&DeliveryReportTime=",
    { MessageUUID: "6a8c", Status: "delivered", Units: "1", ErrorCode: "000" },
  ],
  sinch: [
    {
      type: "recipient_delivery_report_sms",
      batch_id: "01FC66621VHDBN119Z8PMV1QPQ",
      recipient: "44231235674",
      code: 401,
      status: "Dispatched",
      at: "2022-08-30T08:16:08.930Z",
    },
    {
      type: "delivery_report_sms",
      batch_id: "01FC",
      statuses: [{ code: 0, status: "Delivered", count: 1, recipients: ["44231235674"] }],
    },
  ],
  smpp: [
    "id:0123456789 sub:001 dlvrd:001 submit date:2401011200 done date:2401011201 stat:UNDELIV err:011 text:hello",
    { receipted_message_id: "7", message_state: 2 },
  ],
  tencent: [
    [
      { user_receive_time: "2015-10-17 08:03:04", report_status: "SUCCESS", errmsg: "DELIVRD", sid: "1" },
      { report_status: "FAIL", errmsg: "MK:0001", sid: "2" },
    ],
  ],
  twilio: [
    "AccountSid=AC1&MessageSid=SM1342&MessageStatus=undelivered&ErrorCode=30003&RawDlrDoneDate=2303092021",
    {
      type: "com.twilio.messaging.message.failed",
      data: {
        messageSid: "SM2",
        messageStatus: "FAILED",
        errorCode: 30_005,
        timestamp: "2025-01-01T00:00:00.000Z",
        numberOfSegments: 2,
      },
    },
  ],
  ucloud: [
    { MsgType: 2, Data: [{ SessionNo: "d1f7-0fc3", ...phone }] },
    { RetCode: 0, Data: [{ SessionNo: "d1f7-0fc3", ReceiptSet: [phone, { ...phone, Phone: "2" }] }] },
  ],
  vonage: [
    "?msisdn=447547232824&messageId=0B00&status=delivered&scts=1810251310&err-code=0&message-timestamp=2018-10-25+12%3A10%3A29",
    {
      message_uuid: "aaaaaaaa-bbbb",
      timestamp: "2023-05-01T14:00:00.000Z",
      status: "rejected",
      error: { type: "https://developer.vonage.com/api-errors/messages#1360", title: 1_360 },
      sms: { count_total: "2" },
    },
  ],
};

/** What stands where something else should. */
const strange: readonly unknown[] = [
  undefined,
  null,
  true,
  "",
  " ",
  "0",
  "-1",
  "null",
  "DELIVRD",
  "2024-02-30 25:61:61",
  "9999-12-31T23:59:59.999+99:99",
  "\ud800",
  "é\0💥",
  "x".repeat(2_000),
  -1,
  0,
  1.5,
  2 ** 53,
  1e300,
  Number.NaN,
  10n,
  Symbol("x"),
  [],
  {},
  [[[]]],
  () => 0,
];

type Below = (bound: number) => number;

/** A value with something in it changed, left out, put in or doubled, at a depth of its own. */
function changed(value: unknown, below: Below): unknown {
  if (typeof value === "string" && below(2) === 0) return cut(value, below);
  if (typeof value !== "object" || value === null || below(5) === 0) return strange[below(strange.length)];
  if (Array.isArray(value)) {
    const copy = [...(value as unknown[])];
    const at = below(copy.length + 1);
    if (below(3) === 0) copy.splice(at, below(2), copy[below(copy.length + 1)]);
    else copy[at] = changed(copy[at], below);
    return copy;
  }
  const entries = Object.entries(value);
  const [name = "x", inner] = entries[below(entries.length + 1)] ?? [];
  const { [name]: _, ...rest } = value as Record<string, unknown>;
  if (below(6) === 0) return rest;
  return { ...rest, [name]: changed(inner, below) };
}

/** A text with a piece of it changed. */
function cut(text: string, below: Below): string {
  const [from, length] = [below(text.length + 1), below(4)];
  const pieces = [
    "",
    "&",
    "=",
    "%",
    "%FF",
    "+",
    ":",
    "\0",
    "\ud800",
    "é",
    text,
    String.fromCharCode(below(65_536)),
  ];
  return text.slice(0, from) + pieces[below(pieces.length)] + text.slice(from + length);
}

const stages = ["rejected", "accepted", "submitted", "delivered", "undelivered", "expired", "unknown"];

function isProper(receipt: Receipt): void {
  const { reference, stage, status, code, at, to, parts } = receipt;
  for (const text of [reference, status]) assert.ok(text !== "" && text.isWellFormed(), JSON.stringify(text));
  assert.ok(stages.includes(stage), stage);
  if (code !== undefined) assert.ok(code !== "" && Buffer.byteLength(code) <= 256 && code.isWellFormed());
  if (at !== undefined) assert.equal(new Date(at).toISOString(), at);
  if (to !== undefined) assert.ok(to !== "" && to.isWellFormed());
  if (parts !== undefined) assert.ok(Number.isSafeInteger(parts) && parts >= 1, String(parts));
}

describe("payloads that are changed at random are read as a ledger takes them, or refused", () => {
  const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now: () => noon });
  for (const name of Object.keys(receipts) as Name[]) {
    test(name, () => {
      const read = receipts[name] as (payload: unknown, options?: { offset: string }) => Receipt | Receipt[];
      const below = random(seed);
      let [taken, refused] = [0, 0];
      for (let round = 0; round < rounds; round++) {
        const samples = payloads[name];
        let payload = samples[below(samples.length)];
        for (let changes = below(4); changes > 0; changes--) payload = changed(payload, below);
        if (below(4) === 0) payload = cut(asText(payload), below);
        const given = below(2) === 0 && !["infobip", "sinch", "ucloud", "vonage"].includes(name);
        try {
          const found = [given ? read(payload, { offset: "+08:00" }) : read(payload)].flat();
          for (const receipt of found) {
            isProper(receipt);
            // A message that nobody has sent: the receipt itself is taken.
            assert.throws(() => ledger.report({ id: "m", account: "acme", receipt }), {
              code: "UNKNOWN_HOLD",
            });
          }
          taken += 1;
        } catch (error) {
          const fits = isLedgerError(error) && error.code === "INVALID_INPUT";
          assert.ok(fits && typeof error.details.path === "string", `round ${round}: ${String(error)}`);
          refused += 1;
        }
      }
      assert.ok(taken > rounds / 10 && refused > rounds / 10, `${taken} taken, ${refused} refused`);
    });
  }
});

function asText(payload: unknown): string {
  try {
    return JSON.stringify(payload) ?? "";
  } catch {
    return String(payload);
  }
}
