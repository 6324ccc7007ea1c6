/**
 * A seller as data: what a catalog holds. Money is a decimal string, a count a whole number, an instant an RFC 3339 text with
 * an offset. docs/catalog.md says what each field means.
 */

/** Where a package comes from. */
export type PackageSource = "purchase" | "complimentary" | "plan" | "recharge" | "migration" | "adjustment";
/** What a provider reported of a message. */
export type Stage =
  | "rejected"
  | "accepted"
  | "submitted"
  | "delivered"
  | "undelivered"
  | "expired"
  | "unknown";

/** A seller: what is sold, at which price, and how it is spent. A published revision never changes. */
export interface Catalog {
  /** Where the JSON Schema is, for editors: nothing is read from there. */
  readonly $schema?: string;
  readonly format: 1;
  readonly id: string;
  /** Counts up from 1. */
  readonly revision: number;
  readonly name: string;
  /** Where the facts come from. */
  readonly source?: string;
  /** ISO 4217: of every price that stands with an offer, and of a quote that names none. */
  readonly currency: string;
  /** IANA zone of billing dates and validity. */
  readonly zone: string;
  /** How long a quote holds. */
  readonly quote_seconds: number;
  readonly regions: readonly CatalogRegion[];
  readonly offers: readonly CatalogOffer[];
  readonly price_lists?: readonly CatalogPriceList[];
  readonly plans?: readonly CatalogPlan[];
  readonly schedules?: readonly CatalogSchedule[];
  readonly policy: CatalogPolicy;
  readonly legacy?: readonly CatalogLegacyModel[];
  /** The seller's own codes of errors. */
  readonly errors?: readonly CatalogError[];
}

/** The seller's own code of an error: of those with a reason, or of all others of the code. */
export interface CatalogError {
  readonly code: string;
  readonly reason?: string;
  readonly seller: string;
}

export interface CatalogRegion {
  /** ISO 3166-1, or the calling code of a worldwide service. */
  readonly code: string;
  readonly name: string;
  /** Regions of the numbering plan whose numbers belong here, besides `code` itself. */
  readonly numbers?: readonly string[];
  /** What an account must have to send there, such as `enterprise-certified`. */
  readonly gates?: readonly string[];
}

export type CatalogOffer = CatalogOfferTerms &
  (
    | { readonly price: CatalogPrice; readonly prices?: never }
    /** The series of the price lists. */
    | { readonly prices: string; readonly price?: never }
  );

export interface CatalogOfferTerms {
  readonly id: string;
  /** The package's name. */
  readonly name: string;
  readonly category?: string;
  readonly package_type?: string;
  readonly regions: readonly string[];
  /** What the buyer chooses from; none = any. */
  readonly purposes?: readonly string[];
  readonly quantity: { readonly step: number; readonly min: number; readonly max: number };
  /** One, or what the buyer chooses from; absent = the package never expires. */
  readonly validity?: CatalogValidity | readonly CatalogValidity[];
  readonly activation_seconds?: number;
  readonly agreement?: { readonly id: string; readonly version: string };
  /** What an account must have, such as `enterprise-certified`. */
  readonly gates?: readonly string[];
  /** What is paid back for a package that is given back; absent = nothing. */
  readonly refund?: CatalogRefund;
  /** Whether vouchers apply. */
  readonly vouchers?: boolean;
  /** Segments that auto-recharge buys at once. */
  readonly recharge_quantity?: number;
}

/** How a refund is reckoned, and for how long after payment; absent = as long as anything is left. */
export type CatalogRefund =
  /** Nothing, or the part of the price that the unused part of the package is. */
  | { readonly model: "none" | "unused"; readonly within?: CatalogValidity }
  /** The price less what the used segments cost by the lists of a series, as of the quote. */
  | { readonly model: "used-value"; readonly within?: CatalogValidity; readonly prices: string };

export type CatalogValidity = { readonly months: number } | { readonly days: number };

export type CatalogPrice =
  /** One price for any quantity. */
  | { readonly model: "flat"; readonly per?: number; readonly amount: string }
  /** The whole quantity at its tier's price, or each slice at its tier's. */
  | { readonly model: "volume" | "graduated"; readonly per?: number; readonly tiers: readonly CatalogTier[] }
  | { readonly model: "fixed"; readonly packs: readonly CatalogPack[] };

/** Bounds are inclusive; the last tier may be open. */
export interface CatalogTier {
  readonly from: number;
  readonly up_to?: number;
  readonly amount: string;
}
export interface CatalogPack {
  readonly quantity: number;
  readonly amount: string;
}

/** Prices that hold together, from one instant until another. */
export interface CatalogPriceList {
  readonly id: string;
  readonly series: string;
  readonly currency: string;
  /** First instant at which it holds; absent = since ever. */
  readonly from?: string;
  /** First instant at which it no longer holds; absent = until further notice. */
  readonly until?: string;
  /** Whether the prices are only known to have been asked once. */
  readonly historic?: boolean;
  readonly source?: string;
  readonly seen?: string;
  readonly prices: readonly CatalogListedPrice[];
}
export type CatalogListedPrice = CatalogPrice & { readonly region: string; readonly purpose?: string };

/** Segments that an account gets every month while it has the plan, on its billing date. */
export interface CatalogPlan {
  readonly id: string;
  readonly name: string;
  /** Segments a month. */
  readonly credits: number;
  /** Whether a plan, or a larger one, that comes within a period brings only the part that is left of the period. */
  readonly prorate?: boolean;
  /** Absent = what is left when a period ends is lost. */
  readonly rollover?: CatalogRollover;
}
/** For how many further periods unspent credits can be used, and most segments that roll over in all. */
export interface CatalogRollover {
  readonly periods: number;
  readonly cap?: number;
}
/** Segments that every account with the gates gets each calendar month, until its end. */
export interface CatalogSchedule {
  readonly id: string;
  readonly name: string;
  /** Segments a month. */
  readonly credits: number;
  /** The one that they pay; none = any that the catalog prices. */
  readonly regions?: readonly string[];
  /** What an account must have; none = everybody gets them. */
  readonly gates?: readonly string[];
  /** Whether an account that comes to it within a month gets only the part that is left of the month. */
  readonly prorate?: boolean;
}

export interface CatalogPolicy {
  readonly counting: "gsm" | "any-text-70";
  readonly segments_max: number;
  readonly draw: readonly ("scope" | "source" | "expiry" | "effective" | "purchased" | "sequence")[];
  readonly sources: readonly PackageSource[];
  readonly split: "allow" | "never";
  /** What a message is for that does not say it. */
  readonly default_purpose?: string;
  /** Whether a suspended account neither sends nor buys; `true` unless given. */
  readonly suspended_blocks?: boolean;
  /** Whether what was bought can be used only while the account has a plan. */
  readonly packs_need_plan?: boolean;
  /** What a report costs: each stage once without codes, and where a provider's codes cost something else, with them. */
  readonly receipts: readonly {
    readonly stage: Stage;
    readonly codes?: readonly string[];
    readonly charge: "full" | "none" | "wait";
  }[];
  /** When a message is charged; `delivery` unless given. */
  readonly charge_on?: "delivery" | "submit";
  /** How long a message is held without a final word, and what becomes of it then; 72 hours and `settle` unless given. */
  readonly hold?: { readonly hours: number; readonly then: "settle" | "release" };
  /** For how long after a package's expiry segments still come back to it; 0 unless given. */
  readonly grace_hours?: number;
  /** Whether a later receipt that contradicts the first final one is applied; `false` unless given. */
  readonly corrections?: boolean;
  /** When owners are told that something runs low or out, unless they say it themselves. */
  readonly alarms?: {
    readonly thresholds?: readonly {
      readonly region?: string;
      readonly below: number;
      readonly margin?: number;
    }[];
    readonly expiry_days?: readonly number[];
  };
  /** Most segments in an hour and a day, of accounts that set no ceilings of their own. */
  readonly ceilings?: readonly {
    readonly region?: string;
    readonly per_hour?: number;
    readonly per_day?: number;
  }[];
  /** How often auto-recharge may order, of accounts that set no limits of their own; 5, 20 and 3,600 unless given. */
  readonly recharge?: {
    readonly per_day?: number;
    readonly per_month?: number;
    readonly cooldown_seconds?: number;
  };
}

export interface CatalogLegacyModel {
  readonly id: string;
  readonly name: string;
  readonly opened_before: string;
  /** Credits for a segment, by region. */
  readonly rates?: readonly { readonly region: string; readonly credits: string }[];
}

/** Something in a catalog, at a place such as `offers[2].price.tiers[1].up_to`. */
export interface CatalogProblem {
  readonly path: string;
  readonly message: string;
}
/** What a look at a catalog found. */
export interface CatalogFindings {
  /** What makes it unusable; none where it is valid. */
  readonly problems: readonly CatalogProblem[];
  /** What is allowed, but may be a slip: a larger quantity that costs less, a time without prices. */
  readonly warnings: readonly CatalogProblem[];
}
