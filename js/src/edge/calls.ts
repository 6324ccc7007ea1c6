/**
 * The calls that an account's object answers, how a call says whose it is, and what goes over the line between a worker and
 * the object: a call's name and its input as JSON there, its answer or its error back. No rule of the ledger lives here.
 */
import { invalidInput, isFailed, type LedgerError, type ToldError, toLedgerError } from "../errors.ts";
import type { AccountQuoteRequest, BatchResults, Ledger, Quote, ResumedOrders } from "../types.ts";

/**
 * A ledger whose accounts live each in an object of its own: every call on an account, as `Ledger` has it. What needs no
 * account needs no object: `createPricing` quotes, `analyzeText` counts.
 */
export type EdgeLedger = Omit<Ledger, "segments" | "quote" | "idle"> & {
  /** What a purchase costs the account; with its own vouchers, and refused where it may not buy. */
  quote(input: AccountQuoteRequest): Promise<Quote>;
};

/** A call whose input and answer are JSON. The feed of events is made of its pages; exports and imports are streams. */
export type Call = Exclude<keyof EdgeLedger, "events" | "exportAccount" | "importAccount">;

/** Whether a call may change something, and with it when the account is next due. */
export const calls: Readonly<Record<Call, "reads" | "writes">> = {
  openAccount: "writes",
  setGates: "writes",
  setPlan: "writes",
  account: "reads",
  suspend: "writes",
  resume: "writes",
  close: "writes",
  quote: "reads",
  purchase: "writes",
  confirmPayment: "writes",
  resumeOrders: "writes",
  order: "reads",
  orders: "reads",
  refund: "writes",
  grantVoucher: "writes",
  vouchers: "reads",
  adjust: "writes",
  advance: "writes",
  setAlarms: "writes",
  setCeilings: "writes",
  setRecharge: "writes",
  settings: "reads",
  migrate: "writes",
  revertMigration: "writes",
  activate: "writes",
  preview: "reads",
  reserve: "writes",
  reserveBatch: "writes",
  estimate: "reads",
  settle: "writes",
  release: "writes",
  report: "writes",
  balance: "reads",
  packages: "reads",
  pace: "reads",
  forecast: "reads",
  endedPackages: "reads",
  entries: "reads",
  eventPage: "reads",
  explain: "reads",
  verify: "reads",
  snapshot: "reads",
  retireAccount: "writes",
  reinstateAccount: "writes",
  deleteAccount: "writes",
};

export function isCall(name: string): name is Call {
  return Object.hasOwn(calls, name);
}

/** The account that a call is about. */
export function accountOf(name: Call | "exportAccount", input: Readonly<Record<string, unknown>>): string {
  const path = name === "openAccount" ? "id" : "account";
  const account = input[path];
  if (typeof account !== "string") throw invalidInput(path, "must be a string", account ?? null);
  return account;
}

/** What an object answers, as JSON. */
export type Told = { ok: unknown } | { error: ToldError };

/** The answer of a call, or its error thrown. */
export function answerOf(name: Call, told: Told): unknown {
  if (isFailed(told)) throw toLedgerError(told.error);
  if (name === "reserveBatch") revive((told.ok as BatchResults).results);
  if (name === "resumeOrders") revive((told.ok as ResumedOrders).failed);
  return told.ok;
}

/** Makes the errors within an answer what they were. */
function revive(parts: readonly { error?: LedgerError | ToldError | undefined }[]): void {
  for (const part of parts)
    if (Object.hasOwn(part, "error")) part.error = toLedgerError(part.error as ToldError);
}
