/**
 * A stand-in for the module: it plays polls that a test has written and records what the driver tells it. So the protocol
 * is held down word by word, also where the real engine would never go.
 */
import type { Engine, EngineLimits, Glue, TextScratch } from "../../src/module.ts";
import { NONE } from "../../src/words.ts";

export type Told = [name: string, ...args: unknown[]];

/** A record of a poll, as the module writes it. */
export type Say = (words: number[], text: string[]) => void;

const string = (words: number[], text: string[], value: string | undefined): void => {
  words.push(value === undefined ? NONE : value.length);
  if (value !== undefined) text.push(value);
};

export interface AskedRange {
  prefix: string;
  cursor?: string;
  limit: number;
  reverse?: boolean;
}

export function read(
  id: number,
  partition: string,
  keys: string[],
  ranges: AskedRange[] = [],
  tries: number = 0,
): Say {
  return (words, text) => {
    words.push(1, id, tries);
    string(words, text, partition);
    words.push(keys.length);
    for (const key of keys) string(words, text, key);
    words.push(ranges.length);
    for (const { prefix, cursor, limit, reverse } of ranges) {
      string(words, text, prefix);
      string(words, text, cursor);
      words.push(limit, reverse === true ? 1 : 0);
    }
  };
}

/** A write: its key, its value unless it deletes, and the revision that the key must have before, `null` = absent. */
export type Written = [key: string, value?: string, expected?: string | null];

export function commit(id: number, partition: string, writes: Written[]): Say {
  return (words, text) => {
    words.push(2, id);
    string(words, text, partition);
    words.push(writes.length);
    for (const [key, value, expected] of writes) {
      words.push(value === undefined ? 2 : expected === undefined ? 1 : expected === null ? 3 : 4);
      string(words, text, key);
      if (typeof expected === "string") string(words, text, expected);
      if (value !== undefined) string(words, text, value);
    }
  };
}

export function answers(...given: [ticket: number, ok: boolean, value: unknown][]): Say {
  return (words, text) => {
    words.push(3, given.length);
    for (const [ticket, ok] of given) words.push(ticket, ok ? 1 : 0);
    string(words, text, JSON.stringify(given.map(([, , value]) => value)));
  };
}

/** What a poll says in view of all that the driver has told so far; nothing = there is nothing to do. */
export type Script = (told: readonly Told[]) => Say[] | undefined;

/** A scratch that takes every text for one segment of GSM-7. */
class FakeTexts implements TextScratch {
  readonly #buffer = new ArrayBuffer(0x2_0000);
  memory = () => ({ buffer: this.#buffer });
  units = () => 0x8000;
  lengths = () => 0;
  columns = () => 0x2000;
  sizes = () => 0x4000;
  keep(): void {}
  count = (length: number) => (1 << 16) | length;
  countAll = (texts: number) => Uint32Array.of(texts, texts);
  analyze(length: number): number {
    const words = [0, 0, 0, 0, 1, length, 160, 160 - length, length, 0, 0, length];
    new Uint32Array(this.#buffer, 0x1_f000).set(words);
    return 0x1_f000;
  }
}

/** A module whose engines follow a script. `told` is what was told to the newest of them. */
export class FakeGlue implements Glue {
  told: Told[] = [];
  limits: EngineLimits = {};
  engines = 0;
  resets = 0;
  catalog = '{"ok":{"id":"fake","revision":1}}';
  /** The export that traps. */
  trap: keyof Engine | undefined;
  script: Script;
  readonly Engine: Glue["Engine"];
  readonly Texts = FakeTexts;

  constructor(script: Script) {
    this.script = script;
    const glue = this;
    this.Engine = class {
      constructor(_zoneOffset: unknown, limits: EngineLimits) {
        glue.engines += 1;
        glue.told = [];
        glue.limits = limits;
        Object.assign(this, glue.#engine(glue.told));
      }
    } as unknown as Glue["Engine"];
  }

  initSync(): void {}

  __wbg_reset_state(): void {
    this.resets += 1;
  }

  #engine(told: Told[]): Engine {
    let text = "";
    const trapping = (name: string): void => {
      if (name === this.trap) throw new WebAssembly.RuntimeError("unreachable");
    };
    const note =
      (name: string) =>
      (...args: unknown[]): void => {
        trapping(name);
        told.push([name, ...args]);
      };
    return {
      loadCatalog: () => this.catalog,
      reserve: note("reserve"),
      reserveBatch: note("reserveBatch"),
      estimate: note("estimate"),
      settle: note("settle"),
      release: note("release"),
      report: note("report"),
      enqueue: note("enqueue"),
      forget: note("forget"),
      counting: () => '{"ok":"gsm"}',
      quotes: () => new Uint32Array(1),
      totals: () => new Uint32Array(0),
      quote: () =>
        '{"error":{"code":"UNKNOWN_OFFER","message":"no such offer","details":{"offer":"x"},"retryable":false}}',
      poll: () => {
        trapping("poll");
        const said = this.script(told) ?? [];
        const words: number[] = [];
        const texts: string[] = [];
        for (const say of said) say(words, texts);
        text = texts.join("");
        return Uint32Array.from(words);
      },
      text: () => text,
      loaded: (read, loaded, lengths) => told.push(["loaded", read, loaded, [...lengths]]),
      readFailed: note("readFailed"),
      committed: note("committed"),
      refused: note("refused"),
      unknown: note("unknown"),
    };
  }
}

/** A script that says each list once: the first that is due by `when`, a count of what was told. */
export function steps(...list: Say[][]): Script {
  let at = 0;
  let heard = 0;
  return (told) => {
    if (at >= list.length || told.length <= heard) return undefined;
    heard = told.length;
    at += 1;
    return list[at - 1];
  };
}
