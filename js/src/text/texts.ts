/** The calls on texts: inputs checked, the module's words made into answers. Nothing is counted here. */
import { invalidInput, isLedgerError, LedgerError } from "../errors.ts";
import type { Module } from "../module.ts";
import { text_units_max } from "../shape.ts";
import { type Counter, counterOver, segmentsOf, unitsOf } from "./counter.ts";
import { type Asked, checkOptions, usual } from "./options.ts";
import { Scratch, texts_max } from "./scratch.ts";
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
  const encoding = new Uint8Array(length);
  const segments = new Uint8Array(length);
  const units = new Uint16Array(length);
  const remaining = new Uint8Array(length);
  let total = 0;
  const enter = (index: number, word: number, left: number): void => {
    const count = segmentsOf(word);
    encoding[index] = word >>> 24;
    segments[index] = count;
    units[index] = unitsOf(word);
    remaining[index] = left;
    total += count;
  };
  if (asked.keep) {
    // Clusters are the host's to find, text by text.
    for (let index = 0; index < length; index++) {
      inPlace(index, () => {
        const text = counter.composed(texts[index], asked, `texts[${index}]`);
        const report = counter.report(text, asked, `texts[${index}]`);
        enter(index, counter.word(text, asked), report.remaining);
      });
    }
  } else {
    for (let from = 0; from < length; ) {
      const group = groupFrom(texts, from, asked, counter);
      const words = scratch.countAll(group, asked);
      for (let at = 0; at < group.length; at++) {
        const word = words[2 * at] as number;
        if (word === 0) throw notFitting(group[at] as string, asked, from + at, counter);
        enter(from + at, word, words[2 * at + 1] as number);
      }
      from += group.length;
    }
  }
  return { encoding, segments, units, remaining, total };
}

/** As many texts as the scratch takes at once: at least one. */
function groupFrom(texts: readonly unknown[], from: number, asked: Asked, counter: Counter): string[] {
  const group: string[] = [];
  const end = Math.min(texts.length, from + texts_max);
  const whole = asked.compose === undefined;
  let units = 0;
  for (let index = from; index < end; index++) {
    const given = texts[index];
    const text =
      whole && typeof given === "string" && given.length <= text_units_max
        ? given
        : inPlace(index, () => counter.composed(given, asked, `texts[${index}]`));
    units += text.length;
    if (units > text_units_max) break;
    group.push(text);
  }
  return group;
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
