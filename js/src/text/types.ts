/** The contract of the calls on texts, which need no ledger and no storage. Indexes and lengths are in UTF-16 units. */
import type { Segments } from "../types.ts";

/** A language with national tables (3GPP TS 23.038 6.2.1.2): Turkish, Spanish, Portuguese and those of South Asia. */
export type TextLanguage =
  | "tr"
  | "es"
  | "pt"
  | "bn"
  | "gu"
  | "hi"
  | "kn"
  | "ml"
  | "or"
  | "pa"
  | "ta"
  | "te"
  | "ur";

/** How a text is counted. What is absent is as the networks do it with a plain message. */
export interface TextOptions {
  /** The seller's rule: `any-text-70` counts 70, then 67 units for any text, as in mainland China; `gsm` unless given. */
  counting?: "gsm" | "any-text-70";
  /** `auto` takes GSM-7 where it carries every character. Forced GSM-7 refuses what it cannot carry and says where. */
  encoding?: "auto" | "GSM-7" | "UCS-2";
  /** Bits of the number that the segments of a message share; 8 unless given. 16 cost an octet of each segment. */
  reference?: 8 | 16;
  /** Octets of other header elements in every segment, 0 to 120, such as 6 for 16-bit port numbers. */
  extraHeader?: number;
  /** The national table in place of the default alphabet (Spanish has none). Announced, so that a segment holds less. */
  locking?: TextLanguage;
  /** The national table in place of the default extension table. Announced likewise. */
  single?: TextLanguage;
  /** Languages of whose tables, or none, the cheapest are taken; `auto` = all of them. Not beside `locking` and `single`. */
  national?: "auto" | readonly TextLanguage[];
  /**
   * `split` cuts between any two characters, as the standard allows; `keep` never within what a reader sees as one (an
   * emoji of several characters, a letter with its marks), unless it is larger than a segment.
   */
  clusters?: "split" | "keep";
  /** Counted before the text, such as `【Acme】`. */
  signature?: string;
  /** Counted behind the text, such as a line that says how to opt out. */
  suffix?: string;
  /** Counts a line end of two characters as one. */
  newline?: "crlf-to-lf";
  /** Counts letters and their marks as the one character that both are. */
  normalize?: "NFC";
  /** The most segments, 1 to 255; 255 unless given. */
  maxSegments?: number;
  /** The most Unicode characters. */
  maxCharacters?: number;
}

/** How a text is cut into segments, with the options' signature and suffix. */
export interface TextReport extends Segments {
  /** The national table that is used in place of the default alphabet; in UCS-2, the one that came closest. */
  locking?: TextLanguage;
  /** The same of the extension table. */
  single?: TextLanguage;
  /** What was counted, where the options made it differ from what was given; the indexes are of this. */
  text?: string;
}

/** What many texts cost: the same index in each array is the same text. */
export interface TextCounts {
  /** 0 for GSM-7, 1 for UCS-2. */
  encoding: Uint8Array;
  segments: Uint8Array;
  /** Septets, escapes included, or UTF-16 units. */
  units: Uint16Array;
  /** Units left in the last segment. */
  remaining: Uint8Array;
  /** Segments of all texts together. */
  total: number;
}

/**
 * How far a replacement may go, each level taking those before it along: `typographic` quotes, dashes, spaces and the
 * like, which a reader hardly sees; `accents`, a letter without its accent; `script`, look-alikes of other scripts in a
 * Latin word, else Latin letters for Cyrillic and capitals for Greek.
 */
export type ReplacementLevel = "typographic" | "accents" | "script";

/** A piece of a text and what could stand there. */
export interface Replacement {
  /** Where the piece starts. */
  index: number;
  /** The piece as it stands there. */
  found: string;
  /** What could stand there; empty where the piece would go. */
  replacement: string;
}
export interface SuggestedReplacement extends Replacement {
  /** How far this one goes. */
  level: ReplacementLevel;
  /** Segments that this one alone would save; less than 0 where it would cost some. */
  saves: number;
}
export interface Suggestions {
  /** The text as it is. */
  encoding: "GSM-7" | "UCS-2";
  segments: number;
  /** In order, none overlapping. */
  replacements: SuggestedReplacement[];
  /** The text with all of them: "2 characters cost you 2 more segments". */
  all: { encoding: "GSM-7" | "UCS-2"; segments: number; saves: number };
  /** Characters that GSM-7 cannot carry and that nothing is suggested for. */
  left: number;
}

/** The calls on texts. Every one is synchronous; none needs a ledger. */
export interface Texts {
  /** How a text is cut into segments, and why. */
  analyzeText(text: string, options?: TextOptions): TextReport;
  /** What many texts cost, as for a campaign. */
  analyzeTexts(texts: readonly string[], options?: TextOptions): TextCounts;
  /** Segments alone: the quickest call. */
  countSegments(text: string, options?: TextOptions): number;
  /** What could stand for characters that GSM-7 cannot carry, and what that would save. Changes nothing. */
  suggestReplacements(text: string, level: ReplacementLevel, options?: TextOptions): Suggestions;
}
