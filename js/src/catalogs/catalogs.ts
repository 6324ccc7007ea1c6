/**
 * What can be asked of catalogs without a ledger: whether one is valid, and what the same need costs in several. Every rule
 * and every price is the module's to say.
 */
import { invalidInput, LedgerError, type ToldError, toLedgerError } from "../errors.ts";
import type { Engine, Module } from "../module.ts";
import { makePricing } from "../pricing/pricing.ts";
import { checkNow, only, plain, prepare, prepareCatalog } from "../shape.ts";
import type {
  Catalog,
  CatalogChange,
  CatalogFindings,
  CatalogOffer,
  Compared,
  CompareRequest,
  DiffOptions,
  Quote,
  QuoteRequest,
  Validity,
} from "../types.ts";
import { diff, type Side } from "./diff.ts";

const compare_properties = ["region", "quantity", "catalogs", "purpose", "currency", "validity", "at"];

/** The calls, over the module of an entry. */
export class Catalogs {
  readonly #module: Module;

  constructor(module: Module) {
    this.#module = module;
  }

  validateCatalog(catalog: unknown): CatalogFindings {
    let prepared: unknown;
    try {
      prepared = prepareCatalog(typeof catalog === "string" ? JSON.parse(catalog) : catalog);
    } catch (error) {
      return { problems: [problemOf(error)], warnings: [] };
    }
    return this.#answer(() => this.#module.validateCatalog(prepared)) as CatalogFindings;
  }

  diffCatalogs(before: Catalog, after: Catalog, options: DiffOptions = {}): CatalogChange[] {
    const given = plain<DiffOptions>(options, "options");
    only(given, ["at"], "options");
    const at = given.at === undefined ? Date.now() : checkNow(given.at);
    const [from, to] = ([before, after] as const).map((catalog) => ({
      catalog: prepareCatalog(catalog) as unknown as Catalog,
      pricing: makePricing(this.#module, { catalog }),
    })) as [Side, Side];
    return diff(from, to, at);
  }

  compare(request: CompareRequest): Compared[] {
    const given = plain<CompareRequest>(request);
    only(given, compare_properties);
    const { catalogs, at, ...need } = given;
    if (!Array.isArray(catalogs))
      throw invalidInput("catalogs", "must be an array of catalogs", catalogs ?? null);
    const now = at === undefined ? Date.now() : checkNow(at);
    const wanted = prepare(need) as unknown as Need;
    return catalogs.flatMap((catalog: unknown) => this.#offers(catalog, wanted, now));
  }

  /** The offers of a catalog that cover a need. */
  #offers(catalog: unknown, need: Need, now: number): Compared[] {
    const prepared = prepareCatalog(catalog) as unknown as Catalog;
    const engine = this.#run(() => this.#module.engine({}));
    try {
      this.#answer(() => engine.loadCatalog(prepared));
      return prepared.offers
        .filter(({ regions }) => regions.includes(need.region))
        .flatMap((offer) => requests(offer, need))
        .flatMap((wanted) => this.#quote(engine, now, wanted));
    } finally {
      engine.free?.();
    }
  }

  /** The quote for the need or, where that is not sold, for the next larger quantity. */
  #quote(engine: Engine, now: number, request: QuoteRequest): Compared[] {
    try {
      return [{ quote: this.#answer(() => engine.quote(now, request)) as Quote }];
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      const { nearest, path } = error.details as { nearest?: readonly number[]; path?: string };
      const larger = nearest?.find((quantity) => quantity > request.quantity);
      if (larger !== undefined) return this.#quote(engine, now, { ...request, quantity: larger });
      // Not sold by this offer: too much of it, or not for this purpose, time or currency.
      const unsold = error.code === "INVALID_QUANTITY" || error.code === "UNKNOWN_REGION";
      if (unsold || path === "purpose" || path === "validity") return [];
      throw error;
    }
  }

  #answer(call: () => string): unknown {
    const told = JSON.parse(this.#run(call)) as { ok?: unknown; error?: ToldError };
    if (told.error !== undefined) throw toLedgerError(told.error);
    return told.ok;
  }

  /** Runs what does no more than call exports. */
  #run<T>(call: () => T): T {
    try {
      return call();
    } catch (cause) {
      if (cause instanceof LedgerError) throw cause;
      throw this.#module.failed(cause);
    }
  }
}

type Need = Omit<QuoteRequest, "offer"> & { region: string };

/** What to ask of an offer: where the need leaves a choice, each purpose, and the first validity, which costs the same. */
function requests(offer: CatalogOffer, need: Need): QuoteRequest[] {
  const { validity } = offer;
  const chosen = need.validity ?? (Array.isArray(validity) ? (validity[0] as Validity) : undefined);
  const wanted = { ...need, offer: offer.id, ...(chosen === undefined ? {} : { validity: chosen }) };
  if (need.purpose !== undefined || offer.purposes === undefined) return [wanted];
  return offer.purposes.map((purpose) => ({ ...wanted, purpose }));
}

/** What is no data at all, as a problem of the catalog. */
function problemOf(error: unknown): { path: string; message: string } {
  if (error instanceof LedgerError) {
    const { path } = error.details as { path?: string };
    return { path: path ?? "", message: error.message };
  }
  if (error instanceof SyntaxError) return { path: "", message: `not JSON: ${error.message}` };
  throw error;
}
