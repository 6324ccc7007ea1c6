/** What every entry of the package exports that asks no module. */
export { importPrices } from "./catalogs/import.ts";
export {
  type AnyLedgerError,
  type ErrorCode,
  type ErrorDetails,
  type ExportReason,
  isLedgerError,
  LedgerError,
  type Problem,
  type Reason,
  type RefundReason,
  type TopUp,
  type VoucherReason,
  type Withheld,
} from "./errors.ts";
export { wholeReceipt } from "./receipts/parts.ts";
export { receipts } from "./receipts/receipts.ts";
// Both the journal and the store know an `Entry`; the journal's keeps the name here.
export type {
  Batch,
  CommitResult,
  Entry as StoredEntry,
  ManyResult,
  MaybePromise,
  PartitionBatch,
  Range,
  Storage,
  StorageLimits,
  SyncStorage,
  Write,
} from "./storage/contract.ts";
export { memoryStorage } from "./storage/memory.ts";
export { applyReplacements } from "./text/replace.ts";
export type * from "./types.ts";
