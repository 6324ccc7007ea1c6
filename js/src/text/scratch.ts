/**
 * The text's way into the module: its units are written into a scratch in the module's memory, what it costs is read as
 * words. Nothing is counted here; docs/boundary.md has the words.
 */
import { invalidInput } from "../errors.ts";
import { type Writer, writer } from "../host.ts";
import type { Module, TextScratch } from "../module.ts";
import { text_units_max } from "../shape.ts";
import type { Asked } from "./options.ts";
import type { TextCounts } from "./types.ts";

/** Texts that are counted in one call. */
const texts_max = 2_048;

/** A longer text is written by itself. */
const short_units_max = 256;

/** A part of the module's memory as it is now. */
interface View {
  scratch: TextScratch;
  generation: number;
  /** The whole memory; empty once the module has grown and the view is of no use any more. */
  words: Uint32Array;
  lengths: Uint32Array;
  /** Of several texts whether they are UCS-2, their segments, and what is left in their last. */
  columns: readonly [Uint8Array, Uint8Array, Uint8Array];
  sizes: Uint16Array;
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
      throw this.#module.failed(error);
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
      throw this.#module.failed(error);
    }
  }

  /**
   * Counts texts in one call, as many from an index on as the scratch takes, at least one, and enters what they cost. Gives the
   * index behind the last that was counted, and whether that is one that does not fit. Clusters are not looked at.
   */
  countFrom(
    texts: readonly unknown[],
    from: number,
    asked: Asked,
    composed: (index: number) => string,
    into: TextCounts,
  ): { end: number; fits: boolean } {
    const view = this.#current();
    const { lengths } = view;
    const whole = asked.compose === undefined;
    let units = 0;
    // Short texts are sooner written as one, long ones each.
    let short = "";
    let start = 0;
    let index = from;
    for (const end = Math.min(texts.length, from + texts_max); index < end; index++) {
      const given = texts[index];
      const asIs = whole && typeof given === "string" && given.length <= text_units_max;
      const text = asIs ? given : composed(index);
      const { length } = text;
      if (units + length > text_units_max) break;
      lengths[index - from] = length;
      if (length <= short_units_max) {
        short += text;
      } else {
        view.write(short, start);
        view.write(text, units);
        short = "";
        start = units + length;
      }
      units += length;
    }
    view.write(short, start);
    const texts_asked = index - from;
    try {
      const [total = 0, counted = 0] = view.scratch.countAll(
        texts_asked,
        asked.layout,
        asked.national,
        asked.charactersMax,
      );
      this.#enter(from, counted, into);
      into.total += total;
      return { end: from + counted, fits: counted === texts_asked };
    } catch (error) {
      throw this.#module.failed(error);
    }
  }

  #enter(from: number, counted: number, into: TextCounts): void {
    const { columns, sizes } = this.#current();
    into.encoding.set(columns[0].subarray(0, counted), from);
    into.segments.set(columns[1].subarray(0, counted), from);
    into.remaining.set(columns[2].subarray(0, counted), from);
    into.units.set(sizes.subarray(0, counted), from);
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
    const columns = scratch.columns();
    this.#view = {
      scratch,
      generation,
      words: new Uint32Array(buffer),
      lengths: new Uint32Array(buffer, scratch.lengths(), texts_max),
      columns: [0, 1, 2].map(
        (column) => new Uint8Array(buffer, columns + column * texts_max, texts_max),
      ) as never,
      sizes: new Uint16Array(buffer, scratch.sizes(), texts_max),
      write: writer(new Uint16Array(buffer, scratch.units(), text_units_max)),
    };
    return this.#view;
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
