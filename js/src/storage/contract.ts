/**
 * The host's side of the ledger: three callbacks over one kind of thing, a short text under a key in an account's partition. All
 * text is well-formed Unicode. docs/storage.md tells the whole contract.
 */

export type MaybePromise<T> = T | Promise<T>;

/** A stored document. */
export interface Entry {
  key: string;
  /** Opaque text, given back exactly as it was put. */
  value: string;
  /** Changes with every commit that writes the key; never used twice for one key. */
  revision: string;
}

export interface Range {
  prefix: string;
  /** Strictly beyond this key; absent = from the start (the end, with `reverse`). */
  cursor?: string;
  limit: number;
  reverse?: boolean;
}

export type Write = { op: "put"; key: string; value: string } | { op: "delete"; key: string };

export interface Batch {
  /** `revision: null` = the key must be absent. */
  checks: readonly { key: string; revision: string | null }[];
  writes: readonly Write[];
}

export type CommitResult = { ok: true; revision: string } | { ok: false; stale: readonly string[] };

/** One of several commits, each to a partition of its own. */
export interface PartitionBatch {
  partition: string;
  batch: Batch;
}

/** What became of one of several commits: what `commit` would have answered, or the error that it would have thrown. */
export type ManyResult = CommitResult | { error: unknown };

/** What the store can take in one commit. */
export interface StorageLimits {
  /** Most keys checked; 2 or more. */
  checks?: number;
  /** Most keys written; 16 or more. */
  writes?: number;
  /** The longest value in bytes; 16,384 or more. The engine writes none above 32 KiB. */
  valueBytes?: number;
}

/**
 * A callback that never settles blocks its account: what was called waits for it, and what is called later waits behind
 * that. An adapter over a network needs a time-out of its own, after which it throws; a commit's outcome is then unknown,
 * and the same command under the same id is safe.
 */
export interface Storage {
  /** Entries in the order asked, null where absent. */
  get(partition: string, keys: readonly string[]): MaybePromise<readonly (Entry | null)[]>;
  /** Entries under a prefix in byte order of their keys, strictly beyond a cursor. */
  list(partition: string, range: Range): MaybePromise<readonly Entry[]>;
  /** All writes or none; refuses, never throws, when a check is stale. Every entry written gets the returned revision. */
  commit(partition: string, batch: Batch): MaybePromise<CommitResult>;
  /**
   * Several commits in one round trip, no two of them to one partition, each applied or refused by itself. Answers in the
   * order given; where it throws, the outcome of all is unknown. For stores that are far away and have many accounts at work.
   */
  commitMany?(commits: readonly PartitionBatch[]): MaybePromise<readonly ManyResult[]>;
  readonly limits?: StorageLimits;
  /**
   * True where this process is the only writer: cached reads are then current. That holds for one ledger at a time over
   * the object; a second one beside it is another writer, of which the first one's answers would know nothing.
   */
  readonly exclusive?: boolean;
}

/** A store that answers at once, such as `node:sqlite` or a Durable Object's SQL. */
export interface SyncStorage extends Storage {
  get(partition: string, keys: readonly string[]): readonly (Entry | null)[];
  list(partition: string, range: Range): readonly Entry[];
  commit(partition: string, batch: Batch): CommitResult;
}
