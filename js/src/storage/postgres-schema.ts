/**
 * The tables in which the Postgres store keeps documents, and the views over them for people who report with SQL. The
 * columns of the views are the places of `src/storage/documents.rs`. No rule of the ledger lives here.
 */

// The partition comes first in both keys, so that a database that spreads its rows by key keeps an account together. The
// revision of a partition rises with each commit and outlives its documents: none is ever used twice.
export const tables: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS sms_ledger_partition (
    partition text COLLATE "C" NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (partition)
  )`,
  `CREATE TABLE IF NOT EXISTS sms_ledger_document (
    partition text COLLATE "C" NOT NULL,
    key text COLLATE "C" NOT NULL,
    value text NOT NULL,
    revision bigint NOT NULL,
    PRIMARY KEY (partition, key)
  )`,
];

/** A row where long values are still compressed. */
export const compressed =
  "SELECT attname FROM pg_attribute WHERE attrelid = 'sms_ledger_document'::regclass AND attname = 'value' AND attstorage = 'x'";
/** To compress what a group of messages writes takes as long as to write it, and saves a fifth of the room. */
export const uncompress = "ALTER TABLE sms_ledger_document ALTER COLUMN value SET STORAGE EXTERNAL";

type Column = readonly [name: string, expression: string];

const text = (name: string, path: string): Column => [name, `(row #>> '{${path}}')`];
const count = (name: string, path: string): Column => [name, `(row #>> '{${path}}')::bigint`];
const money = (name: string, path: string): Column => [name, `(row #>> '{${path}}')::numeric`];
const json = (name: string, path: string): Column => [name, `NULLIF(row #> '{${path}}', 'null')`];
/** Milliseconds since the epoch, to the millisecond. */
const instant = (name: string, path: string): Column => [
  name,
  `('epoch'::timestamptz + (row #>> '{${path}}')::bigint * interval '1 millisecond')`,
];

/** The counts of a package or an account, in the order of the buckets. */
const counts = (path: string): Column[] =>
  ["issued", "available", "held", "spent", "expired", "adjusted"].map((name, at) =>
    count(name, `${path},${at}`),
  );

/** How a package's number is written where the API names it. */
const packageName = (name: string, path: string): Column => [name, `('p' || (row #>> '{${path}}'))`];

interface View {
  name: string;
  /** The keys of its documents, all under one prefix. */
  prefix: string;
  /** Where a document holds several rows: the place of their array. */
  each?: number;
  columns: readonly Column[];
}

const views: readonly View[] = [
  {
    name: "sms_ledger_packages",
    prefix: "package/",
    columns: [
      packageName("package", "1"),
      text("source", "2"),
      text("name", "3"),
      text("reference", "4"),
      text("region", "5,0"),
      text("purpose", "5,1"),
      text("project", "5,2"),
      text("category", "10"),
      ...counts("6"),
      instant("issued_at", "7"),
      instant("effective_at", "8"),
      instant("expires_at", "9"),
    ],
  },
  {
    name: "sms_ledger_holds",
    prefix: "hold/",
    columns: [
      text("id", "1"),
      text("state", "3"),
      text("region", "4"),
      text("encoding", "5"),
      count("segments", "6"),
      json("draws", "7"),
      instant("at", "8"),
      count("available", "9"),
      text("purpose", "14"),
      text("project", "15"),
      count("spent", "11,1,0"),
      count("released", "11,1,1"),
      count("expired", "11,1,2"),
      instant("decided_at", "11,2"),
      instant("times_out_at", "16,0"),
    ],
  },
  {
    name: "sms_ledger_orders",
    prefix: "order/",
    columns: [
      text("id", "1"),
      text("state", "3"),
      text("source", "11"),
      text("offer", "4,0"),
      text("name", "4,1"),
      text("catalog", "4,2,0"),
      count("catalog_revision", "4,2,1"),
      text("region", "4,3"),
      text("purpose", "4,4"),
      text("project", "4,9"),
      count("quantity", "4,5"),
      money("total", "5,0"),
      text("currency", "5,1"),
      text("price_list", "5,3"),
      money("discount", "5,4"),
      text("voucher", "5,5"),
      text("agreement", "6,0"),
      text("agreement_version", "6,1"),
      text("payment_method", "7,0"),
      text("payment_reference", "7,1"),
      text("payment_reason", "7,2"),
      instant("placed_at", "8"),
      packageName("package", "9,0"),
      instant("paid_at", "9,1"),
      money("refunded", "10,0"),
      count("refunded_segments", "10,1"),
      instant("refunded_at", "10,2"),
    ],
  },
  {
    name: "sms_ledger_entries",
    prefix: "entry/",
    each: 1,
    columns: [
      count("sequence", "0"),
      text("kind", "1"),
      text("reference", "2"),
      instant("recorded_at", "3"),
      instant("effective_at", "4"),
      json("postings", "5"),
      ...counts("6"),
      money("amount", "8,0,0"),
      text("currency", "8,0,1"),
      text("reason", "8,3"),
      text("hash", "9"),
    ],
  },
];

// The character beyond which no key of a prefix comes: the one after its slash.
const behind = (prefix: string): string => prefix.replace(/\/$/, "0");

// jsonb holds no U+0000; a name that has one shows U+FFFD in its place.
const parsed = String.raw`replace(document.value, '\u0000', '\ufffd')::jsonb`;

function viewStatement({ name, prefix, each, columns }: View): string {
  const named = columns.map(([column, expression]) => `${expression} AS "${column}"`);
  const row =
    each === undefined
      ? `LATERAL (SELECT ${parsed} AS row) AS parsed`
      : `LATERAL jsonb_array_elements(${parsed} -> ${each}) AS parsed (row)`;
  return `CREATE OR REPLACE VIEW ${name} AS
    SELECT document.partition AS account, ${named.join(", ")}
    FROM sms_ledger_document AS document CROSS JOIN ${row}
    WHERE document.key >= '${prefix}' AND document.key < '${behind(prefix)}'`;
}

/** What makes the views, a statement at a time; each may be said again. */
export const view_statements: readonly string[] = views.map(viewStatement);
