/** What moving an account asks of a store, with what the store throws as the ledger's own error. */
import { LedgerError, messageOf, ownOf } from "../errors.ts";
import type { Batch, CommitResult, Entry, MaybePromise, Range, Storage } from "../storage/contract.ts";
import { head_key, line_documents_max } from "./lines.ts";

async function asked<T>(callback: string, ask: () => MaybePromise<T>): Promise<T> {
  try {
    return await ask();
  } catch (cause) {
    const message = `the storage's \`${callback}\` failed: ${messageOf(cause)}`;
    const outcomeUnknown = callback === "commit";
    throw new LedgerError("STORAGE_UNAVAILABLE", message, {}, { retryable: true, outcomeUnknown, cause });
  }
}

/** Told of each account that was written, or may have been. */
export type Written = (account: string) => void;

/** The partition of one account. */
export class Partition {
  readonly storage: Storage;
  readonly account: string;
  readonly #written: Written;

  constructor(storage: Storage, account: string, written: Written) {
    this.storage = storage;
    this.account = account;
    this.#written = written;
  }

  head(): Promise<Entry | null> {
    return this.one(head_key);
  }

  async one(key: string): Promise<Entry | null> {
    const [entry] = await asked("get", () => this.storage.get(this.account, [key]));
    return entry ?? null;
  }

  /** The documents behind a key, in byte order. */
  page(cursor: string | undefined): Promise<readonly Entry[]> {
    const range = ownOf<Range>({ prefix: "", limit: line_documents_max });
    if (cursor !== undefined) range.cursor = cursor;
    return asked("list", () => this.storage.list(this.account, range));
  }

  async commit(batch: Batch): Promise<CommitResult> {
    try {
      return await asked("commit", () => this.storage.commit(this.account, batch));
    } finally {
      this.#written(this.account);
    }
  }

  /** Whether there is anything but a head. */
  async isBare(): Promise<boolean> {
    return (await this.page(undefined)).every(({ key }) => key === head_key);
  }
}
