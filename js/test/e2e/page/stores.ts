/** A page whose ledger is in IndexedDB: the job and the laws, and writers that share the database with another page's. */
import { createLedger, type Ledger, resolveRegions, type Storage } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { type IndexedDbOptions, indexedDbStorage } from "sms-ledger/indexeddb";
import {
  failing_key,
  type Severable,
  type Subject,
  skippedLaws,
  storageConformance,
} from "sms-ledger/testing";
import { hold, play, played_at, review } from "../shared/job.ts";
import { write, written } from "../shared/writer.ts";

const storage = indexedDbStorage(indexedDB);
const ledger: Ledger = createLedger({ storage, catalog: cloutly, now: () => played_at });

/** Another window of this site, as another tab is. */
function frame(): { window: Window & typeof globalThis; remove(): void } {
  const element = document.body.appendChild(document.createElement("iframe"));
  return { window: element.contentWindow as Window & typeof globalThis, remove: () => element.remove() };
}

/** A handle of a window that is closed in the middle of a commit: nothing ever answers then. */
function severable(): Severable {
  const { window, remove } = frame();
  const handle = indexedDbStorage(window.indexedDB);
  let reject = (_: Error): void => {};
  const closed = new Promise<never>((_, given) => {
    reject = given;
  });
  closed.catch(() => {});
  return {
    storage: {
      get: (partition, keys) => handle.get(partition, keys),
      list: (partition, range) => handle.list(partition, range),
      commit: (partition, batch) => Promise.race([closed, handle.commit(partition, batch)]),
    },
    sever() {
      remove();
      reject(new Error("the window is closed"));
    },
  };
}

/** A handle of a window in which the database refuses one key: it is added a second time. */
function failing(): Storage {
  const { window } = frame();
  const { put } = window.IDBObjectStore.prototype;
  window.IDBObjectStore.prototype.put = function (value: unknown, key?: IDBValidKey) {
    const request = put.call(this, value, key);
    return (value as { key?: string }).key === failing_key ? this.add(value, key) : request;
  };
  return indexedDbStorage(window.indexedDB);
}

const subject: Subject = {
  open: () => storage,
  reopen: () => indexedDbStorage(indexedDB),
  failing,
  severable,
};

/** Reads and commits until a counter is raised. */
async function raise(partition: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    const [counter] = await storage.get(partition, ["counter"]);
    const value = String(Number(counter?.value ?? 0) + 1);
    const checks = [{ key: "counter", revision: counter?.revision ?? null }];
    if ((await storage.commit(partition, { checks, writes: [{ op: "put", key: "counter", value }] })).ok)
      return tries;
  }
}

const page = {
  async job() {
    return { played: await play(ledger, resolveRegions), reviewed: await review(ledger) };
  },
  review: () => review(ledger),
  async laws() {
    return { ...(await hold(storageConformance(subject))), skipped: skippedLaws(subject) };
  },

  /** So many writers at once, each of whom raises one counter so many times; how often they had to try. */
  async race(partition: string, writers: number, times: number): Promise<number> {
    const tries = Array.from({ length: writers }, async () => {
      let sum = 0;
      for (let time = 0; time < times; time++) sum += await raise(partition);
      return sum;
    });
    return (await Promise.all(tries)).reduce((sum, each) => sum + each, 0);
  },
  async counter(partition: string): Promise<string | undefined> {
    return (await storage.get(partition, ["counter"]))[0]?.value;
  },

  /** Reserves so many messages of its own at once. */
  async reserve(account: string, name: string, messages: number): Promise<number> {
    const reserved = Array.from({ length: messages }, (_, index) =>
      ledger.reserve({ id: `${name}-${index}`, account, to: "+61412345678", text: "Hello" }),
    );
    return (await Promise.all(reserved)).length;
  },
  open: (id: string) => ledger.openAccount({ id, plan: "starter" }),
  balance: (account: string) => ledger.balance({ account }),
  verify: (account: string) => ledger.verify({ account }),

  /** Commits without end; somebody closes the page meanwhile. */
  write: (partition: string) => write(storage, partition),
  written: (partition: string) => written(storage, partition),

  /** Fills what room the site has, a value of 1 MB at a time; what it is told in the end, and whether that commit left anything. */
  async fill(partition: string): Promise<{ said: string; cause: string; left: number }> {
    for (let round = 0; round < 100; round++) {
      const writes = ["a", "b"].map((part) => {
        // Noise, which the database cannot compress.
        const bytes = crypto.getRandomValues(new Uint32Array(16_384));
        return { op: "put" as const, key: `${round}/${part}`, value: bytes.join(" ") };
      });
      try {
        await storage.commit(partition, { checks: [], writes });
      } catch (error) {
        const { message, cause } = error as Error;
        const left = await storage.list(partition, { prefix: `${round}/`, limit: 10 });
        return { said: message, cause: (cause as Error).name, left: left.length };
      }
    }
    throw new Error("there is no end of the room");
  },

  /** With which durability a store makes its transactions. */
  async durability(options: IndexedDbOptions): Promise<string[]> {
    const { transaction } = IDBDatabase.prototype;
    const made: string[] = [];
    IDBDatabase.prototype.transaction = function (names, mode, given) {
      const begun = transaction.call(this, names, mode, given);
      if (mode === "readwrite") made.push(begun.durability);
      return begun;
    };
    const own = indexedDbStorage(indexedDB, { ...options, name: "durability" });
    await own.commit("p", { checks: [], writes: [] });
    own.close();
    IDBDatabase.prototype.transaction = transaction;
    return made;
  },

  /** Deletes a database that a store has open, and uses the store again. */
  async deleted(): Promise<{ before: number; after: number }> {
    const own = indexedDbStorage(indexedDB, { name: "deleted" });
    await own.commit("p", { checks: [], writes: [{ op: "put", key: "a", value: "1" }] });
    const count = async (): Promise<number> => (await own.list("p", { prefix: "", limit: 10 })).length;
    const before = await count();
    await settled(indexedDB.deleteDatabase("deleted"));
    return { before, after: await count() };
  },

  /** What a store says where a later version of the page has brought the database into another form. */
  async outdated(): Promise<string> {
    const own = indexedDbStorage(indexedDB, { name: "outdated" });
    await own.get("p", ["a"]);
    const later = await settled(indexedDB.open("outdated", 1_000));
    later.close();
    return refusal(own);
  },

  /** What a store says where another tab neither closes the database nor lets it go. */
  async kept(): Promise<string> {
    const keeper = await settled(indexedDB.open("kept", 1));
    void indexedDB.deleteDatabase("kept");
    const own = indexedDbStorage(indexedDB, { name: "kept" });
    const said = await refusal(own);
    keeper.close();
    return said;
  },
};
Object.assign(globalThis, { page });

/** What a store says that has to refuse. */
async function refusal(own: Storage): Promise<string> {
  try {
    return JSON.stringify(await own.get("p", ["a"]));
  } catch (error) {
    return (error as Error).message;
  }
}

function settled<R>(request: IDBRequest<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
