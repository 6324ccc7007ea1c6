/**
 * The text's way into the module: its units are written into a scratch in the module's memory, what it costs is read as
 * words. Nothing is counted here; docs/boundary.md has the words.
 */
import { invalidInput, LedgerError } from "../errors.ts";
import { type Writer, writer } from "../host.ts";
import type { Module, TextScratch } from "../module.ts";
import { text_units_max } from "../shape.ts";
import type { Asked } from "./options.ts";

/** Texts that are counted in one call. */
export const texts_max = 2_048;

/** A part of the module's memory as it is now. */
interface View {
  scratch: TextScratch;
  generation: number;
  /** The whole memory; empty once the module has grown and the view is of no use any more. */
  words: Uint32Array;
  counts: Uint32Array;
  write: Writer;
}

export class Scratch {
  readonly #module: Module;
  #view: View | undefined;

  constructor(module: Module) {
    this.#module = module;
  }

  /** A text's first word; 0 where it does not fit the options. */
  count(text: string, asked: Asked): number {
    const view = this.#current();
    view.write(text, 0);
    const starts = asked.keep ? clusters(text) : undefined;
    try {
      if (starts !== undefined) view.scratch.keep(starts);
      return view.scratch.count(text.length, asked.layout, asked.national, asked.charactersMax);
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  /** The words of a report, and where in them it starts. To be read before anything else is asked. */
  analyze(text: string, asked: Asked): { words: Uint32Array; at: number } {
    const view = this.#current();
    view.write(text, 0);
    const starts = asked.keep ? clusters(text) : undefined;
    try {
      if (starts !== undefined) view.scratch.keep(starts);
      const at = view.scratch.analyze(text.length, asked.layout, asked.national, asked.charactersMax) / 4;
      return { words: this.#current().words, at };
    } catch (error) {
      throw this.#trapped(error);
    }
  }

  /** Counts texts in one call, as many as the scratch takes; two words a text. Clusters are not looked at. */
  countAll(texts: readonly string[], asked: Asked): Uint32Array {
    const view = this.#current();
    const { counts } = view;
    let units = 0;
    for (let index = 0; index < texts.length; index++) {
      const { length } = texts[index] as string;
      counts[2 * index] = length;
      units += length;
    }
    if (units <= texts.length * join_units_max) view.write(texts.join(""), 0);
    else writeEach(texts, view.write);
    try {
      view.scratch.countAll(texts.length, asked.layout, asked.national, asked.charactersMax);
    } catch (error) {
      throw this.#trapped(error);
    }
    return this.#current().counts;
  }

  #current(): View {
    const view = this.#view;
    if (view !== undefined && view.generation === this.#module.generation && view.words.length > 0)
      return view;
    return this.#renewed();
  }

  #renewed(): View {
    const { generation } = this.#module;
    const same = this.#view?.generation === generation ? this.#view.scratch : undefined;
    const scratch = same ?? this.#module.texts();
    const { buffer } = scratch.memory();
    this.#view = {
      scratch,
      generation,
      words: new Uint32Array(buffer),
      counts: new Uint32Array(buffer, scratch.counts(), 2 * texts_max),
      write: writer(new Uint16Array(buffer, scratch.units(), text_units_max)),
    };
    return this.#view;
  }

  #trapped(cause: unknown): LedgerError {
    const panic = this.#module.trapped();
    return new LedgerError(
      "ENGINE_FAILED",
      "the engine failed and is started anew by the next call",
      panic === undefined ? {} : { panic },
      { retryable: true, cause },
    );
  }
}

/** Up to so many units a text on average, joining texts is quicker than writing each. */
const join_units_max = 256;

function writeEach(texts: readonly string[], write: Writer): void {
  let start = 0;
  for (const text of texts) {
    write(text, start);
    start += text.length;
  }
}

let segmenter: Intl.Segmenter | undefined;

/** Where each cluster of a text starts, by the host's rules. */
function clusters(text: string): Uint32Array {
  // Old hosts lack it.
  if (Intl.Segmenter === undefined)
    throw invalidInput("clusters", "must not be `keep` on a host without `Intl.Segmenter`", "keep");
  segmenter ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  return Uint32Array.from(segmenter.segment(text), ({ index }) => index);
}
