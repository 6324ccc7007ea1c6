/**
 * A store in memory, for previews, tests and the browser. It answers at once and keeps nothing beyond the process. It is
 * the contract's plainest reading: what the others do with a database, this does with a map.
 */
import type { Batch, CommitResult, Entry, Range, SyncStorage } from "./contract.ts";
import { compareKeys } from "./order.ts";

/** The documents of one partition. */
class Partition {
  readonly entries = new Map<string, Entry>();
  /** The keys ever put, among them deleted ones; in order and each once unless `unsorted`. */
  #keys: string[] = [];
  #unsorted = false;

  put(key: string, value: string, revision: string): void {
    const known = this.entries.get(key);
    if (known !== undefined) {
      known.value = value;
      known.revision = revision;
      return;
    }
    this.entries.set(key, { key, value, revision });
    this.#keys.push(key);
    this.#unsorted = true;
  }

  /** The keys in byte order. Sorted only when somebody lists: a sort of a sorted run and a few more is nearly linear. */
  keys(): readonly string[] {
    if (this.#unsorted) {
      const sorted = this.#keys.sort(compareKeys);
      this.#keys = sorted.filter((key, at) => key !== sorted[at - 1] && this.entries.has(key));
      this.#unsorted = false;
    }
    return this.#keys;
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

function forward(partition: Partition, { prefix, cursor, limit }: Range): Entry[] {
  const keys = partition.keys();
  const found: Entry[] = [];
  const start =
    cursor !== undefined && compareKeys(cursor, prefix) >= 0
      ? seek(keys, cursor, true)
      : seek(keys, prefix, false);
  for (let at = start; at < keys.length && found.length < limit; at++) {
    const key = keys[at] as string;
    if (!key.startsWith(prefix)) break;
    const entry = partition.entries.get(key);
    if (entry !== undefined) found.push({ ...entry });
  }
  return found;
}

function backward(partition: Partition, { prefix, cursor, limit }: Range): Entry[] {
  const keys = partition.keys();
  const found: Entry[] = [];
  let at =
    (cursor === undefined
      ? behind(keys, prefix)
      : Math.min(seek(keys, cursor, false), behind(keys, prefix))) - 1;
  for (; at >= 0 && found.length < limit; at--) {
    const key = keys[at] as string;
    if (!key.startsWith(prefix)) break;
    const entry = partition.entries.get(key);
    if (entry !== undefined) found.push({ ...entry });
  }
  return found;
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

/** A snapshot as `ledger.snapshot` gives it. */
interface Given {
  partition: string;
  entries: readonly { key: string; value: string }[];
}

/** A store in memory; empty, or holding the account of a snapshot. */
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
      if ((partition.entries.get(key)?.revision ?? null) !== revision) stale.push(key);
    }
    if (stale.length > 0) return { ok: false, stale };
    commits += 1;
    const revision = String(commits);
    for (const write of writes) {
      if (write.op === "put") partition.put(write.key, write.value, revision);
      else partition.entries.delete(write.key);
    }
    return { ok: true, revision };
  };

  if (snapshot !== undefined) {
    const writes = snapshot.entries.map(({ key, value }) => ({ op: "put" as const, key, value }));
    commit(snapshot.partition, { checks: [], writes });
  }

  return {
    get(name, keys) {
      const entries = partitions.get(name)?.entries;
      return keys.map((key) => {
        const entry = entries?.get(key);
        return entry === undefined ? null : { ...entry };
      });
    },
    list(name, range) {
      const partition = partitions.get(name);
      if (partition === undefined) return [];
      return range.reverse === true ? backward(partition, range) : forward(partition, range);
    },
    commit,
  };
}
