/** Every counter that is measured, with a loop of its own, so that none disturbs how another is compiled. */
import { createRequire } from "node:module";
import { analyzeText, analyzeTexts, countSegments } from "sms-ledger";
import { jumping, walking } from "./table.ts";

/** What a counter says of a text. */
export interface Told {
  ucs2?: boolean;
  segments: number;
}

export interface Counter {
  name: string;
  /** Counts each text; gives the sum of the segments. */
  round(texts: readonly string[]): number;
  /** What it says of one text, for the table of wrong answers. */
  tell?(text: string): Told;
}

// None of the peers has types for this module system.
const require = createRequire(import.meta.url);
const { SegmentedMessage } = require("sms-segments-calculator") as {
  SegmentedMessage: new (text: string) => { segmentsCount: number; encodingName: string };
};
const { split } = require("split-sms") as {
  split(text: string, options?: { summary: boolean }): { parts: unknown[]; characterSet: string };
};
const { count } = require("sms-length") as { count(text: string): { messages: number; encoding: string } };
const { getCharCount } = require("@trt2/gsm-charset-utils") as {
  getCharCount(text: string): { msgCount: number; encoding: string };
};

const ours: Counter = {
  name: "sms-ledger, `countSegments`",
  round(texts) {
    let sum = 0;
    for (const text of texts) sum += countSegments(text);
    return sum;
  },
};
const report: Counter = {
  name: "sms-ledger, `analyzeText`: the full report",
  round(texts) {
    let sum = 0;
    for (const text of texts) sum += analyzeText(text).segments;
    return sum;
  },
  tell(text) {
    const { segments, encoding } = analyzeText(text);
    return { segments, ucs2: encoding === "UCS-2" };
  },
};
const together: Counter = {
  name: "sms-ledger, `analyzeTexts`",
  round: (texts) => analyzeTexts(texts).total,
};
const table: Counter = {
  name: "64K table in JavaScript",
  round(texts) {
    let sum = 0;
    for (const text of texts) sum += walking(text);
    return sum;
  },
  tell: (text) => ({ segments: walking(text) }),
};
const jumps: Counter = {
  name: "the same, jumping from cut to cut in UCS-2",
  round(texts) {
    let sum = 0;
    for (const text of texts) sum += jumping(text);
    return sum;
  },
  tell: (text) => ({ segments: jumping(text) }),
};
const peers: Counter[] = [
  {
    name: "`sms-length`",
    round(texts) {
      let sum = 0;
      for (const text of texts) sum += count(text).messages;
      return sum;
    },
    tell(text) {
      const { messages, encoding } = count(text);
      return { segments: messages, ucs2: encoding === "UTF16" };
    },
  },
  {
    name: "`split-sms`, summary",
    round(texts) {
      let sum = 0;
      for (const text of texts) sum += split(text, { summary: true }).parts.length;
      return sum;
    },
    tell(text) {
      const { parts, characterSet } = split(text, { summary: true });
      return { segments: parts.length, ucs2: characterSet === "Unicode" };
    },
  },
  {
    name: "`@trt2/gsm-charset-utils`",
    round(texts) {
      let sum = 0;
      for (const text of texts) sum += getCharCount(text).msgCount;
      return sum;
    },
    tell(text) {
      const { msgCount, encoding } = getCharCount(text);
      return { segments: msgCount, ucs2: encoding === "UCS2" };
    },
  },
  {
    name: "`sms-segments-calculator`",
    round(texts) {
      let sum = 0;
      for (const text of texts) sum += new SegmentedMessage(text).segmentsCount;
      return sum;
    },
    tell(text) {
      const { segmentsCount, encodingName } = new SegmentedMessage(text);
      return { segments: segmentsCount, ucs2: encodingName === "UCS-2" };
    },
  },
];

export const single: readonly Counter[] = [ours, report, table, jumps, ...peers];
export const batch: readonly Counter[] = [together, table, jumps, ...peers];
export const answering: readonly Counter[] = [report, table, ...peers];
