/** What every entry of the package exports, and each starts the module for in its own way. */
import { Catalogs } from "../catalogs/catalogs.ts";
import { makeLedger, makeLedgerSync, makePreview } from "../facade.ts";
import { Numbers } from "../numbers.ts";
import { makePricing } from "../pricing/pricing.ts";
import type { Storage, SyncStorage } from "../storage/contract.ts";
import { textsOf } from "../text/texts.ts";
import type {
  Catalog,
  CatalogChange,
  CatalogFindings,
  Compared,
  CompareRequest,
  DiffOptions,
  Ledger,
  LedgerOptions,
  PreviewOptions,
  Pricing,
  PricingOptions,
  ResolvedRegion,
  ResolvedRegions,
  ResolveOptions,
  SyncLedger,
  Texts,
} from "../types.ts";
import { module } from "./module.ts";

export * from "../api.ts";

const catalogs = new Catalogs(module);
const numbers = new Numbers(module);
const texts: Texts = textsOf(module);

/** How a text is cut into segments, and why. Throws a `LedgerError` for bad options or a text that is too long. */
export const analyzeText: Texts["analyzeText"] = texts.analyzeText;
/** What many texts cost, in typed arrays, as for a campaign. */
export const analyzeTexts: Texts["analyzeTexts"] = texts.analyzeTexts;
/** Segments of a text alone: the quickest call. */
export const countSegments: Texts["countSegments"] = texts.countSegments;
/** What could stand for characters that GSM-7 cannot carry, and what that would save. Changes nothing. */
export const suggestReplacements: Texts["suggestReplacements"] = texts.suggestReplacements;

/** A ledger over any store. Ready at once; it may be awaited. Throws a `LedgerError` for a bad catalog or option. */
export function createLedger(options: LedgerOptions<Storage>): Ledger {
  return makeLedger(module, options);
}

/** A ledger over a synchronous store: every call returns its answer or throws. */
export function createLedgerSync(options: LedgerOptions<SyncStorage>): SyncLedger {
  return makeLedgerSync(module, options);
}

/** A ledger over a snapshot, for previews: what it is told changes its own copy alone, which nobody stores. */
export function createPreview(options: PreviewOptions): SyncLedger {
  return makePreview(module, options);
}

/** Which region a number belongs to, or why that cannot be said. Needs no ledger. */
export function resolveRegion(number: string, options?: ResolveOptions): ResolvedRegion {
  return numbers.resolveRegion(number, options);
}

/** The same of many numbers, in one crossing into the module. */
export function resolveRegions(all: readonly string[], options?: ResolveOptions): ResolvedRegions {
  return numbers.resolveRegions(all, options);
}

/** Everything that is wrong or odd with a catalog, parsed or as JSON. Needs no ledger. */
export function validateCatalog(catalog: unknown): CatalogFindings {
  return catalogs.validateCatalog(catalog);
}

/** What the same need costs in several catalogs: a quote for each offer that covers it, in their order. Needs no ledger. */
export function compare(request: CompareRequest): Compared[] {
  return catalogs.compare(request);
}

/** Prices of a catalog without a ledger: one quote, many at once, and the cheapest purchase for a need. */
export function createPricing(options: PricingOptions): Pricing {
  return makePricing(module, options);
}

/** What changes for a buyer from one catalog to another, such as from one revision to the next. Throws where one of them is not valid. */
export function diffCatalogs(
  before: Catalog | string,
  after: Catalog | string,
  options?: DiffOptions,
): CatalogChange[] {
  return catalogs.diffCatalogs(before, after, options);
}
