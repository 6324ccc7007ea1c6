/** The calls on texts: inputs checked, the module's words made into answers. Nothing is counted here. */
import { invalidInput, isLedgerError, LedgerError } from "../errors.ts";
import type { Module } from "../module.ts";
import { text_units_max } from "../shape.ts";
import { type Counter, counterOver, segmentsOf } from "./counter.ts";
import { type Asked, checkOptions, usual } from "./options.ts";
import { Scratch } from "./scratch.ts";
import { suggest } from "./suggest.ts";
import type { TextCounts, Texts } from "./types.ts";

const made = new WeakMap<Module, Texts>();

/** The calls on texts over a module: one scratch for all who count in it. */
export function textsOf(module: Module): Texts {
  const known = made.get(module);
  if (known !== undefined) return known;
  const texts = makeTexts(module);
  made.set(module, texts);
  return texts;
}

function makeTexts(module: Module): Texts {
  const scratch = new Scratch(module);
  const counter = counterOver(scratch);
  return {
    analyzeText(text, options) {
      const asked = checkOptions(options);
      const whole = counter.composed(text, asked);
      const report = counter.report(whole, asked);
      if (whole !== text) report.text = whole;
      return report;
    },
    countSegments(text, options) {
      if (options === undefined && typeof text === "string" && text.length <= text_units_max) {
        const counted = scratch.count(text, usual);
        if (counted !== 0) return segmentsOf(counted);
      }
      const asked = checkOptions(options);
      return segmentsOf(counter.word(counter.composed(text, asked), asked));
    },
    analyzeTexts(texts, options) {
      if (!Array.isArray(texts)) throw invalidInput("texts", "must be an array of strings", texts ?? null);
      return countAll(texts, checkOptions(options), scratch, counter);
    },
    suggestReplacements(text, level, options) {
      return suggest(text, level, checkOptions(options), counter);
    },
  };
}

function countAll(texts: readonly unknown[], asked: Asked, scratch: Scratch, counter: Counter): TextCounts {
  const { length } = texts;
  const counts: TextCounts = {
    encoding: new Uint8Array(length),
    segments: new Uint8Array(length),
    units: new Uint16Array(length),
    remaining: new Uint8Array(length),
    total: 0,
  };
  if (asked.keep) {
    // Clusters are the host's to find, text by text.
    for (let index = 0; index < length; index++)
      inPlace(index, () =>
        enter(counts, index, counter.composed(texts[index], asked, `texts[${index}]`), asked, counter),
      );
    return counts;
  }
  const composed = (index: number): string => composedAt(texts, index, asked, counter);
  for (let from = 0; from < length; ) {
    const { end, fits } = scratch.countFrom(texts, from, asked, composed, counts);
    if (!fits) throw notFitting(composed(end), asked, end, counter);
    from = end;
  }
  return counts;
}

/** Enters what one text costs. */
function enter(counts: TextCounts, index: number, text: string, asked: Asked, counter: Counter): void {
  const { encoding, segments, units, remaining } = counter.report(text, asked, `texts[${index}]`);
  counts.encoding[index] = encoding === "GSM-7" ? 0 : 1;
  counts.segments[index] = segments;
  counts.units[index] = units;
  counts.remaining[index] = remaining;
  counts.total += segments;
}

/** What is counted for a text of a list. */
function composedAt(texts: readonly unknown[], index: number, asked: Asked, counter: Counter): string {
  return inPlace(index, () => counter.composed(texts[index], asked, `texts[${index}]`));
}

/** The error of a text that does not fit, in its place. */
function notFitting(text: string, asked: Asked, index: number, counter: Counter): Error {
  inPlace(index, () => counter.report(text, asked, `texts[${index}]`));
  return new Error("the module counts a text in two ways");
}

/** Does something with a text of a list: an error about the text says which one it is. */
function inPlace<T>(index: number, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!isLedgerError(error) || !("path" in error.details)) throw error;
    throw new LedgerError(error.code, error.message, {
      ...error.details,
      text: index,
    } as typeof error.details);
  }
}
