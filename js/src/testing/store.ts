/** What the laws are written with: a partition of a store in words, comparisons, and what an adapter's author hands over. */
import type { Batch, CommitResult, Entry, MaybePromise, Storage } from "../storage/contract.ts";

export interface Subject {
  /** A store, which may hold anything already: each law works in partitions of its own. */
  open(): MaybePromise<Storage>;
  /**
   * The same data through a fresh handle, such as a second connection or after a restart; the first one is used on.
   * Without it the laws of durability and of two handles are left out.
   */
  reopen?(storage: Storage): MaybePromise<Storage>;
  /**
   * A handle on the same data in which the store itself fails to write the key `fails` (`failing_key`): by a trigger, an
   * error in a script, an abort. Without it the law of errors in the middle of a commit is left out.
   */
  failing?(storage: Storage): MaybePromise<Storage>;
  /** A handle on the same data that can be cut off. Without it the law of lost connections is left out. */
  severable?(storage: Storage): MaybePromise<Severable>;
  /** That the store has `commitMany`, which is held to laws of its own then. */
  many?: true;
}

/** A handle with a connection of its own. */
export interface Severable {
  storage: Storage;
  /** Breaks the connection, wherever a commit on it has come to. What was asked over it must settle all the same. */
  sever(): MaybePromise<void>;
}

/** The key that a `failing` handle cannot write. */
export const failing_key = "fails";

/** What a law needs of its subject beyond a store. */
export type Need = Exclude<keyof Subject, "open" | "many">;

/** A law's test, in a partition that nobody has used before. */
export type Body = (store: Store, subject: Subject) => Promise<void>;
/** Laws by their names. */
export type Laws = Readonly<Record<string, Body>>;

export function fail(message: string): never {
  throw new Error(message);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) fail(`${what}: expected ${brief(right)}, got ${brief(left)}`);
}

/** A commit that was refused for just these keys. */
export function refused(result: CommitResult, keys: readonly string[], what: string): void {
  const stale: unknown = result.ok ? "applied" : result.stale;
  same(Array.isArray(stale) ? [...stale].sort() : stale, [...keys].sort(), what);
}

/** An entry in one order of properties. */
export function plain(entry: Entry | null): Entry | null {
  return entry && { key: entry.key, value: entry.value, revision: entry.revision };
}

function brief(json: string | undefined): string {
  const text = String(json);
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} units)` : text;
}

let partitions = 0;
const run_id = Math.random().toString(36).slice(2, 10);

/** A partition that nobody has used before. */
function freshPartition(): string {
  partitions += 1;
  return `conformance-${run_id}-${partitions}`;
}

/** A storage and a partition of it, with words for what the laws do over and over. */
export class Store {
  readonly storage: Storage;
  readonly partition: string;

  constructor(storage: Storage, partition: string = freshPartition()) {
    this.storage = storage;
    this.partition = partition;
  }

  async get(...keys: string[]): Promise<readonly (Entry | null)[]> {
    return this.storage.get(this.partition, keys);
  }

  async one(key: string): Promise<Entry> {
    const [entry] = await this.get(key);
    return entry ?? fail(`the entry \`${key}\` is missing`);
  }

  async value(key: string): Promise<string | null> {
    const [entry] = await this.get(key);
    return entry?.value ?? null;
  }

  async revision(key: string): Promise<string> {
    return (await this.one(key)).revision;
  }

  async keys(
    prefix: string,
    range: { cursor?: string; limit?: number; reverse?: boolean } = {},
  ): Promise<string[]> {
    const { limit = 1_000, ...rest } = range;
    const entries = await this.storage.list(this.partition, { prefix, limit, ...rest });
    return entries.map(({ key }) => key);
  }

  async commit(checks: Batch["checks"], writes: Batch["writes"]): Promise<CommitResult> {
    return this.storage.commit(this.partition, { checks, writes });
  }

  /** Writes without a check; gives the revision. */
  async put(documents: Record<string, string>): Promise<string> {
    const result = await this.commit(
      [],
      Object.entries(documents).map(([key, value]) => put(key, value)),
    );
    return result.ok ? result.revision : fail("a commit without checks was refused");
  }

  async delete(...keys: string[]): Promise<void> {
    const result = await this.commit(
      [],
      keys.map((key) => ({ op: "delete", key })),
    );
    if (!result.ok) fail("a commit without checks was refused");
  }
}

export const put = (key: string, value: string): { op: "put"; key: string; value: string } => ({
  op: "put",
  key,
  value,
});

/** The store, and a second handle on it where there is one. */
export async function handlesOf(store: Store, subject: Subject): Promise<Store[]> {
  if (subject.reopen === undefined) return [store];
  return [store, new Store(await subject.reopen(store.storage), store.partition)];
}

/** The handle that an optional part of the subject makes of the store. */
export async function handleOf(store: Store, storage: MaybePromise<Storage>): Promise<Store> {
  return new Store(await storage, store.partition);
}
