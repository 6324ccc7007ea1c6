/**
 * A store in the browser's IndexedDB, whose factory (`indexedDB`) is passed in. Each commit is one readwrite transaction in
 * which nothing but the database is waited for; several tabs of a site may share the database. No rule of the ledger lives here.
 */
import { within } from "../host.ts";
import type { Batch, CommitResult, Entry, Range, Storage } from "./contract.ts";
import { checkClient, checkOptions, name as named } from "./given.ts";
import { boundsOf, compareKeys } from "./order.ts";

export interface IndexedDbOptions {
  /** The database's name, `sms-ledger` unless given. */
  name?: string;
  /**
   * How far a commit has come when it is answered. `strict`, unless given: it is on the disk, so that it survives a power cut.
   * `relaxed`: it is with the operating system, which is faster.
   */
  durability?: "strict" | "relaxed";
}

export interface IndexedDbStorage extends Storage {
  /** Lets go of the database; the next call opens it again. */
  close(): void;
}

/** The version of the database's form, which is the two stores. */
const version = 1;
/** The documents, by their partition and the bytes of their key. */
const documents = "document";
/** The revision of each partition, which rises with each commit and outlives the documents: none is used twice. */
const partitions = "partition";

/** How long other tabs may keep the database from being opened. */
const open_ms_max = 5_000;

/** A document as it is stored. */
interface Stored {
  key: string;
  value: string;
  revision: number;
}

const encoder = new TextEncoder();

/** Where a document is. The key as bytes, since IndexedDB orders strings by their UTF-16 units. */
function place(partition: string, key: string): IDBValidKey {
  return [partition, encoder.encode(key)];
}

/** The places of a range; absent where nothing can be in it. */
function placesOf(partition: string, range: Range): IDBKeyRange | undefined {
  const { from, beyond, to } = boundsOf(range);
  if (range.limit < 1 || (to !== undefined && compareKeys(from, to) >= 0)) return undefined;
  // An array comes behind all bytes, so that an empty one is the end of the partition.
  const end = to === undefined ? [partition, []] : place(partition, to);
  return IDBKeyRange.bound(place(partition, from), end, beyond, true);
}

function entryOf({ key, value, revision }: Stored): Entry {
  return { key, value, revision: String(revision) };
}

/** The steps of a transaction's work: callbacks, as a transaction ends when anything but the database is waited for. */
interface Steps<T> {
  /** Says what the work comes to, if it is stored. */
  finish(result: T): void;
  /** Goes on with what a request has found. */
  upon<R>(request: IDBRequest<R>, next: (result: R) => void): void;
}

type Work<T> = (store: (name: string) => IDBObjectStore, steps: Steps<T>) => void;

/** Does work in a transaction: what it came to, once that is stored. What throws in between undoes all of it. */
function carriedOut<T>(transaction: IDBTransaction, work: Work<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    let result: { value: T } | undefined;
    let failure: { error: unknown } | undefined;
    const guard = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        failure ??= { error };
        transaction.abort();
      }
    };
    const steps: Steps<T> = {
      finish(value) {
        result = { value };
      },
      upon(request, next) {
        request.onsuccess = () => guard(() => next(request.result));
      },
    };
    transaction.oncomplete = () => {
      if (result !== undefined) resolve(result.value);
      else reject(new Error("the transaction has ended before its work"));
    };
    transaction.onabort = () => reject(failure === undefined ? reasonOf(transaction.error) : failure.error);
    guard(() => work((name) => transaction.objectStore(name), steps));
  });
}

/** Why the browser has undone a transaction. */
function reasonOf(error: DOMException | null): Error {
  const nothing = "nothing of the commit is stored";
  if (error === null) return new Error(`the browser has ended the transaction: ${nothing}`);
  if (error.name !== "QuotaExceededError") return error;
  return new Error(`the browser gives this site no more room: ${nothing}`, { cause: error });
}

/** The database, opened when it is first needed, and again after somebody has had it closed. */
class Connection {
  readonly #factory: IDBFactory;
  readonly #name: string;
  #opening: Promise<IDBDatabase> | undefined;

  constructor(factory: IDBFactory, name: string) {
    this.#factory = factory;
    this.#name = name;
  }

  /** Does work in a transaction of its own. */
  async carryOut<T>(
    mode: IDBTransactionMode,
    names: string[],
    options: IDBTransactionOptions,
    work: Work<T>,
  ): Promise<T> {
    const begin = (database: IDBDatabase): IDBTransaction => database.transaction(names, mode, options);
    let transaction: IDBTransaction;
    try {
      transaction = begin(await this.#open());
    } catch (error) {
      // It was closed, by another tab or by the browser, before anything began on it.
      if ((error as Partial<DOMException>).name !== "InvalidStateError") throw error;
      this.close();
      transaction = begin(await this.#open());
    }
    return carriedOut(transaction, work);
  }

  close(): void {
    const opening = this.#opening;
    this.#opening = undefined;
    opening?.then(
      (database) => database.close(),
      () => {},
    );
  }

  #open(): Promise<IDBDatabase> {
    if (this.#opening !== undefined) return this.#opening;
    const made = opened(this.#factory, this.#name);
    const problem = `another tab has kept the database \`${this.#name}\` from being opened`;
    const opening = within(made, open_ms_max, problem);
    const forget = (): void => {
      if (this.#opening === opening) this.#opening = undefined;
    };
    this.#opening = opening;
    opening.then((database) => {
      // Another tab deletes the database or brings it into a later form, and waits for this one.
      database.onversionchange = () => {
        forget();
        database.close();
      };
      // The browser has closed it, as it does when the user clears the site's data.
      database.onclose = forget;
    }, forget);
    opening.catch(() => made.then((database) => database.close()).catch(() => {}));
    return opening;
  }
}

/** Opens the database, and makes its stores where it is new. */
function opened(factory: IDBFactory, name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, version);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(documents);
      request.result.createObjectStore(partitions);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(openFailure(request.error, name));
  });
}

function openFailure(error: DOMException | null, name: string): Error {
  if (error?.name !== "VersionError") return error ?? new Error(`the database \`${name}\` cannot be opened`);
  return new Error(
    `the database \`${name}\` has a later form: reload the page, which is older than another tab`,
    {
      cause: error,
    },
  );
}

/** Asks for several things, and goes on when all are there. */
function all<R, T>(requests: readonly IDBRequest<R>[], steps: Steps<T>, next: (results: R[]) => void): void {
  let left = requests.length;
  const results: R[] = [];
  if (left === 0) next(results);
  for (const [index, request] of requests.entries()) {
    steps.upon(request, (result) => {
      results[index] = result;
      left -= 1;
      if (left === 0) next(results);
    });
  }
}

/** Checks, and then writes or says what is stale. */
function commitIn(partition: string, { checks, writes }: Batch): Work<CommitResult> {
  return (store, steps) => {
    const stored = store(documents);
    const revisions = store(partitions);
    const write = (before: number | undefined): void => {
      const revision = (before ?? 0) + 1;
      revisions.put(revision, partition);
      for (const entry of writes) {
        const { key } = entry;
        if (entry.op === "put")
          stored.put({ key, value: entry.value, revision } satisfies Stored, place(partition, key));
        else stored.delete(place(partition, key));
      }
      steps.finish({ ok: true, revision: String(revision) });
    };
    const found = checks.map(({ key }): IDBRequest<Stored | undefined> => stored.get(place(partition, key)));
    all(found, steps, (entries) => {
      const stale = checks.filter(({ revision }, index) => revisionOf(entries[index]) !== revision);
      if (stale.length > 0) steps.finish({ ok: false, stale: stale.map(({ key }) => key) });
      else steps.upon(revisions.get(partition) as IDBRequest<number | undefined>, write);
    });
  };
}

function revisionOf(stored: Stored | undefined): string | null {
  return stored === undefined ? null : String(stored.revision);
}

function getIn(partition: string, keys: readonly string[]): Work<(Entry | null)[]> {
  return (store, steps) => {
    const found = keys.map(
      (key): IDBRequest<Stored | undefined> => store(documents).get(place(partition, key)),
    );
    all(found, steps, (entries) =>
      steps.finish(entries.map((stored) => (stored === undefined ? null : entryOf(stored)))),
    );
  };
}

/** The first entries of a range at once; its last ones one by one, since only a cursor reads backwards everywhere. */
function listIn(places: IDBKeyRange, { limit, reverse }: Range): Work<Entry[]> {
  return (store, steps) => {
    if (reverse !== true) {
      const found: IDBRequest<Stored[]> = store(documents).getAll(places, limit);
      steps.upon(found, (entries) => steps.finish(entries.map(entryOf)));
      return;
    }
    const entries: Entry[] = [];
    steps.upon(store(documents).openCursor(places, "prev"), (cursor) => {
      if (cursor !== null) entries.push(entryOf(cursor.value as Stored));
      if (cursor !== null && entries.length < limit) cursor.continue();
      else steps.finish(entries);
    });
  };
}

/** A store in a database of `factory`, a page's or a web worker's `indexedDB`. It is made where it is missing, at the first call. */
export function indexedDbStorage(factory: IDBFactory, options: IndexedDbOptions = {}): IndexedDbStorage {
  checkClient("factory", factory, ["open"], "the page's or the worker's `indexedDB`");
  checkOptions(options, {
    name: named,
    durability: (value) =>
      value === "strict" || value === "relaxed" ? undefined : "must be `strict` or `relaxed`",
  });
  const { name = "sms-ledger", durability = "strict" } = options;
  const connection = new Connection(factory, name);
  return {
    // Each document is a request of its own, and of 4,096 none waits long.
    limits: { checks: 2_048, writes: 4_096, valueBytes: 1024 * 1024 },
    async get(partition, keys) {
      if (keys.length === 0) return [];
      return connection.carryOut("readonly", [documents], {}, getIn(partition, keys));
    },
    async list(partition, range) {
      const places = placesOf(partition, range);
      if (places === undefined) return [];
      return connection.carryOut("readonly", [documents], {}, listIn(places, range));
    },
    commit(partition, batch) {
      const work = commitIn(partition, batch);
      return connection.carryOut("readwrite", [documents, partitions], { durability }, work);
    },
    close: () => connection.close(),
  };
}
