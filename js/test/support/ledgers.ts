/** Ledgers and stores for the tests: the catalog, an account with packages, and stores that count or record. */
import {
  type Catalog,
  createLedgerSync,
  isLedgerError,
  memoryStorage,
  type Storage,
  type StoredEntry,
  type SyncStorage,
} from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";

export const catalog: Catalog = cloutly;

/** A Friday in November, before anything is due. */
export const noon: number = Date.parse("2026-11-20T12:00:00Z");

export const au_number: string = "+61412345678";
export const us_number: string = "+12025550123";

/** A store that holds the account `acme`: 50 plan credits and 200 segments for Australia. */
export function acmeStorage(): SyncStorage {
  const storage = memoryStorage();
  openAcme(storage);
  return storage;
}

export function openAcme(storage: SyncStorage): void {
  const ledger = createLedgerSync({ storage, catalog, now: () => noon });
  ledger.openAccount({ id: "acme", plan: "starter" });
  const quote = ledger.quote({ offer: "pack-au", quantity: 200 });
  ledger.purchase({ id: "order-1", account: "acme", quote, payment: { reference: "card-1" } });
}

/** Everything that a partition holds, in byte order. */
export function contents(storage: SyncStorage, partition: string = "acme"): readonly StoredEntry[] {
  return storage.list(partition, { prefix: "", limit: 1_000_000 });
}

/** The lines of the journal each by itself: which of them share a document is the commits' business. */
export function byLines(
  stored: readonly (readonly [key: string, value: string])[],
): [key: string, value: string][] {
  return stored.flatMap(([key, value]): [string, string][] => {
    if (!key.startsWith("entry/")) return [[key, value]];
    const [, entries] = JSON.parse(value) as [number, [sequence: number][]];
    return entries.map((entry) => [`entry/${entry[0]}`, JSON.stringify(entry)]);
  });
}

/** How often something is said again: for a minute or so, where a server is being started again. */
const tries_max = 3_000;

/** Says it again until it is answered. */
export async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      if (!isLedgerError(error) || !error.retryable || tries > tries_max) throw error;
      if (tries > 5) await delay(Math.random() * 40);
    }
  }
}

export interface Calls {
  get: number;
  list: number;
  commit: number;
  /** Commits that a synchronous store answered with `ok`. */
  applied: number;
}

/** The same store, with a count of the calls to it. */
export function counting<S extends Storage>(storage: S): { storage: S; calls: Calls } {
  const calls: Calls = { get: 0, list: 0, commit: 0, applied: 0 };
  const counted = {
    ...storage,
    get(partition: string, keys: readonly string[]) {
      calls.get += 1;
      return storage.get(partition, keys);
    },
    list(partition: string, range: Parameters<Storage["list"]>[1]) {
      calls.list += 1;
      return storage.list(partition, range);
    },
    commit(partition: string, batch: Parameters<Storage["commit"]>[1]) {
      calls.commit += 1;
      const result = storage.commit(partition, batch);
      if ("ok" in result && result.ok) calls.applied += 1;
      return result;
    },
  };
  return { storage: counted as S, calls };
}

export function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
  });
}

/** The same store, answering after a random time: of two callbacks at once the second may answer first. */
export function slow(storage: Storage, milliseconds: number = 4): Storage {
  const later = async <T>(answer: () => T): Promise<Awaited<T>> => {
    await delay(Math.random() * milliseconds);
    const result = await answer();
    await delay(Math.random() * milliseconds);
    return result;
  };
  return {
    get: (partition, keys) => later(() => storage.get(partition, keys)),
    list: (partition, range) => later(() => storage.list(partition, range)),
    commit: (partition, batch) => later(() => storage.commit(partition, batch)),
  };
}
