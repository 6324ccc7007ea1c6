/** What the laws are written with: a partition of a store in words, comparisons, and what an adapter's author hands over. */
import { invalidInput, shown } from "../errors.ts";
import { within } from "../host.ts";
import { isPromise, takeCommit, takeEntries, takeMany, takeRange } from "../replies.ts";
import type {
  Batch,
  CommitResult,
  Entry,
  ManyResult,
  MaybePromise,
  PartitionBatch,
  Range,
  Storage,
} from "../storage/contract.ts";
import { Lengths } from "../words.ts";
import { different } from "./words.ts";

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
  /** How long a callback may take to settle: 30 s unless given. */
  timeoutMs?: number;
}

/** How long a callback may take that the subject sets no time for. */
const timeout_ms = 30_000;

const properties = ["open", "reopen", "failing", "severable", "many", "timeoutMs"];

/** Refuses what is no subject, before any law is asked for. */
export function checkSubject(subject: unknown): void {
  if (typeof subject !== "object" || subject === null)
    throw invalidInput("", "the subject must be an object with `open`", subject ?? null);
  const allowed = properties.map((name) => `\`${name}\``).join(", ");
  for (const name of Object.keys(subject))
    if (!properties.includes(name))
      throw invalidInput(name, `is no property of a subject; allowed are ${allowed}`);
  const { open, timeoutMs } = subject as { open?: unknown; timeoutMs?: unknown };
  if (typeof open !== "function")
    throw invalidInput("open", "must be a function that gives a store", open ?? null);
  if (timeoutMs !== undefined && !(Number.isSafeInteger(timeoutMs) && (timeoutMs as number) > 0))
    throw invalidInput("timeoutMs", "must be a whole number of milliseconds", timeoutMs);
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
export type Need = Exclude<keyof Subject, "open" | "timeoutMs">;

/** A law's test, in a partition that nobody has used before. */
export type Body = (store: Store, subject: Subject) => Promise<void>;
/** Laws by their names. */
export type Laws = Readonly<Record<string, Body>>;

export function fail(message: string): never {
  throw new Error(message);
}

export function same(actual: unknown, expected: unknown, what: string): void {
  const difference = different(actual, expected);
  if (difference !== undefined) fail(`${what}: ${difference}`);
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

let partitions = 0;
const run_id = Math.random().toString(36).slice(2, 10);

/** A partition that nobody has used before. */
function freshPartition(): string {
  partitions += 1;
  return `conformance-${run_id}-${partitions}`;
}

/** What a callback, or a function of the subject's, comes to, within the time that it has. */
async function settled<T>(name: string, reply: MaybePromise<T>, timeoutMs: number): Promise<T> {
  return isPromise(reply) ? within(reply, timeoutMs, `\`${name}\` has not settled`) : reply;
}

/** A store that a function of the subject's gives. */
async function given(name: string, reply: MaybePromise<Storage>, timeoutMs: number): Promise<Storage> {
  const storage: unknown = await settled(name, reply, timeoutMs);
  const { get, list, commit } = (storage ?? {}) as { readonly [K in keyof Storage]?: unknown };
  if ([get, list, commit].every((callback) => typeof callback === "function")) return storage as Storage;
  const what = JSON.stringify(shown(storage) ?? null);
  return fail(`\`${name}\` must give a store, an object with \`get\`, \`list\` and \`commit\`, not ${what}`);
}

/** A fresh partition of the subject's store. */
export async function opened({ open, timeoutMs = timeout_ms }: Subject): Promise<Store> {
  return new Store(await given("open", open(), timeoutMs), timeoutMs);
}

/**
 * A storage and a partition of it, with words for what the laws do over and over. Whatever the storage answers is checked as the
 * ledger itself checks it.
 */
export class Store {
  readonly storage: Storage;
  readonly partition: string;
  readonly #timeoutMs: number;

  constructor(storage: Storage, timeoutMs: number, partition: string = freshPartition()) {
    this.storage = storage;
    this.partition = partition;
    this.#timeoutMs = timeoutMs;
  }

  /** Another partition of the same storage. */
  beside(partition: string): Store {
    return new Store(this.storage, this.#timeoutMs, partition);
  }

  /** The same partition through what a function of the subject's gives. */
  async through(name: string, storage: MaybePromise<Storage>): Promise<Store> {
    return new Store(await given(name, storage, this.#timeoutMs), this.#timeoutMs, this.partition);
  }

  async get(...keys: string[]): Promise<readonly (Entry | null)[]> {
    const reply = await settled("get", this.storage.get(this.partition, keys), this.#timeoutMs);
    takeEntries(reply, keys, new Lengths());
    return reply;
  }

  async list(range: Range): Promise<readonly Entry[]> {
    const reply = await settled("list", this.storage.list(this.partition, range), this.#timeoutMs);
    takeRange(reply, range, new Lengths());
    return reply;
  }

  async commit(checks: Batch["checks"], writes: Batch["writes"]): Promise<CommitResult> {
    const reply = this.storage.commit(this.partition, { checks, writes });
    return takeCommit(await settled("commit", reply, this.#timeoutMs));
  }

  async commitMany(commits: readonly PartitionBatch[]): Promise<readonly ManyResult[]> {
    const reply = this.storage.commitMany?.(commits) ?? fail("the store has no `commitMany`");
    const results = takeMany(await settled("commitMany", reply, this.#timeoutMs), commits.length);
    return results.map((result) => ("error" in result ? result : takeCommit(result.reply, "commitMany")));
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
    const entries = await this.list({ prefix, limit, ...rest });
    return entries.map(({ key }) => key);
  }

  /** Writes without a check; gives the revision. */
  async put(documents: Record<string, string>): Promise<string> {
    const result = await this.commit(
      [],
      Object.entries(documents).map(([key, value]) => put(key, value)),
    );
    if (result.ok) return result.revision;
    const found = await this.get(...Object.keys(documents));
    const applied = found.some((entry) => entry !== null && entry.value === documents[entry.key]);
    return fail(`a commit without checks was refused${applied ? ", and its writes are there" : ""}`);
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
export async function handlesOf(store: Store, { reopen }: Subject): Promise<Store[]> {
  if (reopen === undefined) return [store];
  return [store, await store.through("reopen", reopen(store.storage))];
}
