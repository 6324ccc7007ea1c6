/** Quotes out of the module's words: the records of docs/boundary.md, each made into a quote when it is asked for. */
import type {
  Alternative,
  Catalog,
  CatalogId,
  Quote,
  QuoteLine,
  QuoteRequest,
  Quotes,
  Validity,
} from "../types.ts";
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

  /** The request that begins at `from`. */
  request(asked: Uint32Array, from: number): QuoteRequest {
    const word = (at: number): number => asked[from + at] as number;
    const choices = this.#choices[word(0)] as Choices;
    const { offer, validities } = choices;
    const request = { offer: offer.id, quantity: word(5) } as QuoteRequest;
    if (word(1) !== NONE) request.region = offer.regions[word(1)] as string;
    if (word(2) !== NONE) request.purpose = offer.purposes?.[word(2)] as string;
    if (word(3) !== NONE) request.validity = validities[word(3)] as Validity;
    if (word(4) !== NONE) request.currency = currencyOf(word(4));
    if (word(7) !== NONE) request.at = new Date(word(6) + word(7) * high);
    return request;
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
    if (offer.gates !== undefined && offer.gates.length > 0) quote.gates = [...offer.gates];
    if (offer.agreement) quote.agreement = { id: offer.agreement.id, version: offer.agreement.version };
    return quote;
  }
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

/** Where the words of many quotes come from, each when it is first asked for. */
export interface Source {
  records(): Uint32Array;
  /** So many totals in each part but the last. */
  totals(): readonly Uint32Array[];
  totals_each: number;
  /** Makes a quote that has no words, or says why there is none. */
  other(index: number, request: () => QuoteRequest): Quote;
}

/** Many quotes as of one instant. */
export class QuoteList implements Quotes {
  readonly length: number;
  readonly #names: Names;
  readonly #asked: Uint32Array;
  readonly #source: Source;
  #records: Uint32Array | undefined;
  #totals: readonly Uint32Array[] | undefined;

  constructor(names: Names, asked: Uint32Array, source: Source) {
    this.length = asked.length / request_words;
    this.#names = names;
    this.#asked = asked;
    this.#source = source;
  }

  at(index: number): Quote | undefined {
    if (!this.#has(index)) return undefined;
    this.#records ??= this.#source.records();
    const start = this.#records[index] as number;
    if (start === 0) return this.#other(index);
    return this.#names.quote(this.#records, start, this.#asked, index * request_words);
  }

  total(index: number): string | undefined {
    if (!this.#has(index)) return undefined;
    this.#totals ??= this.#source.totals();
    const each = this.#source.totals_each;
    const part = this.#totals[Math.floor(index / each)] as Uint32Array;
    const at = (index % each) * 2;
    return part[at + 1] === NONE ? this.#other(index).total : amount(part, at);
  }

  *[Symbol.iterator](): Iterator<Quote> {
    for (let index = 0; index < this.length; index++) yield this.at(index) as Quote;
  }

  #has(index: number): boolean {
    return Number.isInteger(index) && index >= 0 && index < this.length;
  }

  #other(index: number): Quote {
    return this.#source.other(index, () => this.#names.request(this.#asked, index * request_words));
  }
}
