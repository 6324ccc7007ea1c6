/**
 * A store in Deno KV, whose database is passed in. Each commit is one atomic operation, and a revision is the
 * versionstamp that Deno KV itself gives. No rule of the ledger lives here.
 *
 * A document's key is three texts: a prefix, the partition and the key, which Deno KV keeps in byte order. Its value is
 * UTF-8: Deno KV would keep a text as UTF-16 as soon as one of its characters needs that.
 */
import { delay, within } from "../host.ts";
import type { Batch, CommitResult, Entry, Range, Storage } from "./contract.ts";
import { checkClient, checkOptions, milliseconds, name as named } from "./given.ts";
import { boundsOf, compareKeys } from "./order.ts";

type Key = readonly string[];

/** What is used of a `Deno.KvEntryMaybe`. */
export interface DenoKvEntry {
  readonly key: readonly unknown[];
  readonly value: unknown;
  readonly versionstamp: string | null;
}

/** What is used of a `Deno.AtomicOperation`. */
export interface DenoKvAtomic {
  check(...checks: { key: Key; versionstamp: string | null }[]): DenoKvAtomic;
  set(key: Key, value: unknown): DenoKvAtomic;
  delete(key: Key): DenoKvAtomic;
  commit(): Promise<{ ok: true; versionstamp: string } | { ok: false }>;
}

type Selector = { prefix: Key; start: Key } | { start: Key; end: Key };

/** What is used of a `Deno.Kv`. */
export interface DenoKvDatabase {
  getMany(keys: readonly Key[]): Promise<readonly DenoKvEntry[]>;
  list(
    selector: Selector,
    options: { limit: number; reverse: boolean; batchSize: number },
  ): AsyncIterable<DenoKvEntry>;
  atomic(): DenoKvAtomic;
}

export interface DenoKvOptions {
  /** The first part of every key: `sms-ledger` unless given. */
  prefix?: string;
  /** How long an answer is waited for, in milliseconds: 10,000 unless given. Then the outcome is unknown. */
  timeoutMs?: number;
}

const timeout_ms = 10_000;

/** Keys that one call of `getMany` takes. */
const get_keys_max = 10;
/** Entries that a list brings at once; Deno KV takes up to 1,000. */
const list_batch = 500;
/** Bytes of a value. */
const value_bytes_max = 65_536;
/** Checks of an atomic operation. */
const checks_max = 100;
/**
 * Writes of an atomic operation. Deno KV takes 1,000, but of keys no more than 81,920 bytes, those of the checks among
 * them: 289 of the longest that a ledger writes, 283 bytes. Keys and values come to 819,200 bytes at most, in which it
 * counts keys twice: that leaves 3,800 for each value.
 */
const writes_max = 180;
/** How often a commit that was refused without a stale key is said again. */
const tries_max = 5;

/**
 * How often a commit is said again that met another one, and the longest of the random waits in between, in
 * milliseconds. On a file Deno KV lets nobody wait: with two databases open on one, it says that the file is locked.
 */
const locked_tries_max = 200;
const locked_wait_ms_max = 20;

/** What a versionstamp looks like. Deno KV takes no other for a check. */
const versionstamp = /^[0-9a-f]{20}$/;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

class DenoKvStorage implements Storage {
  readonly limits = { checks: checks_max, writes: writes_max, valueBytes: value_bytes_max };
  readonly #database: DenoKvDatabase;
  readonly #prefix: string;
  readonly #timeoutMs: number;

  constructor(database: DenoKvDatabase, prefix: string, timeoutMs: number) {
    this.#database = database;
    this.#prefix = prefix;
    this.#timeoutMs = timeoutMs;
  }

  get(partition: string, keys: readonly string[]): Promise<(Entry | null)[]> {
    return this.#within(this.#get(partition, keys));
  }

  list(partition: string, range: Range): Promise<Entry[]> {
    return this.#within(this.#list(partition, range));
  }

  commit(partition: string, batch: Batch): Promise<CommitResult> {
    return this.#within(this.#commit(partition, batch));
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    return within(answer, this.#timeoutMs, "Deno KV has not answered");
  }

  #key(partition: string, key: string): Key {
    return [this.#prefix, partition, key];
  }

  /** The entries as Deno KV has them, in the order asked. */
  async #read(partition: string, keys: readonly string[]): Promise<DenoKvEntry[]> {
    const asked: Promise<readonly DenoKvEntry[]>[] = [];
    for (let first = 0; first < keys.length; first += get_keys_max) {
      const some = keys.slice(first, first + get_keys_max).map((key) => this.#key(partition, key));
      asked.push(this.#database.getMany(some));
    }
    return (await Promise.all(asked)).flat();
  }

  async #get(partition: string, keys: readonly string[]): Promise<(Entry | null)[]> {
    const found = await this.#read(partition, keys);
    return keys.map((key, at) => entryOf(key, found[at]));
  }

  async #list(partition: string, range: Range): Promise<Entry[]> {
    const { from, beyond, to } = boundsOf(range);
    // A cursor may leave nothing: Deno KV refuses a range whose end is before its start.
    if (range.limit === 0 || (to !== undefined && compareKeys(from, to) >= 0)) return [];
    // The first text behind another one is that with a NUL at its end.
    const start = this.#key(partition, beyond ? `${from}\0` : from);
    const selector: Selector =
      to === undefined
        ? { prefix: [this.#prefix, partition], start }
        : { start, end: this.#key(partition, to) };
    const options = { limit: range.limit, reverse: range.reverse === true, batchSize: list_batch };
    const entries: Entry[] = [];
    for await (const found of this.#database.list(selector, options)) {
      const entry = entryOf(String(found.key.at(-1)), found);
      if (entry !== null) entries.push(entry);
    }
    return entries;
  }

  async #commit(partition: string, batch: Batch): Promise<CommitResult> {
    for (let tries = 0; tries < tries_max; tries++) {
      const result = await this.#attempt(partition, batch);
      if (result?.ok === true) return { ok: true, revision: result.versionstamp };
      // It does not say which checks did not hold.
      const stale = await this.#stale(partition, batch);
      if (stale.length > 0) return { ok: false, stale };
    }
    throw new Error(`Deno KV has refused a commit ${tries_max} times whose checks hold`);
  }

  /** Says it as an atomic operation; nothing where a check is of a revision that Deno KV never gave. */
  async #attempt(
    partition: string,
    { checks, writes }: Batch,
  ): Promise<Awaited<ReturnType<DenoKvAtomic["commit"]>> | undefined> {
    const operation = this.#database.atomic();
    for (const { key, revision } of checks) {
      if (revision !== null && !versionstamp.test(revision)) return undefined;
      operation.check({ key: this.#key(partition, key), versionstamp: revision });
    }
    for (const write of writes) {
      const key = this.#key(partition, write.key);
      if (write.op === "put") operation.set(key, encoder.encode(write.value));
      else operation.delete(key);
    }
    return unlocked(() => operation.commit());
  }

  async #stale(partition: string, { checks }: Batch): Promise<string[]> {
    const keys = checks.map(({ key }) => key);
    const found = await this.#read(partition, keys);
    return keys.filter((_, at) => found[at]?.versionstamp !== checks[at]?.revision);
  }
}

/** What `commit` comes to once no other one is in its way. SQLite has applied nothing of what it calls locked. */
async function unlocked<T>(commit: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await commit();
    } catch (error) {
      const locked = error instanceof Error && error.message.includes("database is locked");
      if (!locked || tries === locked_tries_max) throw error;
      await delay(Math.random() * locked_wait_ms_max);
    }
  }
}

function entryOf(key: string, found: DenoKvEntry | undefined): Entry | null {
  if (found === undefined || found.versionstamp === null) return null;
  return { key, value: decoder.decode(found.value as Uint8Array), revision: found.versionstamp };
}

/**
 * A store in `database`, a `Deno.Kv`. One script of it may use the database for other things too, under keys that begin
 * otherwise.
 */
export function denoKvStorage(database: DenoKvDatabase, options: DenoKvOptions = {}): Storage {
  checkClient("database", database, ["getMany", "list", "atomic"], "what `Deno.openKv()` gives, awaited");
  checkOptions(options, { prefix: named, timeoutMs: milliseconds });
  const { prefix = "sms-ledger", timeoutMs = timeout_ms } = options;
  return new DenoKvStorage(database, prefix, timeoutMs);
}
