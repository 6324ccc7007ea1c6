/** Providers' delivery reports: each status that docs/receipts.md lists, every form of payload, and whatever else may come. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { build } from "esbuild";
import {
  createLedgerSync,
  isLedgerError,
  memoryStorage,
  type Receipt,
  receipts,
  wholeReceipt,
} from "sms-ledger";
import * as aws from "../src/receipts/aws.ts";
import * as infobip from "../src/receipts/infobip.ts";
import * as plivo from "../src/receipts/plivo.ts";
import * as sinch from "../src/receipts/sinch.ts";
import * as smpp from "../src/receipts/smpp.ts";
import * as tencent from "../src/receipts/tencent.ts";
import * as twilio from "../src/receipts/twilio.ts";
import * as ucloud from "../src/receipts/ucloud.ts";
import * as vonage from "../src/receipts/vonage.ts";
import { au_number, catalog, noon } from "./support/ledgers.ts";

const docs = readFileSync(new URL("../../docs/receipts.md", import.meta.url), "utf8");

/** The tables of a section: of each, every word of its first column with the stage of its second. */
function tables(section: string): [string, string][][] {
  const [, text] = docs.split(`\n## ${section}\n`);
  assert.ok(text !== undefined, section);
  const [own = ""] = text.split("\n## ");
  return own.split("\n\n").flatMap((block) => {
    if (!block.startsWith("| ")) return [];
    const rows = block.trim().split("\n").slice(2);
    return [
      rows.flatMap((row) => {
        const [, words = "", stage = ""] = row.split("|");
        const named = [...words.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
        return named.map((word): [string, string] => [word, stage.replaceAll(/[` ]/g, "")]);
      }),
    ];
  });
}

const first = (given: Receipt[]): Receipt => {
  const [receipt] = given;
  assert.ok(receipt !== undefined && given.length === 1);
  return receipt;
};

/** For each table of the docs: what the code has, and a payload with the status. */
const providers: Record<
  string,
  { table: Readonly<Record<string, string>>; of: (status: string) => Receipt }[]
> = {
  Twilio: [
    { table: twilio.stages, of: (word) => receipts.twilio({ MessageSid: "SM1", MessageStatus: word }) },
  ],
  Tencent: [
    { table: tencent.stages, of: (word) => first(receipts.tencent([{ sid: "1", report_status: word }])) },
    {
      table: tencent.failures,
      of: (word) => first(receipts.tencent([{ sid: "1", report_status: "FAIL", errmsg: word }])),
    },
  ],
  UCloud: [
    {
      table: ucloud.stages,
      of: (word) => first(receipts.ucloud({ MsgType: 2, Data: [{ SessionNo: "s", ReceiptResult: word }] })),
    },
  ],
  Vonage: [{ table: vonage.stages, of: (word) => receipts.vonage({ messageId: "0B", status: word }) }],
  Plivo: [{ table: plivo.stages, of: (word) => receipts.plivo({ MessageUUID: "u", Status: word }) }],
  Sinch: [
    {
      table: sinch.stages,
      of: (word) => first(receipts.sinch({ batch_id: "b", recipient: "61412345678", status: word })),
    },
  ],
  Infobip: [
    {
      table: infobip.stages,
      of: (word) => first(receipts.infobip({ results: [{ messageId: "m", status: { name: word } }] })),
    },
    {
      table: infobip.groups,
      of: (word) =>
        first(receipts.infobip({ results: [{ messageId: "m", status: { name: "X", groupName: word } }] })),
    },
  ],
  AWS: [
    { table: aws.stages, of: (word) => receipts.aws({ messageId: "m", eventType: `TEXT_${word}` }) },
    { table: aws.logs, of: (word) => receipts.aws({ notification: { messageId: "m" }, status: word }) },
  ],
  SMPP: [{ table: smpp.stages, of: (word) => receipts.smpp(`id:1 stat:${word} err:000 text:`) }],
};

describe("every documented status has its stage", () => {
  for (const [name, codes] of Object.entries(providers)) {
    test(name, () => {
      const documented = tables(name);
      assert.equal(documented.length, codes.length);
      for (const [index, { table, of }] of codes.entries()) {
        const rows = documented[index] ?? [];
        assert.deepEqual(
          Object.fromEntries(rows.map(([word, stage]) => [word.toLowerCase(), stage])),
          table,
          "the docs and the code list the same",
        );
        for (const [word, stage] of rows) {
          assert.equal(of(word).stage, stage, word);
          assert.equal(of(word.toUpperCase()).stage, stage, word);
          assert.equal(of(word.toLowerCase()).stage, stage, word);
        }
      }
    });
  }

  test("and a bundle that uses none of it has none of it", async () => {
    const bundled = async (name: string): Promise<string> => {
      const { outputFiles } = await build({
        stdin: { contents: `export { ${name} } from "sms-ledger/slim";`, resolveDir: import.meta.dirname },
        bundle: true,
        format: "esm",
        write: false,
      });
      return outputFiles[0]?.text ?? "";
    };
    assert.ok((await bundled("receipts")).includes("MessageSid"));
    assert.ok(!(await bundled("memoryStorage")).includes("MessageSid"));
  });

  test("and no provider is left out", () => {
    assert.deepEqual(
      Object.keys(providers)
        .map((name) => name.toLowerCase())
        .sort(),
      Object.keys(receipts).sort(),
    );
  });
});

describe("a status that nobody has documented", () => {
  const strange = [
    "teleported",
    "__proto__",
    "constructor",
    "x".repeat(1_000),
    "é".repeat(200),
    "💥".repeat(99),
  ];
  for (const [name, [code]] of Object.entries(providers)) {
    if (name === "SMPP") continue;
    test(`of ${name} is kept as \`unknown\``, () => {
      for (const word of strange) {
        const { stage, status, code: why = "" } = code?.of(word) ?? assert.fail();
        assert.equal(stage, "unknown");
        assert.ok(status.endsWith(word) && status.startsWith(why));
        const bytes = Buffer.byteLength(why);
        assert.ok(why === status ? bytes <= 256 : bytes > 252 && bytes <= 256, `${bytes} bytes`);
      }
    });
  }

  test("of SMPP too, as a word or as a state", () => {
    const told = receipts.smpp("id:7 stat:TELEPRT err:013");
    assert.deepEqual(told, { reference: "7", stage: "unknown", status: "TELEPRT", code: "TELEPRT" });
    const state = receipts.smpp({ receipted_message_id: "7", message_state: 9 });
    assert.deepEqual(state, { reference: "7", stage: "unknown", status: "9", code: "9" });
  });

  test("of Twilio, listed without a meaning", () => {
    for (const word of ["partially_delivered", "receiving", "received"])
      assert.deepEqual(receipts.twilio({ MessageSid: "SM1", MessageStatus: word }), {
        reference: "SM1",
        stage: "unknown",
        status: word,
        code: word,
      });
  });
});

/** Payloads as the providers' pages show them, in every form, and what they come to. */
describe("payloads", () => {
  const given = (name: string, payload: unknown, read: (payload: unknown) => unknown, receipt: unknown) =>
    test(name, () => assert.deepEqual(read(payload), receipt));

  const body =
    "AccountSid=AC1&From=%2B15017250604&MessageSid=SM1342&MessageStatus=undelivered&ErrorCode=30003&RawDlrDoneDate=2303092021";
  const undelivered = { reference: "SM1342", stage: "undelivered", status: "undelivered", code: "30003" };
  given("Twilio: a form as text", body, receipts.twilio, undelivered);
  given("Twilio: a form parsed", new URLSearchParams(body), receipts.twilio, undelivered);
  given("Twilio: an object", Object.fromEntries(new URLSearchParams(body)), receipts.twilio, undelivered);
  test("Twilio: form data, and the carrier's time in a zone that the host knows", () => {
    const form = new FormData();
    for (const [name, value] of new URLSearchParams(body)) form.append(name, value);
    assert.deepEqual(receipts.twilio(form, { offset: "-05:00" }), {
      ...undelivered,
      at: "2023-03-10T01:21:00.000Z",
    });
  });
  given(
    "Twilio: an event of Event Streams",
    {
      specversion: "1.0",
      type: "com.twilio.messaging.message.failed",
      data: {
        messageSid: "SM2",
        messageStatus: "FAILED",
        errorCode: 30005,
        timestamp: "2025-01-01T00:00:00.000Z",
        numberOfSegments: 2,
      },
    },
    receipts.twilio,
    {
      reference: "SM2",
      stage: "rejected",
      status: "FAILED",
      code: "30005",
      at: "2025-01-01T00:00:00.000Z",
      parts: 2,
    },
  );

  const pushed = [
    {
      user_receive_time: "2015-10-17 08:03:04",
      nationcode: "86",
      mobile: "13xxxxxxxxx",
      report_status: "SUCCESS",
      errmsg: "DELIVRD",
      description: "The SMS message is successfully delivered",
      sid: "xxxxxxx",
    },
    { report_status: "FAIL", errmsg: "MK:0001", sid: "2" },
    { report_status: "FAIL", errmsg: "EXPIRED", sid: "3" },
  ];
  const told = [
    { reference: "xxxxxxx", stage: "delivered", status: "SUCCESS" },
    { reference: "2", stage: "undelivered", status: "FAIL", code: "MK:0001" },
    { reference: "3", stage: "expired", status: "FAIL", code: "EXPIRED" },
  ];
  given("Tencent: several at once", pushed, receipts.tencent, told);
  given("Tencent: JSON as text", JSON.stringify(pushed), receipts.tencent, told);
  given("Tencent: in China's time", pushed, (payload) => receipts.tencent(payload, { offset: "+08:00" })[0], {
    ...told[0],
    at: "2015-10-17T00:03:04.000Z",
  });

  const receipt = {
    Phone: "185****9057",
    CostCount: 2,
    ReceiptTime: 1563867000,
    ReceiptResult: "发送失败",
    ReceiptCode: "MSBLACK",
    ReceiptDesc: "手机在运营商防骚扰黑名单",
    UserId: "x",
  };
  const black = {
    reference: "d1f7-0fc3",
    stage: "undelivered",
    status: "发送失败",
    code: "MSBLACK",
    at: "2019-07-23T07:30:00.000Z",
    to: "185****9057",
    parts: 2,
  };
  given("UCloud: a push", { MsgType: 2, Data: [{ SessionNo: "d1f7-0fc3", ...receipt }] }, receipts.ucloud, [
    black,
  ]);
  given(
    "UCloud: the answer to GetUSMSSendReceipt",
    {
      RetCode: 0,
      Action: "GetUSMSSendReceiptResponse",
      Data: [
        {
          SessionNo: "d1f7-0fc3",
          ReceiptSet: [receipt, { ...receipt, Phone: "2", ReceiptResult: "Success" }],
        },
        { SessionNo: "e", ReceiptSet: [] },
      ],
    },
    receipts.ucloud,
    [
      black,
      {
        reference: "d1f7-0fc3",
        stage: "delivered",
        status: "Success",
        at: "2019-07-23T07:30:00.000Z",
        to: "2",
        parts: 2,
      },
    ],
  );

  const query =
    "?msisdn=447547232824&to=Nexmo+CLI&network-code=23410&messageId=0B00000127FDBC63&price=0.03330000&status=delivered&scts=1810251310&err-code=0&message-timestamp=2018-10-25+12%3A10%3A29";
  const delivered = {
    reference: "0B00000127FDBC63",
    stage: "delivered",
    status: "delivered",
    at: "2018-10-25T12:10:29.000Z",
  };
  given("Vonage: a query", query, receipts.vonage, delivered);
  given(
    "Vonage: JSON",
    JSON.stringify(Object.fromEntries(new URLSearchParams(query))),
    receipts.vonage,
    delivered,
  );
  given("Vonage: with a reason", { messageId: "1", status: "failed", "err-code": "6" }, receipts.vonage, {
    reference: "1",
    stage: "undelivered",
    status: "failed",
    code: "6",
  });
  given(
    "Vonage: the Messages API",
    {
      message_uuid: "aaaaaaaa-bbbb",
      to: "447700900000",
      timestamp: "2023-05-01T14:00:00.000Z",
      status: "rejected",
      error: { type: "https://developer.vonage.com/api-errors/messages#1360", title: 1360, detail: "TTL" },
      usage: { currency: "EUR", price: "0.0333" },
      sms: { count_total: "2" },
    },
    receipts.vonage,
    {
      reference: "aaaaaaaa-bbbb",
      stage: "rejected",
      status: "rejected",
      code: "1360",
      at: "2023-05-01T14:00:00.000Z",
      parts: 2,
    },
  );

  const plivo_form = "MessageUUID=6a8c&From=1&To=2&Status=failed&Units=3&ErrorCode=900&DeliveryReportTime=";
  const plivo_receipt = { reference: "6a8c", stage: "rejected", status: "failed", code: "900", parts: 3 };
  given("Plivo: a form", plivo_form, receipts.plivo, plivo_receipt);
  given(
    "Plivo: with a time",
    `${plivo_form}2024-02-29%2010:00:00.123456`,
    (payload) => receipts.plivo(payload, { offset: "Z" }),
    { ...plivo_receipt, at: "2024-02-29T10:00:00.123Z" },
  );
  given(
    "Plivo: an error code of none",
    { MessageUUID: "1", Status: "undelivered", ErrorCode: "000" },
    receipts.plivo,
    {
      reference: "1",
      stage: "undelivered",
      status: "undelivered",
      code: "undelivered",
    },
  );

  given(
    "Sinch: of a recipient",
    {
      at: "2022-08-30T08:16:08.930Z",
      batch_id: "01FC66621",
      code: 412,
      number_of_message_parts: 1,
      operator: "35000",
      operator_status_at: "2022-08-30T08:16:08.15Z",
      recipient: "44231235674",
      status: "Aborted",
      type: "recipient_delivery_report_sms",
    },
    receipts.sinch,
    [
      {
        reference: "01FC66621",
        stage: "rejected",
        status: "Aborted",
        code: "412",
        at: "2022-08-30T08:16:08.150Z",
        to: "44231235674",
        parts: 1,
      },
    ],
  );
  given(
    "Sinch: of a batch, in full",
    {
      batch_id: "b",
      statuses: [
        { code: 0, count: 2, recipients: ["1", "2"], status: "Delivered" },
        { code: 407, count: 1, recipients: ["3"], status: "Rejected" },
      ],
      total_message_count: 3,
      type: "delivery_report_sms",
    },
    receipts.sinch,
    [
      { reference: "b", stage: "delivered", status: "Delivered", to: "1" },
      { reference: "b", stage: "delivered", status: "Delivered", to: "2" },
      { reference: "b", stage: "rejected", status: "Rejected", code: "407", to: "3" },
    ],
  );

  const result = {
    bulkId: "BULK-1",
    messageId: "MESSAGE-1",
    to: "41793026727",
    doneAt: "2019-11-09T17:00:00.000+0100",
    smsCount: 1,
    status: { groupId: 3, groupName: "DELIVERED", id: 5, name: "DELIVERED_TO_HANDSET" },
    error: { groupId: 0, groupName: "Ok", id: 0, name: "NO_ERROR", permanent: false },
  };
  given(
    "Infobip: several, with and without an error",
    {
      results: [
        result,
        {
          ...result,
          status: { groupId: 2, groupName: "UNDELIVERABLE", id: 9, name: "UNDELIVERABLE_NOT_DELIVERED" },
          error: { groupId: 1, groupName: "HANDSET_ERRORS", id: 27, name: "EC_ABSENT_SUBSCRIBER" },
        },
        { ...result, status: { groupId: 4, groupName: "EXPIRED", id: 87, name: "SIGNALS_BLOCKED" } },
      ],
    },
    receipts.infobip,
    [
      {
        reference: "MESSAGE-1",
        stage: "delivered",
        status: "DELIVERED_TO_HANDSET",
        at: "2019-11-09T16:00:00.000Z",
        parts: 1,
      },
      {
        reference: "MESSAGE-1",
        stage: "undelivered",
        status: "UNDELIVERABLE_NOT_DELIVERED",
        code: "EC_ABSENT_SUBSCRIBER",
        at: "2019-11-09T16:00:00.000Z",
        parts: 1,
      },
      {
        reference: "MESSAGE-1",
        stage: "rejected",
        status: "SIGNALS_BLOCKED",
        code: "SIGNALS_BLOCKED",
        at: "2019-11-09T16:00:00.000Z",
        parts: 1,
      },
    ],
  );

  const event = {
    eventType: "TEXT_BLOCKED",
    eventVersion: "1.0",
    eventTimestamp: 1686975103470,
    isFinal: true,
    messageId: "862a8790",
    messageStatus: "BLOCKED",
    totalMessageParts: 1,
    totalMessagePrice: 0.09582,
  };
  const blocked = {
    reference: "862a8790",
    stage: "undelivered",
    status: "TEXT_BLOCKED",
    code: "BLOCKED",
    at: "2023-06-17T04:11:43.470Z",
    parts: 1,
  };
  const notification = { Type: "Notification", MessageId: "x", Message: JSON.stringify(event) };
  given("AWS: an event", event, receipts.aws, blocked);
  given("AWS: in an SNS notification", notification, receipts.aws, blocked);
  given("AWS: that as text", JSON.stringify(notification), receipts.aws, blocked);
  given(
    "AWS: in an EventBridge event",
    { "detail-type": "Text Message Delivery Status Updated", source: "aws.sms-voice", detail: event },
    receipts.aws,
    blocked,
  );
  for (const [word, isFinal, stage] of [
    ["SUCCESSFUL", true, "delivered"],
    ["SUCCESSFUL", false, "submitted"],
    ["SUCCESSFUL", undefined, "submitted"],
    ["UNREACHABLE", false, "submitted"],
    ["QUEUED", false, "accepted"],
    ["UNKNOWN", false, "unknown"],
    ["DELIVERED", false, "submitted"],
  ] as const) {
    test(`AWS: ${word}, final: ${isFinal}`, () =>
      assert.equal(receipts.aws({ ...event, eventType: `TEXT_${word}`, isFinal }).stage, stage));
  }
  const pinpoint = (event_type: string, record_status: string) => ({
    event_type,
    event_timestamp: 1553104954322,
    attributes: { record_status, number_of_message_parts: "1", message_id: "1111-2222-3333" },
  });
  const success = {
    reference: "1111-2222-3333",
    stage: "delivered",
    status: "DELIVERED",
    at: "2019-03-20T18:02:34.322Z",
    parts: 1,
  };
  given("Pinpoint: delivered", pinpoint("_SMS.SUCCESS", "DELIVERED"), receipts.aws, success);
  given("Pinpoint: on its way", pinpoint("_SMS.BUFFERED", "SUCCESSFUL"), receipts.aws, {
    ...success,
    stage: "submitted",
    status: "SUCCESSFUL",
  });
  given("Pinpoint: final with the carrier", pinpoint("_SMS.SUCCESS", "SUCCESSFUL"), receipts.aws, {
    ...success,
    status: "SUCCESSFUL",
  });
  given(
    "SNS: a delivery log",
    {
      notification: { messageId: "34d9b400", timestamp: "2016-06-28 00:40:34.558" },
      delivery: {
        numberOfMessageParts: 1,
        priceInUSD: 0.00645,
        providerResponse: "Phone carrier is currently unreachable/unavailable",
      },
      status: "FAILURE",
    },
    receipts.aws,
    {
      reference: "34d9b400",
      stage: "undelivered",
      status: "FAILURE",
      code: "Phone carrier is currently unreachable/unavailable",
      parts: 1,
    },
  );
});

describe("the text of an SMPP receipt", () => {
  const whole =
    "id:0123456789 sub:001 dlvrd:001 submit date:2601151158 done date:2601151200 stat:DELIVRD err:000 text:id:9 stat:UNDELIV";
  const arrived = { reference: "0123456789", stage: "delivered", status: "DELIVRD" };
  const cases: [string, unknown, object][] = [
    ["as in appendix B, whatever the message says", whole, arrived],
    ["in capitals and without what is optional", "ID:0123456789 STAT:DELIVRD", arrived],
    ["in another order", "stat:DELIVRD done date:2601151200 id:0123456789", arrived],
    ["with blanks, tabs and line ends", "id: 0123456789\r\nstat:\tDELIVRD \r\ntext:", arrived],
    ["with semicolons and equals signs", "id=0123456789;stat=DELIVRD;err=0", arrived],
    ["in small letters", "id:0123456789 stat:delivrd", { ...arrived, status: "delivrd" }],
    ["with an empty field", "id:0123456789 sub: dlvrd: stat:DELIVRD err:", arrived],
    ["said twice: the first counts", "id:0123456789 stat:DELIVRD id:2 stat:EXPIRED", arrived],
    [
      "with an error",
      "id:1 stat:UNDELIV err:011 Text:x",
      { reference: "1", stage: "undelivered", status: "UNDELIV", code: "011" },
    ],
    [
      "without one",
      "id:1 stat:EXPIRED err:000",
      { reference: "1", stage: "expired", status: "EXPIRED", code: "EXPIRED" },
    ],
    ["in a PDU", { short_message: whole }, arrived],
    ["in a decoded PDU", { short_message: { message: whole }, esm_class: 4 }, arrived],
    [
      "beside optional parameters, which come first",
      { short_message: whole, receipted_message_id: "4F", message_state: 5 },
      { reference: "4F", stage: "undelivered", status: "UNDELIVERABLE", code: "UNDELIVERABLE" },
    ],
    [
      "missing where the parameters say all",
      { receipted_message_id: "4F", message_state: 2 },
      { reference: "4F", stage: "delivered", status: "DELIVERED" },
    ],
  ];
  for (const [name, payload, receipt] of cases)
    test(name, () => assert.deepEqual(receipts.smpp(payload), receipt));

  for (const [date, at] of [
    ["2601151200", "2026-01-15T10:00:00.000Z"],
    ["260115120030", "2026-01-15T10:00:30.000Z"],
    ["20260115120030", "2026-01-15T10:00:30.000Z"],
    ["2026-01-15 12:00:30", "2026-01-15T10:00:30.000Z"],
    ["2026-01-15T12:00:30+01:00", "2026-01-15T11:00:30.000Z"],
    ["2602301200", undefined],
    ["2613011200", undefined],
    ["2601152500", undefined],
    ["260115", undefined],
    ["yesterday", undefined],
  ] as const) {
    test(`done at ${date}`, () => {
      const receipt = receipts.smpp(`id:1 done date:${date} stat:DELIVRD`, { offset: "+02:00" });
      assert.equal(receipt.at, at);
      assert.equal("at" in receipt, at !== undefined);
    });
  }

  test("may be any garbage: a receipt or a `LedgerError`, at once", () => {
    const pieces = [
      "id:",
      "stat:",
      "err:",
      "done date:",
      "submit date",
      "text:",
      " ",
      "\n",
      ":",
      "=",
      "DELIVRD",
      "000",
      "\ud800",
      "💥",
      "é",
      "\0",
      ";",
      "id",
      "__proto__:",
      "a".repeat(99),
    ];
    let seed = 20_261_127;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((seed / 2 ** 32) * below);
    };
    let read = 0;
    for (let round = 0; round < 20_000; round++) {
      const pieced = Array.from({ length: random(24) }, () =>
        random(4) === 0 ? String.fromCharCode(random(65_536)) : pieces[random(pieces.length)],
      );
      const text = `${random(2) === 0 ? "id:7 stat:" : ""}${pieced.join("")}`;
      try {
        const { reference, status, stage, code } = receipts.smpp(text, { offset: "Z" });
        assert.ok(reference !== "" && status !== "" && stage.length > 0);
        assert.ok(code === undefined || (Buffer.byteLength(code) <= 256 && code.isWellFormed()));
        read += 1;
      } catch (error) {
        assert.ok(isLedgerError(error) && error.code === "INVALID_INPUT", String(error));
      }
    }
    assert.ok(read > 1_000, `${read} read`);
    const started = performance.now();
    for (const long of [
      "id ".repeat(1_365),
      " ".repeat(4_096),
      `id${" ".repeat(4_000)}`,
      "id:".repeat(1_365),
    ])
      assert.throws(() => receipts.smpp(long), isLedgerError);
    assert.ok(performance.now() - started < 1_000);
  });
});

describe("what is no payload", () => {
  const refused = (name: string, read: () => unknown, path: string) =>
    test(name, () => {
      assert.throws(read, (error) => {
        assert.ok(isLedgerError(error) && error.code === "INVALID_INPUT", String(error));
        assert.equal(error.details.path, path);
        return true;
      });
    });
  const lists = new Set(["tencent"]);
  for (const [name, read] of Object.entries(receipts)) {
    for (const payload of [
      undefined,
      null,
      7,
      true,
      [],
      [[]],
      "",
      "[",
      "{",
      "null",
      "%",
      Symbol("x"),
      () => 0,
      new Date(),
    ])
      test(`${name}: ${typeof payload} ${payload === null ? "null" : String(payload)}`, () => {
        if (lists.has(name) && Array.isArray(payload) && payload.length === 0)
          return assert.deepEqual(read([]), []);
        assert.throws(
          () => read(payload),
          (error) => isLedgerError(error) && error.code === "INVALID_INPUT",
        );
        return undefined;
      });
    refused(
      `${name}: an offset that is none`,
      () => (read as typeof receipts.smpp)({ batch_id: "1" }, { offset: "CET" }),
      {
        sinch: "recipient",
        infobip: "results",
        ucloud: "Data",
        vonage: "status",
      }[name] ?? "offset",
    );
  }
  refused("no id", () => receipts.twilio({ MessageStatus: "sent" }), "MessageSid");
  refused("no status", () => receipts.twilio("MessageSid=SM1"), "MessageStatus");
  refused(
    "an id that is no text",
    () => receipts.plivo({ MessageUUID: ["a", "b"], Status: "sent" }),
    "MessageUUID",
  );
  refused(
    "a status that is too long",
    () => receipts.plivo({ MessageUUID: "a", Status: "s".repeat(1_025) }),
    "Status",
  );
  refused(
    "in a list",
    () => receipts.tencent([{ sid: "1", report_status: "FAIL" }, { report_status: "FAIL" }]),
    "[1].sid",
  );
  refused(
    "in a nested list",
    () => receipts.infobip({ results: [{ messageId: "1", status: {} }] }),
    "results[0].status.name",
  );
  refused("no object in a list", () => receipts.infobip({ results: [7] }), "results[0]");
  refused("another kind of push", () => receipts.ucloud({ MsgType: 1, Data: [] }), "MsgType");
  refused(
    "a receipt without a result",
    () => receipts.ucloud({ Data: [{ SessionNo: "s", ReceiptSet: [{}] }] }),
    "Data[0].ReceiptSet[0].ReceiptResult",
  );
  refused(
    "a summary",
    () => receipts.sinch({ batch_id: "b", statuses: [{ code: 0, count: 1, status: "Delivered" }] }),
    "statuses[0].recipients",
  );
  refused(
    "a recipient that is no text",
    () => receipts.sinch({ batch_id: "b", statuses: [{ status: "Failed", recipients: [{}] }] }),
    "statuses[0].recipients[0]",
  );
  refused("an envelope of something else", () => receipts.aws({ Message: "hello" }), "eventType");
  refused("a text too long to be read", () => receipts.twilio("x".repeat(1_000_001)), "");
  refused(
    "more receipts than are read",
    () => receipts.tencent(Array.from({ length: 10_001 }, () => ({}))),
    "",
  );
  refused("an SMPP text without an id", () => receipts.smpp("stat:DELIVRD"), "id");
  refused("an SMPP text without a state", () => receipts.smpp("id:1 err:0"), "stat");
  refused(
    "an SMPP text that is too long",
    () => receipts.smpp(`id:1 stat:${"X".repeat(4_096)}`),
    "short_message",
  );
});

describe("`report`", () => {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog, now: () => noon });
  ledger.openAccount({ id: "acme", plan: "starter" });
  const held = (id: string) => ledger.reserve({ id, account: "acme", to: au_number, text: "hello" });

  test("takes a receipt for what it says", () => {
    held("m1");
    const receipt = receipts.smpp("id:1 stat:ENROUTE");
    assert.equal(ledger.report({ id: "m1", account: "acme", receipt }).state, "held");
    const last = receipts.smpp("id:1 stat:DELIVRD");
    const outcome = ledger.report({ id: "m1", account: "acme", receipt: last });
    assert.deepEqual([outcome.state, outcome.spent], ["settled", 1]);
    const { stage } = last;
    // The same word again, whoever says it.
    assert.deepEqual(ledger.report({ id: "m1", account: "acme", stage }), outcome);
  });

  test("takes the code with it", () => {
    held("m2");
    const receipt = receipts.twilio({ MessageSid: "SM1", MessageStatus: "💥".repeat(99) });
    assert.equal(ledger.report({ id: "m2", account: "acme", receipt }).state, "held");
    const long = { ...receipt, code: "x".repeat(257) };
    assert.throws(() => ledger.report({ id: "m2", account: "acme", receipt: long }), {
      code: "INVALID_INPUT",
    });
  });

  test("spends what has arrived of a message whose parts report by themselves", () => {
    const text = "x".repeat(400);
    const part = (id: number, stat: string) => receipts.smpp(`id:${id} stat:${stat} err:000`);
    const cases: [string, Receipt[], number | undefined, string | undefined][] = [
      ["all have arrived", [part(1, "DELIVRD"), part(2, "DELIVRD"), part(3, "DELIVRD")], 3, "settled"],
      ["two have", [part(1, "DELIVRD"), part(2, "UNDELIV"), part(3, "DELIVRD")], 2, "settled"],
      ["one has", [part(1, "REJECTD"), part(2, "UNDELIV"), part(3, "DELIVRD")], 1, "settled"],
      ["the provider took none", [part(1, "REJECTD"), part(2, "UNDELIV"), part(3, "EXPIRED")], 0, "released"],
      [
        "one is on its way",
        [part(1, "DELIVRD"), part(2, "ENROUTE"), part(3, "DELIVRD")],
        undefined,
        undefined,
      ],
      [
        "one has said nothing",
        [part(1, "DELIVRD"), part(3, "DELIVRD"), part(3, "UNDELIV")],
        undefined,
        undefined,
      ],
      [
        "the first word counts",
        [part(1, "ENROUTE"), part(2, "DELIVRD"), part(2, "UNDELIV"), part(1, "DELIVRD"), part(3, "DELIVRD")],
        3,
        "settled",
      ],
    ];
    for (const [what, parts, spent, state] of cases) {
      const id = what.replaceAll(" ", "-");
      const { segments } = ledger.reserve({ id, account: "acme", to: au_number, text });
      assert.equal(segments, 3);
      const receipt = wholeReceipt(parts, segments);
      assert.equal(receipt === undefined, spent === undefined, id);
      if (receipt === undefined) continue;
      const outcome = ledger.report({ id, account: "acme", receipt });
      assert.deepEqual([outcome.spent, outcome.state], [spent, state], id);
    }
    const four = [1, 2, 3, 4].map((id) => part(id, "DELIVRD"));
    for (const [given, parts, path] of [
      [four, 3, "receipts"],
      [four, 0, "parts"],
      [four, 1.5, "parts"],
      [undefined as unknown as Receipt[], 1, "receipts"],
    ] as const)
      assert.throws(
        () => wholeReceipt(given, parts),
        (error) => isLedgerError(error) && error.code === "INVALID_INPUT" && error.details.path === path,
      );
  });

  test("is charged by the provider's code, where the catalog has it", () => {
    const { policy } = catalog;
    const rules = [{ stage: "undelivered", codes: ["30006", "EC_LANDLINE"], charge: "none" }] as const;
    const billed = createLedgerSync({
      storage: memoryStorage(),
      catalog: { ...catalog, policy: { ...policy, receipts: [...policy.receipts, ...rules] } },
      now: () => noon,
    });
    billed.openAccount({ id: "acme", plan: "starter" });
    const twilio = (ErrorCode: number) =>
      receipts.twilio({ MessageSid: "1", MessageStatus: "undelivered", ErrorCode });
    const infobip = (error?: { name: string }) => {
      const status = { groupName: "UNDELIVERABLE", name: "UNDELIVERABLE_NOT_DELIVERED" };
      return first(receipts.infobip({ results: [{ messageId: "1", status, error }] }));
    };
    for (const [id, receipt, spent] of [
      ["m1", twilio(30_006), 0],
      ["m2", twilio(30_003), 1],
      ["m3", infobip({ name: "EC_LANDLINE" }), 0],
      ["m4", infobip(), 1],
    ] as const) {
      billed.reserve({ id, account: "acme", to: au_number, text: "hello" });
      assert.equal(billed.report({ id, account: "acme", receipt }).spent, spent, id);
    }
  });

  for (const [name, input, path] of [
    [
      "both a stage and a receipt",
      { stage: "delivered", receipt: receipts.smpp("id:1 stat:DELIVRD") },
      "stage",
    ],
    [
      "a list of receipts",
      { receipt: receipts.tencent([{ sid: "1", report_status: "SUCCESS" }]) },
      "receipt",
    ],
    ["a payload as it came", { receipt: { MessageSid: "SM1", MessageStatus: "sent" } }, "receipt.MessageSid"],
    ["a receipt without a stage", { receipt: { reference: "1" } }, "receipt.stage"],
    ["a code that is no text", { receipt: { stage: "failed", code: 7 } }, "receipt.code"],
  ] as const) {
    test(`refuses ${name}`, () => {
      const report = { id: "m1", account: "acme", ...input } as unknown as Parameters<
        typeof ledger.report
      >[0];
      assert.throws(
        () => ledger.report(report),
        (error) => isLedgerError(error) && error.code === "INVALID_INPUT" && error.details.path === path,
      );
    });
  }
});
