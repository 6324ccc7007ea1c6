/**
 * The one error type of the package: every code, what its details hold, and how to recognise one. Nothing here decides
 * when an error is due.
 */

/** A problem of a catalog or an input at a place in it, such as `offers[2].price.tiers[1].upTo`. */
export interface Problem {
  readonly path: string;
  readonly message: string;
}

/** `message`: which message of a batch. */
type Open = Readonly<Record<string, unknown>> & { readonly message?: number };
type At = Open & { readonly path: string; readonly value?: unknown };

/** Why nothing can pay: the table in docs/errors.md says what each means. */
export type Reason =
  | "none"
  | "pending"
  | "exhausted"
  | "expired"
  | "fragmented"
  | "wrong_region"
  | "wrong_purpose"
  | "wrong_project"
  | "unpriced_region"
  | "ceiling"
  | "gate_closed"
  | "suspended"
  | "no_plan"
  | "unrated_region";

/** Why a voucher does not apply. */
export type VoucherReason =
  | "consumed"
  | "not_yet_valid"
  | "expired"
  | "offer_excluded"
  | "wrong_offer"
  | "wrong_region"
  | "wrong_currency"
  | "below_min_spend"
  | "nothing_off";

/** Why a package is not taken back. */
export type RefundReason = "not_fulfilled" | "no_refunds" | "too_late" | "held" | "nothing_back" | "migrated";

/** Why an exported account is not imported. */
export type ExportReason =
  | "not_an_export"
  | "damaged"
  | "truncated"
  | "unknown_version"
  | "too_long"
  | "not_verified";

/** What the details of each code hold at least. */
export interface ErrorDetails {
  /** The input is malformed; nothing was recorded. `next` is the attempt to write, where that was wrong. */
  INVALID_INPUT: At & { readonly next?: number } & Partial<NotGsm7>;
  /** Of the catalog, or of an account that was opened under another seller's. */
  INVALID_CATALOG: Open & {
    readonly problems?: readonly Problem[];
    readonly account?: string;
    readonly catalog?: string;
  };
  /** Not a telephone number in E.164. */
  INVALID_NUMBER: At;
  /** The offer is not sold in this quantity; the details name those that are near. */
  INVALID_QUANTITY: At & { readonly quantity: number; readonly nearest: readonly number[] };
  /** Too many segments, or characters. Of a text that no counting can carry its UTF-16 units, and at least how many segments. */
  MESSAGE_TOO_LONG: At & {
    readonly segments?: number;
    readonly segmentsMax?: number;
    readonly characters?: number;
    readonly charactersMax?: number;
    readonly units?: number;
    /** Which text of a list. */
    readonly text?: number;
  };
  /** More messages than the store writes at once, of which all or none were to be reserved. */
  BATCH_TOO_LARGE: At & { readonly messages: number; readonly messagesMax: number };
  UNKNOWN_ACCOUNT: Open & { readonly account: string };
  UNKNOWN_OFFER: At;
  /** Of a message: the region that has no price. Of a quote: the path. */
  UNKNOWN_REGION: Open & Refused & { readonly path?: string };
  /** Of a quote: no price in this currency, or at this time; `path` says which. */
  NO_PRICE: At & {
    /** The currencies in which there is a price then, or else the next instant at which there is one in that currency. */
    readonly currencies?: readonly string[];
    readonly from?: string;
  };
  UNKNOWN_PLAN: At;
  UNKNOWN_HOLD: Open & { readonly id: string };
  UNKNOWN_ORDER: Open & { readonly id: string };
  /** There is none, or nothing is left in it. */
  UNKNOWN_PACKAGE: At;
  UNKNOWN_VOUCHER: At;
  /** The id was used before with another body. */
  ID_REUSED: Open & {
    readonly id: string;
    /** Of an order whose quote was made at another time. */
    readonly differs?: "quote";
  };
  /** No package can pay, and why. */
  INSUFFICIENT_BALANCE: Open & Required<Pick<Refused, "reason" | "needed" | "available">> & Refused;
  /** An order is on its way that auto-recharge has placed: the same attempt succeeds once its package can be used. */
  TOP_UP_REQUIRED: Open &
    Required<Pick<Refused, "reason" | "needed" | "available">> &
    Refused & { readonly order: TopUp };
  /** As many segments as a ceiling allows are reserved. */
  CEILING_REACHED: Open & Required<Pick<Refused, "reason" | "needed" | "available">> & Refused & Ceiled;
  QUOTE_EXPIRED: At & { readonly expiresAt?: string };
  QUOTE_MISMATCH: At;
  /** The offer's agreement was not accepted in its present version. */
  AGREEMENT_REQUIRED: At & { readonly agreement: { readonly id: string; readonly version: string } };
  /** The account lacks what the offer asks for, or what messages to the region do: then the details of a refused message are there too. */
  GATE_CLOSED: Open & Refused & { readonly gates: readonly string[] };
  /** The account is suspended, and buys nothing meanwhile. */
  ACCOUNT_SUSPENDED: Open & { readonly account: string };
  /** The account is closed for good. */
  ACCOUNT_CLOSED: Open & { readonly account: string };
  /** The account is being imported or deleted, or that broke off. */
  ACCOUNT_IMPORTING: Open & { readonly account: string };
  /** The account is retired here: it has moved to another store. */
  ACCOUNT_MOVED: Open & { readonly account: string };
  /** Why the voucher does not apply. */
  VOUCHER_NOT_ELIGIBLE: At & { readonly voucher: string; readonly reason: VoucherReason };
  /** The order was decided another way. */
  ORDER_DECIDED: Open & {
    readonly id: string;
    readonly state: string;
    readonly reference?: string;
    /** A second payment, which must be paid back; or a late word that nobody was charged. */
    readonly reason: "paid_twice" | "contradicted";
  };
  /** Why the order's package is not taken back. */
  NOT_REFUNDABLE: Open & { readonly id: string; readonly reason: RefundReason };
  /** The account is under no earlier charge model: it never was, or `migration` stands. */
  NOT_MIGRATABLE: Open & {
    readonly id: string;
    readonly reason: "not_legacy" | "migrated";
    readonly migration?: string;
  };
  UNKNOWN_MIGRATION: Open & { readonly id: string };
  /** The entry has moved what a package of before has left. */
  NOT_REVERTIBLE: Open & { readonly id: string; readonly reason: "moved"; readonly entry: number };
  HOLD_ENDED: Open & { readonly id: string; readonly state: "refused" | "settled" | "released" };
  /** There is an account already where one was to be imported, or it is in use where it was to be deleted. */
  ACCOUNT_EXISTS: Open & { readonly account: string };
  /** What was to be imported is no whole account. */
  INVALID_EXPORT: Open & {
    readonly reason: ExportReason;
    /** Where it ends to be one, from 1. */
    readonly line?: number;
    /** What `verify` found. */
    readonly problem?: string;
  };
  /** A storage callback threw or answered something that the contract does not allow. */
  STORAGE_UNAVAILABLE: Open;
  STORAGE_CORRUPT: Open & { readonly key?: string; readonly account?: string };
  /** Other writers won every race for the account. */
  CONTENTION: Open & { readonly tries?: number };
  /** Too many commands wait on the account (`queueMax`), or on all of them (`callsMax`). */
  OVERLOADED: Open & {
    readonly account?: string;
    readonly queueMax?: number;
    readonly callsMax?: number;
  };
  /** The module itself failed; the next call starts a new instance. */
  ENGINE_FAILED: Open & { readonly panic?: string };
}

/** A text that GSM-7 was asked to carry and cannot. */
interface NotGsm7 {
  /** Where its first such character stands, in UTF-16 units. */
  readonly index: number;
  readonly codePoint: number;
  readonly character: string;
  /** How many such characters it has. */
  readonly count: number;
  /** Which text of a list. */
  readonly text: number;
}

/** A message that nothing can pay. */
interface Refused {
  readonly reason?: Reason;
  /** Absent where the number belongs to no region. */
  readonly region?: string;
  /** What the message is for: as said, or else the policy's usual one. */
  readonly purpose?: string;
  readonly project?: string;
  /** Segments of the message. */
  readonly needed?: number;
  /** Segments that packages which could pay for it held then, usable and unheld. */
  readonly available?: number;
  /** When it was refused: at the first call with this attempt. */
  readonly at?: string;
  /** The `attempt` that tries the message anew; absent of a preview, and after the last. */
  readonly nextAttempt?: number;
  /** Why auto-recharge ordered nothing for it, where it is set for such messages. */
  readonly recharge?: Withheld;
}

/** Why auto-recharge orders nothing for a message that cannot be paid: the table in docs/recharge.md says what each means. */
export type Withheld = "cooling" | "capped" | "halted" | "pending" | "too_large";

/** The order that a message waits for. */
export interface TopUp {
  /** Absent of a preview that would place it. */
  readonly id?: string;
  /** What is to be paid. */
  readonly amount: string;
  readonly currency: string;
  /** Segments. */
  readonly quantity: number;
  /** It is paid, and its package can be used from then on. */
  readonly effectiveAt?: string;
}

/** The ceiling that a message would have broken. */
interface Ceiled {
  readonly ceiling: {
    /** Absent: of messages to all regions together. */
    readonly region?: string;
    readonly per: "hour" | "day";
    /** Most segments. */
    readonly segments: number;
  };
  /** Segments that earlier messages had reserved in that time. */
  readonly used: number;
  /** When nothing is counted any more. */
  readonly resetsAt: string;
}

/** The closed list of codes. */
export type ErrorCode = keyof ErrorDetails;

/** `true` for each code: the mapped type makes the compiler keep this list complete. */
const codes: Readonly<Record<ErrorCode, true>> = {
  INVALID_INPUT: true,
  INVALID_CATALOG: true,
  INVALID_NUMBER: true,
  INVALID_QUANTITY: true,
  MESSAGE_TOO_LONG: true,
  BATCH_TOO_LARGE: true,
  UNKNOWN_ACCOUNT: true,
  UNKNOWN_OFFER: true,
  UNKNOWN_REGION: true,
  NO_PRICE: true,
  UNKNOWN_PLAN: true,
  UNKNOWN_HOLD: true,
  UNKNOWN_ORDER: true,
  UNKNOWN_PACKAGE: true,
  UNKNOWN_VOUCHER: true,
  ID_REUSED: true,
  INSUFFICIENT_BALANCE: true,
  TOP_UP_REQUIRED: true,
  CEILING_REACHED: true,
  QUOTE_EXPIRED: true,
  QUOTE_MISMATCH: true,
  AGREEMENT_REQUIRED: true,
  GATE_CLOSED: true,
  ACCOUNT_SUSPENDED: true,
  ACCOUNT_CLOSED: true,
  ACCOUNT_IMPORTING: true,
  ACCOUNT_MOVED: true,
  VOUCHER_NOT_ELIGIBLE: true,
  HOLD_ENDED: true,
  ORDER_DECIDED: true,
  NOT_REFUNDABLE: true,
  NOT_MIGRATABLE: true,
  UNKNOWN_MIGRATION: true,
  NOT_REVERTIBLE: true,
  ACCOUNT_EXISTS: true,
  INVALID_EXPORT: true,
  STORAGE_UNAVAILABLE: true,
  STORAGE_CORRUPT: true,
  CONTENTION: true,
  OVERLOADED: true,
  ENGINE_FAILED: true,
};

/** What is an object's own, and nothing that somebody set on `Object.prototype`. */
export function ownOf<T extends object>(given: T): T {
  return Object.assign(Object.create(null) as object, given) as T;
}

/** Whether it is said what failed, by the thing itself. */
export function isFailed<T extends object>(told: T): told is Extract<T, { error: unknown }> {
  return Object.hasOwn(told, "error");
}

/** What can be said about an error beyond its code, message and details. */
export interface ErrorMarks {
  /** Whether saying the same again may succeed. */
  retryable?: boolean;
  /** Whether the command may have taken effect all the same; to repeat it under the same id is safe. */
  outcomeUnknown?: boolean;
  /** The seller's own code. */
  sellerCode?: string;
  cause?: unknown;
}

/** The error of every refused or failed call. */
export class LedgerError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C;
  readonly details: ErrorDetails[C];
  readonly retryable: boolean;
  /** There only where it is `true`. */
  declare readonly outcomeUnknown?: boolean;
  /** The seller's own code, where its catalog has one for this code and reason. */
  declare readonly sellerCode?: string;

  constructor(code: C, message: string, details: ErrorDetails[C], marks: ErrorMarks = {}) {
    const { cause, retryable, outcomeUnknown, sellerCode } = ownOf(marks);
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
    this.retryable = retryable === true;
    if (outcomeUnknown === true) this.outcomeUnknown = true;
    if (sellerCode !== undefined) this.sellerCode = sellerCode;
  }

  /** As a log has it: the code too. */
  override toString(): string {
    return `LedgerError [${this.code}]: ${this.message}`;
  }

  /** What it says, as data: an `Error`'s message would be missing from its JSON. */
  toJSON(): ToldError {
    const { code, message, details, retryable } = this;
    const { outcomeUnknown, sellerCode } = ownOf<ErrorMarks>(this);
    const told: ToldError = { code, message, details, retryable };
    if (outcomeUnknown !== undefined) told.outcomeUnknown = outcomeUnknown;
    if (sellerCode !== undefined) told.sellerCode = sellerCode;
    return told;
  }

  // On the prototype, so that it neither is set for each error nor shows among an error's own properties; and on the class,
  // whose name a bundler changes.
  static {
    Object.defineProperty(LedgerError, "name", { value: "LedgerError", configurable: true });
    Object.defineProperty(LedgerError.prototype, "name", {
      value: "LedgerError",
      configurable: true,
      writable: true,
    });
  }
}

/** A `LedgerError` whose `details` follow from its `code` once that is tested. */
export type AnyLedgerError = { [C in ErrorCode]: LedgerError<C> }[ErrorCode];

/**
 * Whether something thrown is a `LedgerError`. By shape rather than `instanceof`, since two copies of the package (ESM
 * and CJS, or two bundles) may meet in one process.
 */
export function isLedgerError(error: unknown): error is AnyLedgerError {
  if (typeof error !== "object" || error === null) return false;
  const { name, code } = error as { name?: unknown; code?: unknown };
  return (
    name === "LedgerError" &&
    typeof code === "string" &&
    Object.hasOwn(codes, code) &&
    Object.hasOwn(error, "code")
  );
}

/** An error as data: as the module tells it, and as JSON has it. */
export interface ToldError {
  code: string;
  message: string;
  details?: Readonly<Record<string, unknown>>;
  retryable?: boolean;
  outcomeUnknown?: boolean;
  sellerCode?: string;
}

/** The error of the facade for one that the module told. */
export function toLedgerError(told: ToldError, cause?: unknown): LedgerError {
  const { code, message, details, ...marks } = ownOf(told);
  const known = Object.hasOwn(codes, code) ? (code as ErrorCode) : "ENGINE_FAILED";
  return new LedgerError(known, message, (details ?? {}) as ErrorDetails[ErrorCode], { cause, ...marks });
}

/** What the module's tagged JSON tells: the answer, or its error thrown. */
export function answerOf(json: string): unknown {
  const told = JSON.parse(json) as { ok: unknown } | { error: ToldError };
  if (isFailed(told)) throw toLedgerError(told.error);
  return told.ok;
}

/** The error for malformed input at `path`. */
export function invalidInput(path: string, message: string, value?: unknown): LedgerError<"INVALID_INPUT"> {
  const details = value === undefined ? { path } : { path, value: shown(value) };
  return new LedgerError("INVALID_INPUT", path === "" ? message : `\`${path}\` ${message}`, details);
}

/** Units of a foreign exception's message that are repeated; the whole of it is in the `cause`. */
const message_units_max = 1_024;

/** What anything thrown says of itself. Never throws, whatever the exception is made of. */
export function messageOf(thrown: unknown): string {
  try {
    const message: unknown = thrown instanceof Error ? thrown.message : undefined;
    const text = typeof message === "string" && message !== "" ? message : String(thrown);
    if (text !== "") return text.slice(0, message_units_max).toWellFormed();
  } catch {}
  return "an unreadable error";
}

/** Units of a string that an error repeats. */
const shown_units_max = 60;

/** A value as an error repeats it: short, and never an object of the caller's. */
export function shown(value: unknown): unknown {
  if (typeof value === "string") {
    const text = value.toWellFormed();
    return text.length > shown_units_max ? `${text.slice(0, shown_units_max).toWellFormed()}…` : text;
  }
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  if (Array.isArray(value)) return "an array";
  if (value === undefined) return "undefined";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
