/**
 * The contract of the package. Money is a decimal string, a count is a safe integer, a time is an RFC 3339 string in UTC
 * (a `Date` is taken as well). Unknown properties are refused, absent ones are omitted.
 */
import type { Catalog, PackageSource, Stage } from "./catalog.ts";
import type { Reason } from "./errors.ts";

export type * from "./catalog.ts";
export type * from "./text/types.ts";

/** An instant: RFC 3339 with an offset (`2026-11-21T09:30:00Z`), or a `Date`. */
export type Time = string | Date;

/** What a ledger needs from its host. */
export interface LedgerOptions<S> {
  /**
   * Where the accounts are kept. Over an `exclusive` one make one ledger at a time: a ledger takes what it has cached for
   * current there. A callback that never settles blocks its account, so that an adapter needs a time-out of its own.
   */
  storage: S;
  /** The seller: a parsed catalog, such as one of those under `sms-ledger/catalogs`. */
  catalog: Catalog;
  /** The clock, a `Date`, a time or milliseconds since 1970; the host's own unless given. */
  now?: () => Time | number;
  /** Bytes of accounts kept in memory, 64 MiB unless given. */
  cacheBytes?: number;
  /** Commands that may wait on one account before `OVERLOADED`, 10,000 unless given. */
  queue?: number;
}

export interface OpenAccount {
  /** The account, 1 to 128 printable ASCII characters; also its partition in the store. */
  id: string;
  /** A plan of the catalog, with its recurring credits. */
  plan?: string;
  /** The instant whose day and time the plan's billing date repeats; the opening unless given. */
  billingAnchor?: Time;
  /** IANA zone in which the billing date is reckoned; the catalog's unless given. */
  zone?: string;
}
export interface Account {
  id: string;
  catalog: CatalogId;
  zone: string;
  openedAt: string;
  plan?: string;
  billingAnchor?: string;
}
export interface CatalogId {
  id: string;
  revision: number;
}

/** How a text is cut into segments (3GPP TS 23.038, TS 23.040 9.2.3.24). */
export interface Segments {
  encoding: "GSM-7" | "UCS-2";
  segments: number;
  /** Septets, escapes included, or UTF-16 units. */
  units: number;
  perSegment: number[];
  /** Units that one segment of this layout holds. */
  capacity: number;
  /** Units left in the last segment. */
  remaining: number;
  /** Unicode characters; a lone surrogate counts as one. */
  characters: number;
  /** Characters that GSM-7 cannot carry, lone surrogates among them; `index` in UTF-16 units. */
  nonGsm: { index: number; codePoint: number; character: string }[];
  /** Where each segment starts, in UTF-16 units. */
  breaks: number[];
}

export interface QuoteRequest {
  offer: string;
  /** Needed only where the offer covers several regions. */
  region?: string;
  /** Segments to buy. */
  quantity: number;
  /** Needed only where the offer has several. */
  purpose?: string;
  /** ISO 4217; the catalog's unless given. */
  currency?: string;
  /** Needed only where the offer leaves the choice to the buyer. */
  validity?: Validity;
  /** The instant of the quote; now unless given. */
  at?: Time;
}
export type Validity = { months: number } | { days: number };
export interface Quote {
  offer: string;
  region: string;
  /** The purpose that the price is for. */
  purpose?: string;
  quantity: number;
  currency: string;
  lines: QuoteLine[];
  /** Sum of the lines. */
  total: string;
  /** A larger quantity that costs less. */
  cheaperAt?: Alternative;
  /** The quantities on sale next to this one, the smaller first. */
  alternatives: Alternative[];
  /** How long the package would last from payment; absent = it never expires. */
  validity?: Validity;
  quotedAt: string;
  /** First instant at which the quote no longer holds. */
  expiresAt: string;
  catalog: CatalogId;
  /** The price list that the price stands in; absent where it stands with the offer. */
  priceList?: string;
}
/** Another quantity of the same, and what it costs. */
export interface Alternative {
  quantity: number;
  total: string;
}
/** The same need in several catalogs. */
export interface CompareRequest extends Omit<QuoteRequest, "offer" | "region"> {
  region: string;
  catalogs: readonly Catalog[];
}
/** An offer that covers the need: for its quantity or, where that is not sold, the next larger one. */
export interface Compared {
  quote: Quote;
}
export interface QuoteLine {
  quantity: number;
  /** Price of `per` segments. */
  price: string;
  per: number;
  /** Rounded once, half up, to the currency's minor unit. */
  amount: string;
}

export interface Purchase {
  /** The order: the idempotency key. */
  id: string;
  account: string;
  quote: Quote;
  /** Proof that the buyer has paid the quote's total. */
  payment: { reference: string };
}
export interface Order {
  id: string;
  package: string;
  offer: string;
  region?: string;
  quantity: number;
  total: string;
  currency: string;
  purchasedAt: string;
  effectiveAt: string;
  expiresAt?: string;
  /** Segments of the account, unspent and unheld, after the purchase; those not yet active included. */
  available: number;
}

export interface Message {
  account: string;
  /** E.164, such as `+61412345678`. */
  to: string;
  text: string;
}
export interface Reserve extends Message {
  /** The message: the idempotency key. */
  id: string;
  /** 1 unless given; a refused message is tried again under its next attempt. */
  attempt?: number;
}
export interface Preview {
  region: string;
  encoding: "GSM-7" | "UCS-2";
  segments: number;
  /** What each package pays. */
  draws: Draw[];
  /** Segments of the account, unspent and unheld, after this one; those not yet active included. */
  available: number;
}
export interface Reserved extends Preview {
  id: string;
  at: string;
}
export interface Draw {
  package: string;
  segments: number;
}

export interface Settle {
  id: string;
  account: string;
  /** How many of the held segments were sent; all unless given, the rest is released. */
  segments?: number;
}
export interface Release {
  id: string;
  account: string;
}
export interface Report {
  id: string;
  account: string;
  stage: Stage;
  /** The provider's or carrier's code. */
  code?: string;
}
/** What has become of a hold. The first final word wins: a later, different one is answered with `applied: false`. */
export interface Outcome {
  id: string;
  state: "held" | "settled" | "released";
  segments: number;
  spent: number;
  /** Back in the packages they came from. */
  released: number;
  /** Released after their package had expired: breakage. */
  expired: number;
  /**
   * Whether this very call, or the first one that said the same, decided the outcome. `false` also where nothing is decided
   * yet (`state` is `held`) and where another word came to the same result: ask `state`, not this, what became of the message.
   */
  applied: boolean;
  /** When it was decided. */
  at?: string;
  /** Segments of the account, unspent and unheld, right after; those not yet active included. */
  available?: number;
}

export interface BalanceRequest {
  account: string;
  /** Now or later: what would be there if nothing were spent until then. */
  at?: Time;
}
export interface Counts {
  issued: number;
  available: number;
  held: number;
  spent: number;
  expired: number;
  adjusted: number;
}
export interface Balance extends Counts {
  account: string;
  at: string;
  /** What can be used now, by the region that the packages are bound to; without `region`: any region on offer. */
  regions: { region?: string; available: number }[];
  /** When time itself will next change something. */
  nextDue?: string;
}
export type PackageStatus = "pending" | "effective" | "exhausted" | "expired";
export interface Package extends Counts {
  id: string;
  name: string;
  source: PackageSource;
  region?: string;
  status: PackageStatus;
  issuedAt: string;
  effectiveAt: string;
  /** First instant at which it can no longer be used; absent = never. */
  expiresAt?: string;
  order?: string;
}
export interface PageRequest {
  account: string;
  /** Start behind this one: `next` of the page before. */
  after?: number | undefined;
  /** 1 to 1,000; 100 unless given. */
  limit?: number;
}
export interface EndedPackages {
  packages: Package[];
  /** Where the next page starts; absent on the last. */
  next?: number;
}
export type EntryKind = "open" | "purchase" | "plan" | "reserve" | "settle" | "release" | "expire";
export type Bucket = "issued" | "available" | "held" | "spent" | "expired" | "adjusted";
export interface Entry {
  sequence: number;
  kind: EntryKind;
  /** The message, order or period that the entry is about. */
  reference: string;
  /** Fixes the order. */
  recordedAt: string;
  /** When it took effect. */
  effectiveAt: string;
  /** Double entry: these sum to zero. */
  postings: { package: string; bucket: Bucket; segments: number }[];
  /** The account right after the entry. */
  balance: Counts;
  /** Of an entry that issues a package: SHA-256 over the package's terms. */
  terms?: string;
  /** SHA-256 over the previous entry's hash and this entry. */
  hash: string;
}
export interface Entries {
  entries: Entry[];
  next?: number;
}
export interface Explanation {
  region?: string;
  segments: number;
  payable: boolean;
  /** Why nothing can pay. */
  reason?: Reason;
  /** Every open package in draw order with the rule that took it or passed it over. */
  packages: {
    package: string;
    name: string;
    region?: string;
    available: number;
    /**
     * `pays`; `not_needed` because those before it pay all; `too_small` because it has too little, alone where a message is
     * paid from one package, or together with the others; the rest as in `Reason`.
     */
    verdict:
      | "pays"
      | "not_needed"
      | "pending"
      | "expired"
      | "exhausted"
      | "too_small"
      | "wrong_region"
      | "unpriced_region";
    segments: number;
  }[];
}
export type Verification =
  | { ok: true; entries: number; hash: string }
  | { ok: false; entries: number; problem: string };
/** An account as stored, without its journal and its messages, for a preview elsewhere: `memoryStorage(snapshot)` takes it. */
export interface Snapshot {
  partition: string;
  entries: { key: string; value: string }[];
}

export interface ResolveOptions {
  /**
   * The region (two capitals of ISO 3166-1) in which a number without a `+` would be dialled: behind an international prefix
   * (`00`, `011`, …), or as a national number with or without its trunk prefix (`0`, `8`, `06`, …). Where the digits begin
   * with its calling code and only so have the length of a number, the `+` is taken to be missing.
   */
  defaultRegion?: string | undefined;
}
/** Why a number has no region. */
export type UnresolvedReason =
  /** Nothing, or nothing but spaces, dashes and whatever else may stand around a number. */
  | "empty"
  /** Something else than digits in a notation that is read; or a 0 where a calling code is due. */
  | "not_a_number"
  /** No `+`, and no `defaultRegion` in which it could be dialled. */
  | "not_international"
  /** Fewer than 7 digits, or than any number of the calling code has. */
  | "too_short"
  /** More than the 15 digits of E.164, or than any number of the calling code has. */
  | "too_long"
  /** As many digits as no number of the calling code has, although there are shorter ones and longer ones. */
  | "wrong_length"
  | "unassigned_calling_code"
  /** Of +1 only. */
  | "unassigned_area_code";
/** Which region a number belongs to; or, where `region` is null, why that cannot be said. */
export type ResolvedRegion = RegionFound | RegionNotFound;
export interface RegionFound {
  /**
   * Two capitals of ISO 3166-1, or the calling code of a worldwide service (`800`, `808`, `870`, `878`, `881`, `882`, `883`,
   * `888`, `979`); the region whose price a message to the number has. Where several share the digits: the main one.
   */
  region: string;
  /** The number in E.164. */
  e164: string;
  callingCode: number;
  /** All regions whose numbers may begin so, the main one first; there only where the numbering plan cannot tell. */
  shared?: readonly string[];
  reason?: undefined;
}
export interface RegionNotFound {
  region: null;
  /** The number in E.164, where only nobody has its calling or area code; otherwise null. */
  e164: string | null;
  /** Null where nobody has it, or there is none. */
  callingCode: number | null;
  shared?: undefined;
  reason: UnresolvedReason;
}
/** The regions of many numbers: an index each, and everything else on demand. */
export interface ResolvedRegions {
  readonly length: number;
  /** What the indexes mean; the first is null, no region. */
  readonly names: readonly (string | null)[];
  /** For each number, in order, the index of its region. */
  readonly regions: Uint16Array;
  /** What `resolveRegion` says of the number at `index`; undefined beyond the last. */
  at(index: number): ResolvedRegion | undefined;
}

/** The commands and queries of a ledger over a synchronous store. */
export interface SyncLedger {
  /** Opens an account and, with a plan, issues the current period's credits. */
  openAccount(input: OpenAccount): Account;
  segments(text: string): Segments;
  quote(input: QuoteRequest): Quote;
  purchase(input: Purchase): Order;
  /** What `reserve` would answer, by the same decision, without a commit. */
  preview(input: Message): Preview;
  reserve(input: Reserve): Reserved;
  settle(input: Settle): Outcome;
  release(input: Release): Outcome;
  /** A delivery report: settles or releases by the catalog's policy. */
  report(input: Report): Outcome;
  balance(input: BalanceRequest): Balance;
  /** The open packages, in draw order. */
  packages(input: BalanceRequest): Package[];
  /** The packages in which nothing is left, oldest first. */
  endedPackages(input: PageRequest): EndedPackages;
  entries(input: PageRequest): Entries;
  explain(input: Message): Explanation;
  /** Reads the whole journal: hash chain, balances and packages. */
  verify(input: { account: string }): Verification;
  snapshot(input: { account: string }): Snapshot;
}
/** The same over a store that may answer later. `segments` and `quote` need no store and answer at once. */
export type Ledger = {
  [K in keyof SyncLedger]: K extends "segments" | "quote"
    ? SyncLedger[K]
    : (...args: Parameters<SyncLedger[K]>) => Promise<ReturnType<SyncLedger[K]>>;
};
