/** Prices without a ledger: quotes of one catalog, one at a time or many at once, and the cheapest purchase for a need. */
import { CatalogEngine } from "../catalogs/engine.ts";
import { invalidInput } from "../errors.ts";
import type { Engine, Module } from "../module.ts";
import { checkNow, checkSource, only, plain, prepare } from "../shape.ts";
import type {
  Advice,
  AdviseRequest,
  Catalog,
  Pricing,
  PricingOptions,
  Quote,
  QuoteRequest,
  Quotes,
} from "../types.ts";
import { NONE } from "../words.ts";
import { advise } from "./advise.ts";
import { Names, QuoteList } from "./quotes.ts";
import { choicesOf, request_words, writeRequest } from "./requests.ts";

/** Requests that cross at once: some 100 KB of words. */
const requests_max = 4_096;

/** What carries a question to an engine that has the catalog. */
export interface Asker {
  /** Tagged JSON. */
  ask(question: (engine: Engine) => string): unknown;
  /** Words. */
  use<T>(question: (engine: Engine) => T): T;
}

/** Quotes by words where the request has nothing that only data can say, and else as data. */
export class Quoter {
  readonly #asker: Asker;
  readonly #names: Names;
  readonly #clock: () => number;
  readonly #one: Uint32Array = new Uint32Array(request_words);

  constructor(asker: Asker, catalog: Catalog, clock: () => number) {
    this.#asker = asker;
    this.#names = new Names(catalog, choicesOf(catalog));
    this.#clock = clock;
  }

  quote(request: unknown): Quote {
    const one = this.#one;
    if (!writeRequest(this.#names.offers, request, one, 0)) return this.#asData(request, undefined);
    const now = this.#clock();
    const words = this.#asker.use((engine) => engine.quotes(now, one));
    const start = words[0];
    if (start === undefined || start === 0) return this.#asData(request, now);
    return this.#names.quote(words, start, one, 0);
  }

  quotes(requests: readonly QuoteRequest[]): Quotes {
    const now = this.#clock();
    const asked = new Uint32Array(requests.length * request_words);
    const others = new Map<number, () => Quote>();
    for (const [index, request] of requests.entries())
      if (!writeRequest(this.#names.offers, request, asked, index * request_words)) {
        // An index of none is no offer, so that what could not be written has no record.
        asked[index * request_words] = NONE;
        others.set(index, this.#later(request, now));
      }
    const asker = this.#asker;
    const crossings = (cross: (engine: Engine, part: Uint32Array) => Uint32Array): Uint32Array[] => {
      const parts: Uint32Array[] = [];
      for (let from = 0; from < asked.length; from += requests_max * request_words) {
        const part = asked.subarray(from, from + requests_max * request_words);
        parts.push(asker.use((engine) => cross(engine, part)));
      }
      return parts;
    };
    return new QuoteList(this.#names, asked, {
      records: () =>
        joined(
          crossings((engine, part) => engine.quotes(now, part)),
          requests.length,
        ),
      totals: () => crossings((engine, part) => engine.totals(now, part)),
      totals_each: requests_max,
      other: (index, request) => others.get(index)?.() ?? this.#asData(request(), now),
    });
  }

  /** What is asked now is answered as of now, whatever becomes of the caller's object. */
  #later(request: QuoteRequest, now: number): () => Quote {
    let prepared: Record<string, unknown>;
    try {
      prepared = prepare(request);
    } catch (error) {
      return () => {
        throw error;
      };
    }
    return () => this.#asker.ask((engine) => engine.quote(now, prepared)) as Quote;
  }

  #asData(request: unknown, at: number | undefined): Quote {
    const prepared = prepare(request);
    const now = at ?? this.#clock();
    return this.#asker.ask((engine) => engine.quote(now, prepared)) as Quote;
  }
}

/** Records of several crossings behind one index. */
function joined(parts: readonly Uint32Array[], count: number): Uint32Array {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const words = new Uint32Array(length);
  let record = count;
  let index = 0;
  for (const part of parts) {
    const own = Math.min(requests_max, count - index);
    const moved = record - own;
    for (let at = 0; at < own; at++) {
      const start = part[at] as number;
      words[index + at] = start === 0 ? 0 : start + moved;
    }
    words.set(part.subarray(own), record);
    record += part.length - own;
    index += own;
  }
  return words;
}

/** Prices of a catalog. Throws a `LedgerError` where the catalog cannot be used. */
export function makePricing(module: Module, options: PricingOptions): Pricing {
  const given = plain<PricingOptions>(options);
  only(given, ["catalog", "now"]);
  if (given.now !== undefined && typeof given.now !== "function")
    throw invalidInput("now", "must be a function", given.now);
  const engine = new CatalogEngine(module, checkSource(given.catalog));
  const now = given.now as PricingOptions["now"];
  const clock = now === undefined ? Date.now : (): number => checkNow(now());
  const quoter = new Quoter(engine, engine.catalog, clock);
  return {
    quote: (request: QuoteRequest): Quote => quoter.quote(request),
    quotes(requests: readonly QuoteRequest[]): Quotes {
      if (!Array.isArray(requests)) throw invalidInput("", "the requests must be an array", requests ?? null);
      return quoter.quotes(requests);
    },
    adviseQuantity: (request: AdviseRequest): Advice => advise(quoter, engine.catalog, request, clock),
  };
}
