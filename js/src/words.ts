/**
 * The flat form in which the module and its driver pass strings: words that hold numbers and lengths, and one text that
 * holds the strings one after the other. Nothing here knows what they mean.
 */

/** In place of a length: the string is absent. */
export const NONE = 0xffffffff;

/** In place of an instant's length: it is the one said before. */
const SAME = 0xfffffffe;

/** Reads the words and the text of one `poll` from front to back. */
export class Words {
  readonly #words: Uint32Array;
  readonly #text: string;
  #word = 0;
  #unit = 0;
  #instant = "";
  #region: string | undefined;

  constructor(words: Uint32Array, text: string) {
    this.#words = words;
    this.#text = text;
  }

  more(): boolean {
    return this.#word < this.#words.length;
  }

  /** The next number. Throws past the end: a module that says half a record is broken. */
  number(): number {
    const word = this.#words[this.#word++];
    if (word === undefined) throw new Error("the module's words end within a record");
    return word;
  }

  optional(): string | undefined {
    const length = this.number();
    if (length === NONE) return undefined;
    const start = this.#unit;
    this.#unit = start + length;
    if (this.#unit > this.#text.length) throw new Error("the module's text ends within a string");
    return this.#text.slice(start, this.#unit);
  }

  string(): string {
    const string = this.optional();
    if (string === undefined) throw new Error("the module's words lack a string");
    return string;
  }

  /** A region, which is mostly the one said before. */
  region(): string | undefined {
    if (this.#words[this.#word] === SAME) {
      this.#word += 1;
      return this.#region;
    }
    this.#region = this.optional();
    return this.#region;
  }

  /** A time, which is mostly the one said before. */
  instant(): string | undefined {
    if (this.#words[this.#word] === SAME) {
      this.#word += 1;
      return this.#instant;
    }
    const instant = this.optional();
    if (instant !== undefined) this.#instant = instant;
    return instant;
  }

  /** Both were read to their ends. */
  end(): void {
    if (this.#unit !== this.#text.length) throw new Error("the module's text goes on behind its last string");
  }
}

/** Collects what a READ brought, in the form that `loaded` takes. */
export class Lengths {
  readonly #lengths: number[] = [];
  #text = "";

  number(value: number): void {
    this.#lengths.push(value);
  }

  none(): void {
    this.#lengths.push(NONE);
  }

  string(value: string): void {
    this.#lengths.push(value.length);
    this.#text += value;
  }

  text(): string {
    return this.#text;
  }

  lengths(): Uint32Array {
    return Uint32Array.from(this.#lengths);
  }
}
