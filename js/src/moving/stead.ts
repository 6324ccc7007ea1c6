/** What stands under an account's head while it is none: src/storage/documents.rs has the same, and the engine refuses both. */
import { LedgerError } from "../errors.ts";
import type { Entry } from "../storage/contract.ts";

/** While an account is imported or deleted. Who does it is of no interest, only that each claim has a revision of its own. */
export const importing_value = '[0,"import"]';
/** Once an account is retired: it goes on in another store. */
export const moved_value = '[0,"moved"]';

export function isImporting(head: Entry | null): boolean {
  return head?.value === importing_value;
}

export function isMoved(head: Entry | null): boolean {
  return head?.value === moved_value;
}

/** An account's head, if there is one, or an import of it; refused else. */
export function present(account: string, head: Entry | null): Entry {
  if (head === null) {
    const message = `\`${account}\` is not an account: open it first`;
    throw new LedgerError("UNKNOWN_ACCOUNT", message, { account });
  }
  if (!isImporting(head)) return head;
  const message = `the account \`${account}\` is being imported or deleted, or that broke off: do it again, or delete it`;
  throw new LedgerError("ACCOUNT_IMPORTING", message, { account }, { retryable: true });
}

export function contention(message: string): LedgerError {
  return new LedgerError("CONTENTION", message, {}, { retryable: true });
}
