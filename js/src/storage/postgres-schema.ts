/**
 * The tables in which the Postgres store keeps documents, and the views over them for people who report with SQL. The
 * columns of the views are the places of `src/storage/documents.rs`. No rule of the ledger lives here.
 */

import { statement } from "./postgres-statements.ts";

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

const buckets = ["issued", "available", "held", "spent", "expired", "adjusted"] as const;

/** The counts of a package or an account, in the order of the buckets. */
const counts = (path: string): Column[] => buckets.map((name, at) => count(name, `${path},${at}`));

/** How a package's number is written where the API names it. */
const packageName = (name: string, path: string): Column => [name, `('p' || (row #>> '{${path}}'))`];
/** The rows of an array as the API's objects, in their order. */
const objects = (name: string, path: string, properties: Readonly<Record<string, string>>): Column => {
  const object = Object.entries(properties).map(([property, expression]) => `'${property}', ${expression}`);
  return [
    name,
    `COALESCE((SELECT jsonb_agg(jsonb_build_object(${object.join(", ")}) ORDER BY place)
      FROM jsonb_array_elements(row #> '{${path}}') WITH ORDINALITY AS item (item, place)), '[]')`,
  ];
};

interface View {
  name: string;
  /** The keys of its documents, all under one prefix; a key that does not end in a slash is the only one. */
  prefix: string;
  /** Where a document holds several rows: the place of their array. */
  each?: number;
  columns: readonly Column[];
}

const views: readonly View[] = [
  {
    name: "sms_ledger_accounts",
    prefix: "account",
    columns: [
      text("state", "17"),
      text("plan", "11,0"),
      ...counts("7"),
      count("entries", "8"),
      count("packages", "9"),
      json("gates", "12"),
      instant("opened_at", "5"),
      instant("as_of", "6"),
      instant("renews_at", "11,2"),
    ],
  },
  {
    name: "sms_ledger_packages",
    prefix: "package/",
    columns: [
      packageName("id", "1"),
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
      instant("grace_until", "11"),
      count("exchanged", "13"),
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
      objects("draws", "7", { package: `'p' || (item ->> 0)`, segments: "item -> 1" }),
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
      objects("postings", "5", {
        package: `'p' || (item ->> 0)`,
        bucket: `split_part('${buckets}', ',', (item ->> 1)::int + 1)`,
        segments: "item -> 2",
      }),
      ...counts("6"),
      money("amount", "8,0,0"),
      text("currency", "8,0,1"),
      money("discount", "8,1,0"),
      text("voucher", "8,1,1"),
      text("price_list", "8,2"),
      text("reason", "8,3"),
      count("expiring_days", "8,5,0"),
      count("expiring_segments", "8,5,1"),
      instant("expiring_at", "8,5,2"),
      text("terms", "7"),
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
  const keys = prefix.endsWith("/")
    ? `document.key >= '${prefix}' AND document.key < '${behind(prefix)}'`
    : `document.key = '${prefix}'`;
  // What is no account yet, or none any more, has a head of version 0.
  return `CREATE OR REPLACE VIEW ${name} AS
    SELECT document.partition AS account, document.key AS key, ${named.join(", ")}
    FROM sms_ledger_document AS document CROSS JOIN ${row}
    WHERE ${keys} AND document.value NOT LIKE '[0,%'`;
}

export interface ViewStatement {
  name: string;
  sql: string;
}

/** What makes the views, a statement at a time; each may be said again. */
export const view_statements: readonly ViewStatement[] = views.map((view) => ({
  name: view.name,
  sql: viewStatement(view),
}));

/** The version of all that is above, and the view that says which is there: made last, and asked first. */
export const version: string = statement(
  "schema",
  [...tables, ...view_statements.map(({ sql }) => sql)].join(),
).name;
export const version_sql = "SELECT version FROM sms_ledger_schema";
export const version_view: ViewStatement = {
  name: "sms_ledger_schema",
  sql: `CREATE OR REPLACE VIEW sms_ledger_schema AS SELECT '${version}'::text AS version`,
};

/** All of it as text, for who makes tables by migrations of their own. Each statement may be said again. */
export const postgres_schema: string = [
  ...tables,
  uncompress,
  ...[...view_statements, version_view].map(({ sql }) => sql),
]
  .map((sql) => `${sql};\n`)
  .join("\n");
