/** The tables in which both SQLite stores, the file and the Durable Object, keep documents. */
import type { Entry } from "./contract.ts";

// The revision of a partition rises with each commit and outlives its documents: none is ever used twice.
export const schema = `
  CREATE TABLE IF NOT EXISTS sms_ledger_document (
    partition TEXT NOT NULL COLLATE BINARY,
    key TEXT NOT NULL COLLATE BINARY,
    value TEXT NOT NULL,
    revision INTEGER NOT NULL,
    PRIMARY KEY (partition, key)
  ) STRICT, WITHOUT ROWID;
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
