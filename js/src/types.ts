/**
 * The contract of the package. Money is a decimal string, a count is a safe integer, a time is an RFC 3339 string in UTC
 * (a `Date` is taken as well). Unknown properties are refused, absent ones are omitted.
 */
import type { Catalog, CatalogListedPrice, PackageSource, Stage } from "./catalog.ts";
import type { AnyLedgerError, Reason, VoucherReason } from "./errors.ts";
import type { Receipt } from "./receipts/types.ts";

export type * from "./catalog.ts";
export type * from "./receipts/types.ts";
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
  /** The seller: a catalog, parsed, such as one of those under `sms-ledger/catalogs`, or as its JSON text. */
  catalog: Catalog | string;
  /** How buyers are charged; without it an order that is not paid yet waits for `confirmPayment`. */
  payments?: Payments;
  /** The clock, a `Date`, a time or milliseconds since 1970; the host's own unless given. */
  now?: () => Time | number;
  /** Bytes of accounts kept in memory, 64 MiB unless given. */
  cacheBytes?: number;
  /** Commands that may wait on one account before `OVERLOADED`, 10,000 unless given. */
  queue?: number;
  /** Calls that may wait on all accounts together before `OVERLOADED`, 100,000 unless given. */
  calls?: number;
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
  /** What the account has that offers ask for, such as `enterprise-certified`. */
  gates?: readonly string[];
  /**
   * Since when the account has been the seller's, where it is older than its ledger: decides which of the catalog's earlier charge
   * models it is under. Without it the account is new, and a segment is a credit.
   */
  createdAt?: Time;
}
export interface SetGates {
  account: string;
  /** All that the account has: what is not listed, it has no longer. */
  gates: readonly string[];
}
/** Of `suspend`, `resume` and `close`. */
export interface SetState {
  account: string;
  /** Why: it is part of the journal. */
  reason: string;
}
export interface SetPlan {
  account: string;
  /**
   * A plan of the catalog; null = it is cancelled. One with no fewer credits comes at once, with the difference for the running
   * period; one with fewer, and a cancellation, with the next period.
   */
  plan: string | null;
  /** Of a plan that begins: the instant whose day and time its billing date repeats; now unless given. */
  billingAnchor?: Time;
}
export interface Account {
  id: string;
  catalog: CatalogId;
  zone: string;
  openedAt: string;
  plan?: string;
  billingAnchor?: string;
  /** The plan's next billing date; not in the answer of `openAccount`, which stays that of the opening. */
  renewsAt?: string;
  /** The plan that it becomes then. */
  nextPlan?: string;
  /** Whether it ends then. */
  planEnds?: true;
  /** Whether the catalog no longer has the plan, so that nothing more is issued for it. */
  planGone?: true;
  gates?: string[];
  state: "active" | "suspended" | "closed";
  createdAt?: string;
  /** The catalog's earlier charge model that it is under; without one a segment is a credit. */
  chargeModel?: string;
  /** The migration that it stands under. */
  migration?: string;
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
  /** What is to be taken off: a voucher of the buyer's, as `vouchers` lists it. */
  voucher?: Voucher;
  /** The instant of the quote; now unless given. */
  at?: Time;
}
/** What a voucher takes off, and where it applies: at most one to an order, which consumes it whole. */
export type Voucher = VoucherTerms & ({ amount: string } | { percent: string });
export interface VoucherTerms {
  /** Unique in its account. */
  id: string;
  /** Of its amounts, and of the orders that it applies to; may be left out where it is a percentage without amounts. */
  currency?: string;
  /** The least that the order costs without it. */
  minSpend?: string;
  /** The most that it takes off. */
  cap?: string;
  /** The offers that it applies to; all unless given. */
  offers?: readonly string[];
  /** The regions that it applies to; all unless given. */
  regions?: readonly string[];
  /** First instant of its validity. */
  from?: Time;
  /** First instant at which it is no longer valid. `grantVoucher` takes a date (`2026-03-31`) too: the end of that day in the catalog's zone. */
  until?: Time;
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
  /** The voucher that the discount comes of. */
  voucher?: string;
  /** What the voucher takes off. */
  discount?: string;
  /** Sum of the lines less the discount: what is paid. */
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
  /** What an account must have to buy it, such as `enterprise-certified`; absent = nothing. */
  gates?: string[];
  /** What the buyer must accept to buy it; absent = nothing. */
  agreement?: { id: string; version: string };
}
/** Another quantity of the same, and what it costs. */
export interface Alternative {
  quantity: number;
  total: string;
}
/** How a spreadsheet's rows become prices. A column is its name in the header, or its number from 1. */
export interface PriceMapping {
  columns: ImportColumns;
  model: "flat" | "volume" | "graduated" | "fixed";
  /** The row that holds the columns' names, 1 unless given; 0 where there is none. */
  header?: number;
  /** Between cells; the one that the header has most of unless given. */
  delimiter?: "," | ";" | "\t";
  /**
   * The decimal mark; a point unless given. Thousands may be set apart by the other one, a space or an apostrophe. An amount
   * such as `1,234`, which the other mark makes another, is told unless some amount of the column shows which it is.
   */
  decimal?: "." | ",";
  /** Codes of the regions, by what the sheet calls them; needed for those that it does not write as codes. */
  regions?: Readonly<Record<string, string>>;
  /** Purposes, by what the sheet calls them. */
  purposes?: Readonly<Record<string, string>>;
  /** Only the rows whose cell in a column is this, or one of these. */
  where?: Readonly<Record<string, string | readonly string[]>>;
  /** Only the rows in this currency. */
  currency?: string;
  /** Segments that a price is for, where no column says it. */
  per?: number;
}
export interface ImportColumns {
  region: string | number;
  amount: string | number;
  purpose?: string | number;
  currency?: string | number;
  per?: string | number;
  /** `volume` and `graduated`: the first quantity of a tier. */
  from?: string | number;
  /** Its last quantity; without it a tier ends where the next begins. */
  upTo?: string | number;
  /** `fixed`: segments of the pack. */
  quantity?: string | number;
}
export interface ImportedPrices {
  /** For a price list of a catalog; none of a region and purpose of which any row does not fit. */
  prices: CatalogListedPrice[];
  /** Every cell that does not fit, by rows; what the whole sheet lacks, at its header. */
  problems: ImportProblem[];
}
export interface ImportProblem {
  /** As a person counts the rows of the sheet, the header's included. */
  row: number;
  /** The column's name in the header, or its letters; empty where it is not one column's. */
  column: string;
  message: string;
}
/** What changes for a buyer from one catalog to another. */
export interface CatalogChange {
  kind:
    | "price"
    | "price_list"
    | "offer"
    | "quantity"
    | "validity"
    | "activation"
    | "agreement"
    | "gates"
    | "refund"
    | "vouchers"
    | "region"
    | "plan"
    | "schedule"
    | "policy"
    | "receipt"
    | "quote"
    | "legacy"
    | "error_code"
    | "seller";
  /** Where, such as `offers.pack-au.quantity.min`: items of lists by their ids. */
  path: string;
  /** For the buyer. */
  effect: "better" | "worse" | "neutral";
  /** One sentence. */
  message: string;
  /** Absent where it is new. */
  before?: unknown;
  /** Absent where it is gone. */
  after?: unknown;
  /** Of a price: what it is of, and by how much it changes, in percent. */
  offer?: string;
  region?: string;
  purpose?: string;
  currency?: string;
  quantity?: number;
  percent?: string;
  /** Of a price: from when on it changes; absent where it has by the instant of the comparison. */
  since?: string;
}
export interface DiffOptions {
  /** From when on prices are compared: then, and whenever a list of either catalog begins or ends; now unless given. */
  at?: Time;
}

/** Prices of one catalog, without a ledger: for a price preview in a browser, or a price table. */
export interface Pricing {
  /** What `ledger.quote` answers without an account. */
  quote(request: QuoteRequest): Quote;
  /** Many quotes as of one instant, in one crossing into the module: what is not looked at is not made. */
  quotes(requests: readonly QuoteRequest[]): Quotes;
  /**
   * The cheapest way to cover a need, what would expire unused considered: purchases of one offer, of at most two quantities
   * and a last one for the rest; of more where prices change meanwhile.
   */
  adviseQuantity(request: AdviseRequest): Advice;
}
export interface PricingOptions {
  /** Parsed, or as its JSON text. */
  catalog: Catalog | string;
  /** The clock; the host's own unless given. */
  now?: () => Time | number;
}
/** Going through them makes one quote after the other. */
export interface Quotes extends Iterable<Quote> {
  readonly length: number;
  /** The quote of the request at `index`; throws what `quote` would; undefined beyond the last. */
  at(index: number): Quote | undefined;
  /** Its total alone. */
  total(index: number): string | undefined;
}
export interface AdviseRequest {
  region: string;
  /** Segments that are needed in all. */
  need: number;
  /** How many of them a month; all in time unless given. What a package cannot be used for before it expires is lost. */
  perMonth?: number;
  purpose?: string;
  currency?: string;
  validity?: Validity;
  /** What the buyer has: offers that ask for more are left out. All are looked at unless given, and a quote says its `gates`. */
  gates?: readonly string[];
  /** When the first purchase is made; now unless given. */
  at?: Time;
}
export interface Advice {
  /**
   * What to buy, in this order, and how often: each when the one before is used up or has expired. With `perMonth` a quote is as
   * of the day on which that will be (of several purchases of one quantity at one list's prices, the first), where prices
   * change before the need is covered; else as of the first.
   */
  purchases: { quote: Quote; times: number }[];
  /** Of all purchases. */
  total: string;
  currency: string;
  /** Segments bought in all. */
  segments: number;
  /** Those beyond the need. */
  unused: number;
  /** Those of them that expire before they could be used. */
  expired: number;
}
/** The same need in several catalogs. Where an offer leaves the validity open, its first is taken: all cost the same. */
export interface CompareRequest extends Omit<QuoteRequest, "offer" | "region"> {
  region: string;
  /** Parsed, or as their JSON texts. */
  catalogs: readonly (Catalog | string)[];
  /** What the buyer has: offers that ask for more are left out. All are looked at unless given, and a quote says its `gates`. */
  gates?: readonly string[];
}
/**
 * An offer that covers the need: for its quantity or, where that is not sold, the next larger one. An object, so that more can
 * stand beside the quote, which names its catalog and offer.
 */
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

/** What a purchase would cost an account: with a voucher of its own by id, and refused where it may not buy. */
export interface AccountQuoteRequest extends Omit<QuoteRequest, "voucher"> {
  account: string;
  /** A voucher of the account, by its id. */
  voucher?: string | Voucher;
}

/** How the host charges a buyer. */
export interface Payments {
  /**
   * Charges a buyer and says what became of it. It may be asked again with the same `idempotencyKey`, after a crash or by
   * `resumeOrders`, and must then charge nothing more and say the same: hand the key to the payment provider. What it
   * throws leaves the outcome unknown. It needs a time-out of its own.
   */
  charge(charge: Charge): PaymentOutcome | Promise<PaymentOutcome>;
}
/** What is to be charged. */
export interface Charge {
  /** Account and order, at most 255 characters: the same for every attempt to charge this order, and for no other. */
  idempotencyKey: string;
  account: string;
  order: string;
  /** A decimal string, such as `"18.60"`. */
  amount: string;
  currency: string;
  /** What the buyer pays with, as `purchase` was told. */
  method?: string;
  offer: string;
  region: string;
  quantity: number;
}
/** What became of a payment: the buyer was charged, or was not, or nobody can say yet. */
export type PaymentOutcome =
  | {
      status: "paid";
      /** The host's proof, such as the provider's id of the payment. Of a long one, the order keeps the beginning and a digest. */
      reference: string;
    }
  | { status: "declined" | "cancelled" | "timed_out" | "unknown"; reason?: string };

export interface Purchase {
  /** The order: the idempotency key. */
  id: string;
  account: string;
  quote: Quote;
  /** What the buyer has accepted; needed where the offer has an agreement, in its present version. */
  agreement?: { id: string; version: string };
  /** The quote's voucher, said again. */
  voucher?: string;
  /**
   * `reference`: the buyer has paid already, and this is the proof. Else the ledger's `payments` is asked to charge,
   * with `method` as what the buyer pays with; without `payments` the order waits for `confirmPayment`.
   */
  payment?: { reference?: string; method?: string };
  /** The only project that the package will pay for; every project unless given. */
  project?: string;
}
/** A purchase that the buyer has paid already. */
export interface PaidPurchase extends Purchase {
  payment: { reference: string; method?: string };
}
export interface ConfirmPayment {
  account: string;
  order: string;
  outcome: PaymentOutcome;
}
/** What undecided orders have come to. */
export interface ResumedOrders {
  /** As they stand now; one whose payment is still unknown among them. */
  orders: Order[];
  /**
   * Those that could not be carried out, and why. `ORDER_DECIDED`: the charge contradicts what the order had come to by then,
   * so that something is to be looked at or paid back. After any other error those behind it were not asked for.
   */
  failed: FailedOrder[];
}
export interface FailedOrder {
  /** Its id; absent where the next orders could not be listed. */
  order?: string;
  error: AnyLedgerError;
}
/** Where an order stands: docs/orders.md has the table of transitions. */
export type OrderState =
  | "placed"
  | "unknown"
  | "declined"
  | "timed_out"
  | "cancelled"
  | "fulfilled"
  | "refunded";
/** An order. It has a package where it is `fulfilled` or `refunded`: ask `state` before counting on one. */
export type Order = OpenOrder | FulfilledOrder | RefundedOrder;
interface OrderBase {
  id: string;
  offer: string;
  region: string;
  /** The purpose that the price is for, and the only one that the package pays for. */
  purpose?: string;
  /** The only project that the package pays for. */
  project?: string;
  quantity: number;
  /** The voucher that it has consumed, and what that took off. */
  voucher?: string;
  discount?: string;
  /**
   * The other order that had the voucher when this one, which had been given up, was paid after all: the voucher has taken
   * something off both.
   */
  voucherUsedBy?: string;
  /** What is paid. */
  total: string;
  currency: string;
  /** The price list that the price stands in; absent where it stands with the offer. */
  priceList?: string;
  catalog: CatalogId;
  /** What the buyer has accepted, at `placedAt`. */
  agreement?: { id: string; version: string };
  /**
   * What the buyer pays with, the host's proof of payment, and why it was not paid. `reference` is `nothing-to-pay` where the
   * order costs nothing.
   */
  payment: { method?: string; reference?: string; reason?: string };
  placedAt: string;
  /** There where auto-recharge has placed it. */
  recharge?: true;
}
/** Not paid, as far as is known. */
export interface OpenOrder extends OrderBase {
  state: "placed" | "unknown" | "declined" | "timed_out" | "cancelled";
  package?: undefined;
}
interface IssuedOrder extends OrderBase {
  package: string;
  /** When it was paid: the package's validity runs from here. */
  purchasedAt: string;
  effectiveAt: string;
  expiresAt?: string;
  /** Segments of the account, unspent and unheld, after the purchase; those not yet active included. */
  available: number;
}
/** Paid, and its package issued. */
export interface FulfilledOrder extends IssuedOrder {
  state: "fulfilled";
}
/** Paid back, and what was left of its package taken back. */
export interface RefundedOrder extends IssuedOrder {
  state: "refunded";
  refunded: { amount: string; segments: number; at: string; available: number };
  /** There where nothing has happened: it is only said what a refund would come to. */
  dryRun?: true;
}
export interface OrdersRequest {
  account: string;
  /** Start behind this id: `next` of the page before. */
  after?: string | undefined;
  /** 1 to 1,000; 100 unless given. */
  limit?: number;
  /** Only those whose payment is undecided: `placed` and `unknown`. */
  undecided?: boolean;
}
export interface Orders {
  orders: Order[];
  /** Where the next page starts; absent on the last. */
  next?: string;
}
export interface Refund {
  account: string;
  order: string;
  /** Only to say what it would come to. */
  dryRun?: boolean;
}
export interface GrantVoucher {
  account: string;
  /** Its `id` is the idempotency key. */
  voucher: Voucher;
}
/** A voucher of an account. */
export interface OwnVoucher {
  voucher: Voucher;
  grantedAt: string;
  /** The order that has consumed it. */
  order?: string;
  /** Whether it applies: now, or to what was asked `for`. */
  eligible: boolean;
  /** Why not. */
  reason?: VoucherReason;
  /** What it would take off what was asked `for`. */
  discount?: string;
}
export interface VouchersRequest {
  account: string;
  /** What each is held against, as for a quote. */
  for?: Omit<QuoteRequest, "voucher">;
  after?: string | undefined;
  limit?: number;
}
export interface Vouchers {
  vouchers: OwnVoucher[];
  next?: string;
}
/** Segments that an administrator gives, as a new package, or takes from one. */
export type Adjust = AdjustBase & (Give | Take);
interface AdjustBase {
  /** The adjustment: the idempotency key. */
  id: string;
  account: string;
  /** Why: it is part of the journal. */
  reason: string;
}
interface Give {
  /** More than 0. */
  segments: number;
  /** What a person reads of the new package. */
  name?: string;
  /** The only region that it pays; any on offer unless given. */
  region?: string;
  /** The only purpose that it pays for; any unless given. */
  purpose?: string;
  /** The only project that it pays for; every one unless given. */
  project?: string;
  /** First instant at which it can no longer be used; a date without a time means the end of that day in the catalog's zone. */
  expiresAt?: Time;
}
interface Take {
  /** Less than 0. */
  segments: number;
  /** The package that they are taken from. */
  package: string;
}
export interface Adjustment {
  id: string;
  package: string;
  segments: number;
  reason: string;
  at: string;
  /** Segments of the account, unspent and unheld, right after; those not yet active included. */
  available: number;
}

export interface SetAlarms {
  account: string;
  /** What counts as low, at most 16. Those of the catalog unless this or `expiryDays` is given. */
  thresholds?: readonly Threshold[];
  /** How many days before its expiry a package with something left in it is told of, at most 8. */
  expiryDays?: readonly number[];
}
/** What counts as low: its alarm fires once, when fewer segments than this become usable. */
export interface Threshold {
  /** Of what can pay for messages to this region; of everything unless given. */
  region?: string;
  below: number;
  /** It is armed again once so many more than `below` are usable; 0 unless given. */
  margin?: number;
}
export interface SetCeilings {
  account: string;
  /** All of them, at most 16 and one for each region; the catalog's unless given, none where empty. */
  ceilings?: readonly Ceiling[];
}
/** Most segments that messages reserve; what was reserved counts, whatever becomes of it. */
export interface Ceiling {
  /** Of messages to this region alone; of all messages unless given. */
  region?: string;
  /** In a clock hour of UTC. */
  perHour?: number;
  /** In a calendar day of the account's zone. */
  perDay?: number;
}
/** What is ordered by itself when the credits for messages to a region run out. */
export type SetRecharge = EnableRecharge | EndRecharge;
export interface EnableRecharge {
  account: string;
  offer: string;
  /** Needed only where the offer covers several. */
  region?: string;
  /** Needed only where the offer has several: then it is for messages with this purpose alone. */
  purpose?: string;
  enabled?: true;
  /** Segments of one pack: what is ordered is whole packs. The offer's `recharge_quantity` unless given, else the least that it sells. */
  quantity?: number;
  currency?: string;
  /** Needed only where the offer leaves the choice to the buyer. */
  validity?: Validity;
  /** At so many usable segments or fewer something is ordered; 0 unless given. */
  threshold?: number;
  /** What the buyer pays with, for `payments.charge`. */
  method?: string;
  /** What the buyer has accepted. */
  agreement?: { id: string; version: string };
  /** Most orders in a calendar day of the account's zone; the catalog's unless given, else 5. */
  perDay?: number;
  /** Most orders in a calendar month; the catalog's unless given, else 20. */
  perMonth?: number;
  /** For how many seconds nothing is ordered after a declined payment; the catalog's unless given, else 3,600. */
  cooldownSeconds?: number;
}
/** Orders nothing any more. An order on its way is an order like any other. */
export interface EndRecharge {
  account: string;
  region: string;
  purpose?: string;
  enabled: false;
}
/**
 * `armed`: orders as soon as there is a reason; `paying`: an order waits for its payment; `pending`: what is paid waits for its time; `cooling`:
 * nothing before `coolUntil`; `capped`: nothing before the next day or month; `halted`: nothing, for the reason `halted`; `off`: it was ended.
 */
export type RechargeState = "armed" | "paying" | "pending" | "cooling" | "capped" | "halted" | "off";
/** Why nothing can be ordered. */
export type Halt = "declined" | "agreement" | "gate" | "not_sold";
/** What an account has set, and where it stands. */
export interface Recharge {
  region: string;
  purpose?: string;
  state: RechargeState;
  offer: string;
  quantity?: number;
  currency?: string;
  validity?: Validity;
  threshold: number;
  method?: string;
  agreement?: { id: string; version: string };
  perDay: number;
  perMonth: number;
  cooldownSeconds: number;
  /** Orders, whatever has become of them. */
  placedToday: number;
  placedThisMonth: number;
  /** Payments declined in a row. */
  declines: number;
  coolUntil?: string;
  halted?: Halt;
  /** The order on its way. */
  order?: { id: string; quantity: number; amount: string; currency: string; effectiveAt?: string };
}
/** What auto-recharge has ordered, and why. */
export interface RechargeOrder {
  region: string;
  purpose?: string;
  offer: string;
  quantity: number;
  total: string;
  currency: string;
  /** `threshold`: no more was usable than that; `message`, `batch`: it could not be paid. */
  trigger: "threshold" | "message" | "batch";
  halted?: undefined;
}
/** Why auto-recharge can order nothing. */
export interface RechargeHalt {
  region: string;
  purpose?: string;
  offer: string;
  halted: Halt;
  trigger?: undefined;
}
/** What an account has set, or the catalog for it, and where it stands. */
export interface Settings {
  account: string;
  at: string;
  /** `waiting`: never reached yet; `armed`: fires at the next crossing; `fired`: is armed again at `below` and `margin`. */
  thresholds: (Threshold & { usable: number; state: "waiting" | "armed" | "fired" })[];
  expiryDays: number[];
  ceilings: (Ceiling & { usedThisHour: number; usedToday: number })[];
  recharges: Recharge[];
}

export interface Migrate {
  /** The migration: the idempotency key. */
  id: string;
  account: string;
  /** So many credits of the earlier model become so many of the present one, each 1 to 1,000,000. */
  ratio: { from: number; to: number };
  /** Why: it is part of the journal. */
  reason?: string;
  /** Only to say what it would come to. */
  dryRun?: boolean;
}
export interface RevertMigration {
  /** The migration. */
  id: string;
  account: string;
  /** Why: it is part of the journal. */
  reason?: string;
}
/** At which credits are exchanged, and how what is left in each package is rounded: never in the seller's favour. */
export interface Ratio {
  from: number;
  to: number;
  rounding: "up";
}
export interface Migration {
  id: string;
  /** The earlier charge model that the account was under. */
  chargeModel: string;
  ratio: Ratio;
  reason?: string;
  /** How many packages had something left. */
  packages: number;
  /** What was left in them. */
  before: number;
  /** What that became. */
  after: number;
  at: string;
  /** When it was taken back. */
  revertedAt?: string;
  /** Of a dry run: nothing was changed. */
  dryRun?: true;
  /** Of a dry run: what would become of each package with something left in it. */
  exchanges?: { package: string; name: string; before: number; after: number }[];
}

export interface Activate {
  account: string;
  package: string;
}

export interface Message {
  account: string;
  /** E.164, such as `+61412345678`. */
  to: string;
  text: string;
  /** What it is for: packages that are bound to another purpose do not pay. The policy's usual one unless given. */
  purpose?: string | undefined;
  /** The project that sends it: packages that are bound to another do not pay. */
  project?: string | undefined;
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
  /** What it costs, where the account is under an earlier charge model; else a segment is a credit. The amounts of packages are credits. */
  credits?: number;
  /** What each package pays. */
  draws: Draw[];
  /** Segments of the account, unspent and unheld, after this one; those not yet active included. */
  available: number;
}
export interface Reserved extends Preview {
  id: string;
  at: string;
}
/** A message of a batch. */
export interface BatchMessage {
  /** The message: the idempotency key. */
  id: string;
  /** E.164. */
  to: string;
  text: string;
  /** What it is for: packages that are bound to another purpose do not pay. The policy's usual one unless given. */
  purpose?: string;
  /** The project that sends it: packages that are bound to another do not pay. */
  project?: string;
  /** 1 unless given; a refused message is tried again under its next attempt. */
  attempt?: number;
}
export interface ReserveBatch {
  account: string;
  /** At most 100,000. */
  messages: readonly BatchMessage[];
  /**
   * `per_message`: each is reserved by itself, in order, and has a result of its own. `all_or_nothing`: all are reserved in one commit, or
   * the call is refused with the error of the first that cannot be, whose place is the detail `message`; what the store takes at
   * once bounds such a batch (`BATCH_TOO_LARGE`).
   */
  mode: "per_message" | "all_or_nothing";
}
/** What has become of a message of a batch. */
export type BatchResult = { ok: Reserved; error?: undefined } | { error: AnyLedgerError; ok?: undefined };
export interface BatchResults {
  /** How many results are `ok`. */
  reserved: number;
  /** One for each message, in order. */
  results: BatchResult[];
}
/** A message to be estimated: one of a batch, or one of which only the segments are known. */
export type EstimateMessage =
  | (Omit<BatchMessage, "id"> & { id?: string; segments?: undefined })
  | (Omit<BatchMessage, "id" | "text"> & { id?: string; text?: undefined; segments: number });
export interface EstimateRequest {
  account: string;
  /** At most 100,000. */
  messages: readonly EstimateMessage[];
  /** When they are to be sent, not before the account's last change; now unless given. Nothing is spent until then. */
  at?: Time;
  /** Of the purchases that would fill what is missing; the catalog's unless given. */
  currency?: string;
}
/** How many messages, and what they come to. */
export interface Tally {
  messages: number;
  /** What the networks count. */
  segments: number;
  /** What packages pay for them. */
  credits: number;
}
/** What messages would come to, were they reserved one after the other (`per_message`). Nothing of it is kept. */
export interface Estimate extends Tally {
  account: string;
  at: string;
  /** All of them by region; without one where a number belongs to none. */
  regions: (Tally & { region?: string })[];
  /** What each package would pay, by their numbers. */
  packages: Draw[];
  /** Segments of the account, unspent and unheld, behind the last message; those not yet active included. */
  available: number;
  /** Those that nothing can pay, by the reason that `reserve` would give. */
  unpaid: (Tally & Scope & { reason: Reason })[];
  /** What must be bought so that all would be paid for whose lack of segments they are refused, by region and purpose. */
  missing: Missing[];
  /** The alarms that would fire, in their order. */
  alarms: { region?: string; below: number; usable: number }[];
  /** The orders that auto-recharge would place, in their order. The other figures count on none but what costs nothing. */
  recharges: RechargeOrder[];
  /** What would be left in packages that expire, were nothing sent but these messages. */
  unused: { package: string; expiresAt: string; segments: number }[];
  /** Messages that cannot be sent at all, by their places: they are in no other figure. */
  invalid: { message: number; code: "INVALID_INPUT" | "INVALID_NUMBER" | "MESSAGE_TOO_LONG" }[];
}
/** What messages to a region, of a purpose, are missing. */
export interface Missing {
  region: string;
  purpose?: string;
  segments: number;
  /** What the dearest of the messages costs: where the seller splits no message, one package must hold it. */
  largest: number;
  /** The cheapest purchase of it; absent where nothing that this account may buy fills it. `unused` is what is bought beyond it. */
  purchase?: Advice;
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
/** A delivery report: what happened, or a provider's receipt that says it. */
export type Report = StageReport | ReceiptReport;
export interface StageReport {
  id: string;
  account: string;
  stage: Stage;
  /** The provider's or carrier's code. */
  code?: string;
  /** How many of its segments were delivered, where `stage` is `delivered`: all unless given, the rest is released. */
  segments?: number;
  receipt?: undefined;
}
export interface ReceiptReport {
  id: string;
  account: string;
  /** Its stage and code, as of `receipts.twilio(payload)`. */
  receipt: Receipt;
  stage?: undefined;
  code?: undefined;
}
/**
 * What has become of a hold. The first final word wins: a later, different one is answered with `applied: false`. Where the
 * seller charges on submission, a message is `settled` from the start, and the first final word may still give back.
 */
export interface Outcome {
  id: string;
  state: "held" | "settled" | "released";
  segments: number;
  /** What it costs, where an earlier charge model says that; `spent`, `released` and `expired` add up to it. */
  credits?: number;
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
  /** The last receipt that said otherwise and was not applied. */
  contradicted?: { stage: Stage; code?: string; segments?: number; at: string };
}

export interface BalanceRequest {
  account: string;
  /** Now unless given. Before: as it was. Later: what would be there if nothing were spent until then. */
  at?: Time;
}
/** Messages of a kind, and how much of them is sent. */
export interface PaceRow {
  region: string;
  /** The policy's usual one unless given. */
  purpose?: string;
  project?: string;
  /** A whole number, or a decimal with at most three places as a string; evenly through the day. */
  segmentsPerDay: number | string;
}
export interface PaceRequest {
  account: string;
  /** Days to look back, 30 unless given, 366 at most; no further than the account was opened. */
  over?: number;
}
/** How much an account has sent: messages that were settled or are held. */
export interface Pace {
  account: string;
  /** The time that was looked at: less than was asked for where the last 10,000 entries of the journal span less. */
  from: string;
  to: string;
  messages: number;
  segments: number;
  /** By what the messages were; over a day at least, rounded up to thousandths. */
  pace: (PaceRow & { segmentsPerDay: string })[];
}
export interface ForecastRequest {
  account: string;
  /** What is sent; as much as before, as `pace` tells it, unless given. */
  pace?: readonly PaceRow[];
  /** Of the pace of before, the days that it is taken over. */
  over?: number;
  /** How far to look, 90 unless given, 3,660 at most. */
  days?: number;
}
/** What becomes of an account at a pace, where nothing is bought. Nothing of it is kept. */
export interface Forecast {
  account: string;
  at: string;
  until: string;
  /** Usable now. */
  available: number;
  /** When nothing usable is left at all, for the first time; absent where that does not happen until then. */
  dryAt?: string;
  /** The pace, and what becomes of its messages. */
  pace: (PaceRow & {
    segmentsPerDay: string;
    /** When nothing can pay them, for the first time. */
    shortAt?: string;
    /** Segments that nothing can pay until then. */
    unpaid: number;
  })[];
  /** By what the packages are bound to; those that come later among them, with nothing available now. */
  pools: (Pool & { dryAt?: string })[];
  /** What is lost unspent, in time; `package` where it exists already. */
  expires: { package?: string; source: PackageSource; expiresAt: string; segments: number }[];
  /** What plans and schedules issue. */
  issues: { package?: string; source: PackageSource; at: string; segments: number }[];
}
/** Segments (of an account under an earlier charge model credits). `issued` is the sum of all the others. */
export interface Counts {
  /** All that there ever was. */
  issued: number;
  /** Neither held nor gone; of an account also what is not active yet. */
  available: number;
  /** Set aside for messages whose outcome is not known. */
  held: number;
  spent: number;
  /** Lost to time. */
  expired: number;
  /** Taken away: by an administrator, a refund or a migration. */
  adjusted: number;
}
export interface Balance extends Counts {
  account: string;
  at: string;
  /** What can be used now, by what the packages are bound to. */
  pools: Pool[];
  /**
   * Those of them that no single message the policy allows could use: no number belongs to their region, the catalog prices nothing
   * that they could pay, or the account lacks what sending there asks for.
   */
  stranded: number;
  /** When time itself will next change something; of messages in flight, the earliest that it could. */
  nextDue?: string;
}
/** What a package pays for: without `region` any on offer, without `purpose` and `project` every one. */
export interface Scope {
  region?: string;
  purpose?: string;
  project?: string;
}
/** The packages that are bound to the same, and what can be used of them. */
export interface Pool extends Scope {
  available: number;
}
export type PackageStatus = "pending" | "effective" | "exhausted" | "expired";
/** `issued` is its total, and `available` what remains; the counts behind it always add up to it. */
export interface Package extends Counts, Scope {
  id: string;
  /** What was bought, and for which region. */
  name: string;
  source: PackageSource;
  /** The offer's, such as `international`. */
  category?: string;
  status: PackageStatus;
  issuedAt: string;
  effectiveAt: string;
  /** First instant at which it can no longer be used; absent = never. */
  expiresAt?: string;
  /** Segments that came back after its expiry can be used until then. */
  graceUntil?: string;
  order?: string;
  /** What was left in it before a migration that stands, where that made another number of it. */
  exchanged?: number;
  /** What is left, where no single message that the policy allows could use it. */
  stranded?: number;
}
export interface PageRequest {
  account: string;
  /** Start behind this one: `next` of the page before. */
  after?: number | undefined;
  /** 1 to 1,000; 100 unless given. */
  limit?: number;
}
export interface EntriesRequest extends PageRequest {
  /** The newest first; the page then ends before `after`. */
  reverse?: boolean;
  /** Only of these kinds. */
  kinds?: readonly EntryKind[];
}
export interface EndedPackages {
  packages: Package[];
  /** Where the next page starts; absent on the last. */
  next?: number;
}
export type EntryKind =
  | "open"
  | "purchase"
  /** Something was ordered by itself, or cannot be: `recharge`. */
  | "recharge"
  | "plan"
  | "plan_change"
  | "schedule"
  | "reserve"
  | "spend"
  | "settle"
  | "release"
  | "correct"
  | "expire"
  | "refund"
  | "adjust"
  | "gates"
  | "suspend"
  | "resume"
  | "close"
  | "activate"
  /** Something runs low: `low`. */
  | "alarm"
  /** A package expires soon: `expiring`. */
  | "expiring"
  /** The account was migrated away from an earlier charge model, or back. */
  | "migrate"
  | "revert"
  /** What is left in a package was exchanged by a migration, or exchanged back: `reference` is the package. */
  | "exchange";
export type Bucket = "issued" | "available" | "held" | "spent" | "expired" | "adjusted";
export interface Entry {
  sequence: number;
  kind: EntryKind;
  /** The message, order, plan or schedule that the entry is about. */
  reference: string;
  /** Fixes the order. */
  recordedAt: string;
  /** When it took effect. */
  effectiveAt: string;
  /** Double entry: these sum to zero. */
  postings: { package: string; bucket: Bucket; segments: number }[];
  /** The account right after the entry. */
  balance: Counts;
  /** Of an entry that issues or activates a package: SHA-256 over its terms. Of `open` and `gates`: over what the account was opened with and has. */
  terms?: string;
  /** Of a purchase what was paid, of a refund what was paid back. */
  amount?: string;
  currency?: string;
  /** What a voucher took off, and which. */
  discount?: string;
  voucher?: string;
  /** The price list that the price stands in. */
  priceList?: string;
  /** Of an adjustment why it was made; of `gates` what the account has since; of `plan_change` from when the plan holds, or that nothing was issued. */
  reason?: string;
  /** Of an alarm the thresholds that were crossed, and what was usable then. */
  low?: { region?: string; below: number; usable: number }[];
  /** Of a notice: how many days (of 24 hours) before its expiry, and what would be lost. */
  expiring?: { days: number; segments: number; expiresAt: string };
  /** What was ordered by itself, which `reference` names, and why; or why nothing can be. */
  recharge?: RechargeOrder | RechargeHalt;
  /** Of a migration and its exchanges. */
  ratio?: Ratio;
  /** SHA-256 over the previous entry's hash and this entry. */
  hash: string;
}
export interface Entries {
  entries: Entry[];
  /** Where the next page starts; absent on the last. There may be one though nothing of what was asked for was on this. */
  next?: number;
}
/** An entry that is not of one message, with an id that it keeps: act once on each. */
export interface LedgerEvent extends Entry {
  /** Unique in its account, such as `alarm/17`. */
  id: string;
}
export interface EventPage {
  events: LedgerEvent[];
  /** The last entry that was looked at: `after` of the next page, now or later. */
  cursor: number;
  /** Whether there are entries behind it already. */
  more: boolean;
}
export interface Explanation extends Scope {
  segments: number;
  /** What it costs, where the account is under an earlier charge model. */
  credits?: number;
  payable: boolean;
  /** Why nothing can pay. */
  reason?: Reason;
  /** Every open package in draw order with the rule that took it or passed it over. */
  packages: (Scope & {
    package: string;
    name: string;
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
      | "wrong_purpose"
      | "wrong_project"
      | "unpriced_region"
      | "gate_closed"
      | "suspended"
      | "no_plan"
      | "unrated_region";
    segments: number;
  })[];
}
export type Verification =
  | { ok: true; entries: number; hash: string }
  | { ok: false; entries: number; problem: string };
/** An account as stored, without its journal and its messages, for a preview elsewhere: `createPreview` takes it. */
export interface Snapshot {
  partition: string;
  entries: { key: string; value: string }[];
}

/** An account that has come from another store. */
export interface Imported {
  account: string;
  /** Documents of it, the head among them. */
  documents: number;
  /** Entries of its journal, all of which were verified. */
  entries: number;
  /** The hash of its last entry. */
  hash: string;
}

/** What moves an account to another store. */
export interface Moving {
  /**
   * The account as lines of text, to be piped into a file or straight into `importAccount`. Ends with `CONTENTION`, and
   * without the last line, where the account was written meanwhile.
   */
  exportAccount(input: { account: string }): AsyncIterableIterator<string>;
  /**
   * Makes an account of what `exportAccount` gave, as text or as bytes, whole or in pieces of any size: verified, to the byte,
   * with every id that it has used. Where it fails, no account is there, and it can be repeated.
   */
  importAccount(
    lines: string | Uint8Array | AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
  ): Promise<Imported>;
  /**
   * Ends an account in this store, which it leaves: every process that still writes it is refused from then on
   * (`ACCOUNT_MOVED`). `exportAccount` goes on giving its lines. Safe to repeat.
   */
  retireAccount(input: { account: string }): Promise<void>;
  /** Takes `retireAccount` back, where the account goes on here after all. Safe to repeat. */
  reinstateAccount(input: { account: string }): Promise<void>;
  /**
   * Deletes for good what is left of a retired account, or of an import that broke off; an account in use is refused
   * (`ACCOUNT_EXISTS`). Safe to repeat.
   */
  deleteAccount(input: { account: string }): Promise<void>;
}

/** What a preview is made of. */
export interface PreviewOptions {
  /** As `snapshot` gave it. */
  snapshot: Snapshot;
  /** The seller, in the revision that the account's ledger runs on: parsed, or as its JSON text. */
  catalog: Catalog | string;
  /** The clock, a `Date`, a time or milliseconds since 1970; the host's own unless given. */
  now?: () => Time | number;
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
  /** Says anew what the account has, such as `enterprise-certified`. */
  setGates(input: SetGates): Account;
  /** Says what the account's plan shall be: chooses, changes or cancels it. Saying it again changes nothing. */
  setPlan(input: SetPlan): Account;
  /** The account as it is now: its gates, its plan and what becomes of it. `openAccount` again says how it was opened. */
  account(input: { account: string }): Account;
  /** The account neither sends nor buys, where the policy's suspensions block; what it has goes on expiring. */
  suspend(input: SetState): Account;
  /** A suspended account sends and buys again. */
  resume(input: SetState): Account;
  /** For good: nothing new begins, what is on its way is wound up. */
  close(input: SetState): Account;
  /** What a purchase costs; for an account with its own voucher, and refused where it may not buy. */
  quote: { (input: QuoteRequest): Quote; (input: AccountQuoteRequest): Quote };
  /** Orders a package: stored, paid by the host, and issued once it is. */
  purchase: { (input: PaidPurchase): FulfilledOrder | RefundedOrder; (input: Purchase): Order };
  /** What became of an order's payment, from a webhook for instance, however late and however often. */
  confirmPayment(input: ConfirmPayment): Order;
  /** Has every order paid whose payment is undecided, such as those that a crash left. */
  resumeOrders(input: { account: string }): ResumedOrders;
  order(input: { account: string; id: string }): Order;
  /** The orders, by their ids. */
  orders(input: OrdersRequest): Orders;
  /** Takes a bought package back by the terms of its order, which says what is to be paid back. */
  refund(input: Refund): Order;
  grantVoucher(input: GrantVoucher): OwnVoucher;
  /** The vouchers, by their ids, and whether each applies. */
  vouchers(input: VouchersRequest): Vouchers;
  /** Gives or takes segments, with a reason. */
  adjust(input: Adjust): Adjustment;
  /** Writes down what time has done, alarms and notices among it: to be called at `nextDue`. */
  advance(input: { account: string }): Balance;
  /** Says when the account is told that something runs low or out. */
  setAlarms(input: SetAlarms): Settings;
  /** Bounds what messages reserve in an hour and in a day. */
  setCeilings(input: SetCeilings): Settings;
  /** Says what is ordered by itself when the credits for a region run out, or that nothing is any more. */
  setRecharge(input: SetRecharge): Settings;
  /** What the account has set, and where it stands. */
  settings(input: { account: string }): Settings;
  /** Exchanges what an account of an earlier charge model has left at a ratio, and charges it a credit a segment from then on. */
  migrate(input: Migrate): Migration;
  /** Takes a migration back, as long as nothing has moved what its packages have left. */
  revertMigration(input: RevertMigration): Migration;
  /** Lets a package that waits for its activation be used from now on. */
  activate(input: Activate): Package;
  /** What `reserve` would answer, by the same decision, without a commit. */
  preview(input: Message): Preview;
  reserve(input: Reserve): Reserved;
  /** Sets aside the segments of many messages; to say the same again is safe. */
  reserveBatch(input: ReserveBatch): BatchResults;
  /** What messages would come to, by the decision of `reserve`: who pays, what is missing and the cheapest purchase of it. Nothing is kept. */
  estimate(input: EstimateRequest): Estimate;
  settle(input: Settle): Outcome;
  release(input: Release): Outcome;
  /** A delivery report: settles or releases by the catalog's policy. */
  report(input: Report): Outcome;
  balance(input: BalanceRequest): Balance;
  /** The open packages, in draw order. One that time has ended is among them until a command writes, and then among those of `endedPackages`. */
  packages(input: BalanceRequest): Package[];
  /** How much the account has sent a day lately, by what the messages were. */
  pace(input: PaceRequest): Pace;
  /** When each pool runs dry, what cannot be paid and what expires unspent, at a pace. Nothing is kept. */
  forecast(input: ForecastRequest): Forecast;
  /** The packages in which nothing is left, oldest first. */
  endedPackages(input: PageRequest): EndedPackages;
  entries(input: EntriesRequest): Entries;
  /** What has happened until now but to single messages, from behind an event's `sequence`. */
  events(input: { account: string; after?: number | undefined }): IterableIterator<LedgerEvent>;
  eventPage(input: PageRequest): EventPage;
  explain(input: Message): Explanation;
  /** Reads the whole journal: hash chain, balances and packages. */
  verify(input: { account: string }): Verification;
  snapshot(input: { account: string }): Snapshot;
}
/** The same over a store that may answer later. `segments`, and `quote` without an account, need no store and answer at once. */
export type Ledger = {
  [K in keyof SyncLedger]: K extends "segments"
    ? SyncLedger[K]
    : K extends "events"
      ? (...args: Parameters<SyncLedger["events"]>) => AsyncIterableIterator<LedgerEvent>
      : K extends "quote"
        ? { (input: QuoteRequest): Quote; (input: AccountQuoteRequest): Promise<Quote> }
        : K extends "purchase"
          ? {
              (input: PaidPurchase): Promise<FulfilledOrder | RefundedOrder>;
              (input: Purchase): Promise<Order>;
            }
          : (...args: Parameters<SyncLedger[K]>) => Promise<ReturnType<SyncLedger[K]>>;
} & Moving & {
    /**
     * Fulfilled when every call is answered and no charge is under way, those of auto-recharge among them: the moment to close the
     * database. It stops nothing: take no more requests before. An `exportAccount` is its reader's to wait for.
     */
    idle(): Promise<void>;
  };
