/**
 * A store in memory, for previews, tests and the browser. It answers at once and keeps nothing beyond the process. It is
 * the contract's plainest reading: what the others do with a database, this does with a map.
 */
import { invalidInput } from "../errors.ts";
import { plain, string, unbounded } from "../shape.ts";
import type { Batch, CommitResult, Entry, Range, SyncStorage, Write } from "./contract.ts";
import { compareKeys } from "./order.ts";

/**
 * The entries whose keys share all up to their first `/`. As long as keys come in order, as a journal's do, a list of them
 * is enough: a new one goes behind the last, and halving finds any. The first that comes out of order makes a map of it.
 */
class Folder {
  readonly name: string;
  /** Each once and in order, or, with a map, all that were ever put, in any order until somebody lists. */
  #keys: string[] = [];
  #unsorted = false;
  /** Beside the keys, until there is a map. */
  #values: string[] = [];
  #revisions: string[] = [];
  #map: Map<string, Entry> | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get(key: string): Entry | undefined {
    if (this.#map !== undefined) return this.#map.get(key);
    const at = seek(this.#keys, key, false);
    return this.#keys[at] === key ? this.#at(at) : undefined;
  }

  put(key: string, value: string, revision: string): void {
    if (this.#map === undefined) {
      const last = this.#keys.at(-1);
      if (last === undefined || compareKeys(last, key) < 0) {
        this.#keys.push(key);
        this.#values.push(value);
        this.#revisions.push(revision);
        return;
      }
    }
    const map = this.#mapped();
    const before = map.size;
    map.set(key, { key, value, revision });
    if (map.size === before) return;
    this.#keys.push(key);
    this.#unsorted = true;
  }

  delete(key: string): void {
    this.#mapped().delete(key);
  }

  /** The entry at a place, while there is no map. */
  #at(at: number): Entry {
    return {
      key: this.#keys[at] as string,
      value: this.#values[at] as string,
      revision: this.#revisions[at] as string,
    };
  }

  #mapped(): Map<string, Entry> {
    if (this.#map === undefined) {
      this.#map = new Map(this.#keys.map((key, at) => [key, this.#at(at)]));
      this.#values = [];
      this.#revisions = [];
    }
    return this.#map;
  }

  /** The keys in byte order, among them deleted ones. A sort of a sorted run and a few more is nearly linear. */
  #sorted(): readonly string[] {
    if (this.#unsorted) {
      const sorted = this.#keys.sort(compareKeys);
      this.#keys = sorted.filter((key, at) => key !== sorted[at - 1] && this.#map?.has(key) !== false);
      this.#unsorted = false;
    }
    return this.#keys;
  }

  /** The first entries of a range, or with `reverse` its last ones, the last first. */
  list({ prefix, cursor, limit, reverse }: Range): Entry[] {
    const keys = this.#sorted();
    let [start, end] = [seek(keys, prefix, false), behind(keys, prefix)];
    if (cursor !== undefined && reverse === true) end = Math.min(end, seek(keys, cursor, false));
    if (cursor !== undefined && reverse !== true) start = Math.max(start, seek(keys, cursor, true));
    const found: Entry[] = [];
    for (let step = 0; step < end - start && found.length < limit; step++) {
      const at = reverse === true ? end - 1 - step : start + step;
      const entry = this.#map === undefined ? this.#at(at) : this.#map.get(keys[at] as string);
      if (entry !== undefined) found.push({ ...entry });
    }
    return found;
  }
}

/** The first index whose key is at or behind `key`; strictly behind it with `beyond`. */
function seek(keys: readonly string[], key: string, beyond: boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const order = compareKeys(keys[middle] as string, key);
    if (order < 0 || (beyond && order === 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The index behind the last key under a prefix. */
function behind(keys: readonly string[], prefix: string): number {
  let low = seek(keys, prefix, false);
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as string).startsWith(prefix)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The documents of one partition. */
class Partition {
  readonly #folders = new Map<string, Folder>();
  /** The one asked for last, which is mostly the one asked for next. */
  #last = new Folder("");

  /** Where a key belongs. */
  folder(key: string): Folder {
    if (this.#last.name !== "" && key.startsWith(this.#last.name)) return this.#last;
    const name = key.slice(0, key.indexOf("/") + 1);
    let folder = this.#folders.get(name);
    if (folder === undefined) {
      folder = new Folder(name);
      this.#folders.set(name, folder);
    }
    this.#last = folder;
    return folder;
  }

  list(range: Range): Entry[] {
    const { prefix, limit, reverse } = range;
    if (prefix.includes("/")) return this.folder(prefix).list(range);
    const sign = reverse === true ? -1 : 1;
    const found = [...this.#folders.values()].flatMap((folder) => folder.list(range));
    return found.sort((left, right) => sign * compareKeys(left.key, right.key)).slice(0, limit);
  }
}

/** A snapshot as `ledger.snapshot` gives it. */
interface Given {
  partition: string;
  entries: readonly { key: string; value: string }[];
}

/** What is put of a snapshot. Refuses what is none, and says where: a store of it would answer with what no document is. */
function given(snapshot: unknown): { partition: string; writes: Write[] } {
  const { partition, entries } = plain<Given>(snapshot, "snapshot");
  if (!Array.isArray(entries))
    throw invalidInput("snapshot.entries", "must be a list, as `snapshot` answers it", entries ?? null);
  const writes = entries.map((entry: unknown, index): Write => {
    const path = `snapshot.entries[${index}]`;
    const { key, value } = plain<Given["entries"][number]>(entry, path);
    return {
      op: "put",
      key: string(key, `${path}.key`, unbounded),
      value: string(value, `${path}.value`, unbounded),
    };
  });
  return { partition: string(partition, "snapshot.partition", unbounded), writes };
}

/**
 * A store in memory; empty, or holding the account of a snapshot.
 *
 * @throws `INVALID_INPUT` where it is no snapshot.
 */
export function memoryStorage(snapshot?: Given): SyncStorage {
  const partitions = new Map<string, Partition>();
  let commits = 0;

  const partitionOf = (name: string): Partition => {
    let partition = partitions.get(name);
    if (partition === undefined) {
      partition = new Partition();
      partitions.set(name, partition);
    }
    return partition;
  };

  const commit = (name: string, { checks, writes }: Batch): CommitResult => {
    const partition = partitionOf(name);
    const stale: string[] = [];
    for (const { key, revision } of checks) {
      if ((partition.folder(key).get(key)?.revision ?? null) !== revision) stale.push(key);
    }
    if (stale.length > 0) return { ok: false, stale };
    // Before anything is written: what throws here leaves no trace.
    for (const write of writes)
      if (write.op === "put" && typeof write.value !== "string")
        throw new TypeError("a value must be a string");
    commits += 1;
    const revision = String(commits);
    for (const write of writes) {
      const folder = partition.folder(write.key);
      if (write.op === "put") folder.put(write.key, write.value, revision);
      else folder.delete(write.key);
    }
    return { ok: true, revision };
  };

  if (snapshot !== undefined) {
    const { partition, writes } = given(snapshot);
    commit(partition, { checks: [], writes });
  }

  return {
    // No more than a batch of 100,000 messages writes.
    limits: { checks: 131_072, writes: 262_144 },
    get(name, keys) {
      const partition = partitions.get(name);
      return keys.map((key) => {
        const entry = partition?.folder(key).get(key);
        return entry === undefined ? null : { ...entry };
      });
    },
    list(name, range) {
      return partitions.get(name)?.list(range) ?? [];
    },
    commit,
  };
}
