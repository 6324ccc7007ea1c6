/** The quantities of one offer, with their prices as of one instant, each quoted once. Every price is a quote of the module's. */
import { isLedgerError, type LedgerError } from "../errors.ts";
import type { Quote, QuoteRequest } from "../types.ts";
import { unitsOf } from "./decimals.ts";

/** What advice needs of a quoter. */
export interface Quoting {
  quote(request: unknown): Quote;
}

export type Request = Omit<QuoteRequest, "quantity"> & { offer: string };

/** A quantity on sale, and what of it is of use before it expires. */
export interface Size {
  quote: Quote;
  quantity: number;
  covers: number;
  /** As `unitsOf` counts. */
  cost: bigint;
}

export class Shelf {
  readonly request: Request;
  readonly #quoting: Quoting;
  readonly #usable: number;
  readonly #known = new Map<number, Size[]>();
  readonly #cheapest = new Map<number, Size | undefined>();
  #refusal: LedgerError | undefined;

  constructor(quoting: Quoting, request: Request, usable: number) {
    this.request = request;
    this.#quoting = quoting;
    this.#usable = usable;
  }

  /** Why nothing is sold. */
  get refusal(): LedgerError | undefined {
    return this.#refusal;
  }

  /** The quantity or, where that is not sold, those around it. */
  around(quantity: number): Size[] {
    const known = this.#known.get(quantity);
    if (known !== undefined) return known;
    const sizes = this.#quotes(quantity).map((quote): Size => {
      const covers = Math.min(quote.quantity, this.#usable);
      return { quote, quantity: quote.quantity, covers, cost: unitsOf(quote.total) };
    });
    this.#known.set(quantity, sizes);
    return sizes;
  }

  /** Those around each of some quantities, each once. */
  sizes(quantities: readonly number[]): Size[] {
    return [
      ...new Map(
        quantities.flatMap((each) => this.around(each)).map((size) => [size.quantity, size]),
      ).values(),
    ];
  }

  /** The cheapest single purchase that covers a rest; none where no package can. */
  cheapest(rest: number): Size | undefined {
    if (this.#cheapest.has(rest)) return this.#cheapest.get(rest);
    const [first, ...others] = this.around(rest)
      .flatMap((size) => [size, ...this.around(size.quote.cheaperAt?.quantity ?? size.quantity)])
      .filter((size) => size.covers >= rest);
    const least =
      first === undefined
        ? undefined
        : others.reduce((best, size) => (size.cost < best.cost ? size : best), first);
    this.#cheapest.set(rest, least);
    return least;
  }

  #quotes(quantity: number): Quote[] {
    try {
      return [this.#quoting.quote({ ...this.request, quantity })];
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      const { nearest } = error.details as { nearest?: readonly number[] };
      if (nearest !== undefined)
        return nearest.map((near) => this.#quoting.quote({ ...this.request, quantity: near }));
      // Not sold in this currency, at this time or with this choice.
      if (error.code !== "NO_PRICE" && error.code !== "INVALID_INPUT") throw error;
      this.#refusal ??= error;
      return [];
    }
  }
}
