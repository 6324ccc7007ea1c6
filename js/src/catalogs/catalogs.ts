/**
 * What can be asked of catalogs without a ledger: whether one is valid, and what the same need costs in several. Every rule
 * and every price is the module's to say.
 */
import { answerOf, invalidInput, LedgerError, messageOf } from "../errors.ts";
import type { Module } from "../module.ts";
import { Quoter } from "../pricing/pricing.ts";
import { checkTime, type NoData, only, plain, prepare, prepareAnyCatalog, texts } from "../shape.ts";
import type {
  Catalog,
  CatalogChange,
  CatalogFindings,
  CatalogOffer,
  CatalogProblem,
  Compared,
  CompareRequest,
  DiffOptions,
  QuoteRequest,
} from "../types.ts";
import { diff } from "./diff.ts";
import type { Side } from "./diff-prices.ts";
import { CatalogEngine, run } from "./engine.ts";
import { lacking, validitiesOf } from "./offers.ts";

const compare_properties = [
  "region",
  "quantity",
  "catalogs",
  "purpose",
  "currency",
  "validity",
  "gates",
  "at",
];

/** The calls, over the module of an entry. */
export class Catalogs {
  readonly #module: Module;

  constructor(module: Module) {
    this.#module = module;
  }

  validateCatalog(catalog: unknown): CatalogFindings {
    let read: ReturnType<typeof prepareAnyCatalog>;
    try {
      read = prepareAnyCatalog(catalog);
    } catch (error) {
      return { problems: [problemOf({ error, path: "" })], warnings: [] };
    }
    const { prepared, noted } = read;
    if (prepared === undefined) return { problems: noted.map(problemOf), warnings: [] };
    const { problems, warnings } = answerOf(
      run(this.#module, () => this.#module.validateCatalog(prepared)),
    ) as CatalogFindings;
    // What the module says of a stand-in is not what is wrong.
    const standIn = ({ path }: { path: string }) => noted.some((other) => isWithin(path, other.path));
    const rest = noted.length === 0 ? problems : problems.filter((problem) => !standIn(problem));
    return { problems: [...noted.map(problemOf), ...rest], warnings };
  }

  diffCatalogs(
    before: Catalog | string,
    after: Catalog | string,
    options: DiffOptions = {},
  ): CatalogChange[] {
    const given = plain<DiffOptions>(options, "options");
    only(given, ["at"], "options");
    const at = given.at === undefined ? Date.now() : checkTime(given.at, "at");
    return within("before", () =>
      this.#with(before, at, (from) =>
        within("after", () => this.#with(after, at, (to) => diff(from, to, at))),
      ),
    );
  }

  compare(request: CompareRequest): Compared[] {
    const given = plain<CompareRequest>(request);
    only(given, compare_properties);
    const { catalogs, at, gates, ...need } = given;
    if (!Array.isArray(catalogs))
      throw invalidInput("catalogs", "must be an array of catalogs", catalogs ?? null);
    const now = at === undefined ? Date.now() : checkTime(at, "at");
    const own = gates === undefined ? undefined : texts(gates, "gates");
    const wanted = prepare(need) as unknown as Need;
    return catalogs.flatMap((catalog: unknown, index) =>
      within(`catalogs[${index}]`, () => this.#offers(catalog, wanted, own, now)),
    );
  }

  /** The offers of a catalog that cover a need. */
  #offers(catalog: unknown, need: Need, own: readonly string[] | undefined, now: number): Compared[] {
    return this.#with(catalog, now, (side) =>
      side.catalog.offers
        .filter((offer) => offer.regions.includes(need.region) && lacking(offer, own).length === 0)
        .flatMap((offer) => requests(offer, need))
        .flatMap((wanted) => quotes(side, wanted)),
    );
  }

  /** Does something with a catalog's prices as of an instant, and leaves nothing of them in the module. */
  #with<T>(catalog: unknown, at: number, use: (side: Side) => T): T {
    const engine = new CatalogEngine(this.#module, catalog);
    const quoter = new Quoter(engine, engine.catalog, () => at);
    try {
      return use({ catalog: engine.catalog, quote: (request) => quoter.quote(request) });
    } finally {
      engine.free();
    }
  }
}

/** Does something with one of several catalogs: what is wrong with it is told with its place. */
function within<T>(place: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== "INVALID_CATALOG") throw error;
    const { problems = [] } = error.details as { problems?: readonly CatalogProblem[] };
    const placed = problems.map(({ path, message }) => ({
      path: path === "" ? place : `${place}.${path}`,
      message,
    }));
    throw new LedgerError("INVALID_CATALOG", `${place}: ${error.message}`, { problems: placed });
  }
}

/** The quote for the need or, where that is not sold, for the next larger quantity. */
function quotes(side: Side, request: QuoteRequest): Compared[] {
  try {
    return [{ quote: side.quote(request) }];
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    const { nearest, path } = error.details as { nearest?: readonly number[]; path?: string };
    const larger = nearest?.find((quantity) => quantity > request.quantity);
    if (larger !== undefined) return quotes(side, { ...request, quantity: larger });
    // Not sold by this offer: too much of it, or not for this purpose, time or currency.
    const unsold = error.code === "INVALID_QUANTITY" || error.code === "NO_PRICE";
    if (unsold || path === "purpose" || path === "validity") return [];
    throw error;
  }
}

type Need = Omit<QuoteRequest, "offer"> & { region: string };

/** What to ask of an offer: where the need leaves a choice, each purpose, and the first validity, which costs the same. */
function requests(offer: CatalogOffer, need: Need): QuoteRequest[] {
  const chosen = need.validity ?? validitiesOf(offer)[0];
  const wanted = { ...need, offer: offer.id, ...(chosen === undefined ? {} : { validity: chosen }) };
  if (need.purpose !== undefined || offer.purposes === undefined) return [wanted];
  return offer.purposes.map((purpose) => ({ ...wanted, purpose }));
}

/** Whether a path is another or lies below it. */
function isWithin(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}.`) || path.startsWith(`${other}[`);
}

/** What is no data at all, as a problem of the catalog. */
function problemOf({ error, path }: NoData): { path: string; message: string } {
  if (error instanceof LedgerError) {
    const { path: exact } = error.details as { path?: string };
    return { path: exact ?? path, message: error.message };
  }
  return { path, message: `cannot be read: ${messageOf(error)}` };
}
