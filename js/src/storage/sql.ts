/** The tables in which both SQLite stores, the file and the Durable Object, keep documents. */
import type { Batch, Entry, Write } from "./contract.ts";

/**
 * How documents lie in the file. `by_key`: in one tree in the order of their keys, so that a write is one row, which is what
 * Cloudflare bills. `by_age`: as they come, with a tree of keys beside them. Where ids are random, each write of a tree changes
 * a page of its own, and the tree of keys alone has a tenth of the pages.
 */
type Layout = "by_key" | "by_age";

// The revision of a partition rises with each commit and outlives its documents: none is ever used twice.
export const schema = (layout: Layout): string => `
  CREATE TABLE IF NOT EXISTS sms_ledger_document (
    partition TEXT NOT NULL COLLATE BINARY,
    key TEXT NOT NULL COLLATE BINARY,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (partition, key)
  ) STRICT${layout === "by_key" ? ", WITHOUT ROWID" : ""};
  CREATE TABLE IF NOT EXISTS sms_ledger_partition (
    partition TEXT NOT NULL COLLATE BINARY PRIMARY KEY,
    revision INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
`;

/** A document's row. */
export interface Row {
  key: string;
  value: string;
  revision: number;
}

export function entryOf({ key, value, revision }: Row): Entry {
  return { key, value, revision: String(revision) };
}

/** A batch, and which of its documents must be new. */
export interface SplitBatch {
  /** What must be asked before anything is written. */
  asked: Batch["checks"];
  /** Documents that must be absent, and are written: a plain insert asks and writes at once. */
  created: (Write & { op: "put" })[];
  /** The other writes, in their order, behind those. */
  changed: Write[];
}

export function splitBatch({ checks, writes }: Batch): SplitBatch {
  const absent = new Set<string>();
  for (const { key, revision } of checks) if (revision === null) absent.add(key);
  const found: SplitBatch = { asked: checks, created: [], changed: [] };
  const created = new Set<string>();
  for (const write of writes) {
    // Only the first write of a key finds what was there before.
    if (absent.delete(write.key) && write.op === "put") {
      created.add(write.key);
      found.created.push(write);
    } else found.changed.push(write);
  }
  found.asked = checks.filter(({ key, revision }) => revision !== null || !created.has(key));
  return found;
}
