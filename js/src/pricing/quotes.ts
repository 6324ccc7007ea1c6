/** Quotes out of the module's words: the records of docs/boundary.md, each made into a quote when it is asked for. */
import type { Alternative, Catalog, CatalogId, Quote, QuoteLine, Quotes } from "../types.ts";
import { NONE } from "../words.ts";
import { type Choices, currencyOf, request_words } from "./requests.ts";

/** Where the parts of a record stand. */
const region_at = 0;
const purpose_at = 1;
const validity_at = 2;
const list_at = 3;
const quoted_at = 4;
const expires_at = 6;
const lines_at = 8;
const line_words = 6;
const high = 0x1_0000_0000;
/** In the high half of an amount: 21 bits of digits, and above them how many places are decimal. */
const places_at = 21;
const digits_mask = 0x1f_ffff;

/** An instant as text; in a row it is mostly the one said before. */
class Instants {
  #millis = Number.NaN;
  #text = "";

  of(millis: number): string {
    if (millis !== this.#millis) {
      this.#millis = millis;
      this.#text = new Date(millis).toISOString();
    }
    return this.#text;
  }
}

/** What quotes are made with: the names behind the numbers. */
export class Names {
  readonly offers: ReadonlyMap<string, Choices>;
  readonly #choices: readonly Choices[];
  readonly #catalog: Catalog;
  readonly #id: CatalogId;
  readonly #quoted: Instants = new Instants();
  readonly #expires: Instants = new Instants();

  constructor(catalog: Catalog, offers: ReadonlyMap<string, Choices>) {
    this.#catalog = catalog;
    this.offers = offers;
    this.#choices = [...offers.values()];
    this.#id = { id: catalog.id, revision: catalog.revision };
  }

  /** The quote whose record begins at `start`, of the request that begins at `from`. */
  quote(words: Uint32Array, start: number, asked: Uint32Array, from: number): Quote {
    const word = (at: number): number => words[start + at] as number;
    const choices = this.#choices[asked[from] as number] as Choices;
    const code = asked[from + 4] as number;
    const { offer } = choices;
    const lines: QuoteLine[] = [];
    let at = lines_at + 1;
    for (let left = word(lines_at); left > 0; left--, at += line_words)
      lines.push({
        quantity: word(at),
        price: amount(words, start + at + 1),
        per: word(at + 3),
        amount: amount(words, start + at + 4),
      });
    const total = amount(words, start + at);
    const cheaper = word(at + 2) === 1;
    const others = word(at + 3);
    at += 4;
    const other = (): Alternative => {
      const made = { quantity: word(at), total: amount(words, start + at + 1) };
      at += 3;
      return made;
    };
    const cheaperAt = cheaper ? other() : undefined;
    const alternatives: Alternative[] = [];
    for (let left = others; left > 0; left--) alternatives.push(other());
    const quote = { offer: offer.id, region: offer.regions[word(region_at)] } as Quote;
    if (word(purpose_at) !== NONE) quote.purpose = offer.purposes?.[word(purpose_at)] as string;
    quote.quantity = asked[from + 5] as number;
    quote.currency = code === NONE ? this.#catalog.currency : currencyOf(code);
    quote.lines = lines;
    quote.total = total;
    if (cheaperAt !== undefined) quote.cheaperAt = cheaperAt;
    quote.alternatives = alternatives;
    if (word(validity_at) !== NONE) quote.validity = { ...choices.validities[word(validity_at)] } as never;
    quote.quotedAt = this.#quoted.of(word(quoted_at) + word(quoted_at + 1) * high);
    quote.expiresAt = this.#expires.of(word(expires_at) + word(expires_at + 1) * high);
    quote.catalog = { ...this.#id };
    if (word(list_at) !== NONE) quote.priceList = this.#catalog.price_lists?.[word(list_at)]?.id as string;
    return quote;
  }
}

/** What is paid, of the record that begins at `start`. */
function totalOf(words: Uint32Array, start: number): string {
  return amount(words, start + lines_at + 1 + (words[start + lines_at] as number) * line_words);
}

/** A decimal out of its two words. */
function amount(words: Uint32Array, at: number): string {
  const upper = words[at + 1] as number;
  const places = upper >>> places_at;
  const digits = String((words[at] as number) + (upper & digits_mask) * high);
  if (places === 0) return digits;
  const padded = digits.length > places ? digits : digits.padStart(places + 1, "0");
  return `${padded.slice(0, -places)}.${padded.slice(-places)}`;
}

/** Many quotes: words, and the words that they were asked by. */
export class QuoteList implements Quotes {
  readonly length: number;
  readonly #words: Uint32Array;
  readonly #names: Names;
  readonly #asked: Uint32Array;
  readonly #others: ReadonlyMap<number, () => Quote>;

  /** `others` makes each quote that has no record, or says why there is none. */
  constructor(
    words: Uint32Array,
    names: Names,
    asked: Uint32Array,
    others: ReadonlyMap<number, () => Quote>,
  ) {
    this.length = asked.length / request_words;
    this.#words = words;
    this.#names = names;
    this.#asked = asked;
    this.#others = others;
  }

  at(index: number): Quote | undefined {
    if (!(index in this.#asked) || index >= this.length) return undefined;
    const start = this.#words[index] as number;
    if (start === 0) return this.#others.get(index)?.();
    return this.#names.quote(this.#words, start, this.#asked, index * request_words);
  }

  total(index: number): string | undefined {
    const start = this.#words[index];
    if (start === undefined || index >= this.length) return undefined;
    return start === 0 ? this.at(index)?.total : totalOf(this.#words, start);
  }
}
