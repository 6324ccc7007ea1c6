/**
 * The statements of both Cloudflare stores, a Durable Object's SQLite and D1, which share their limits: few parameters a
 * statement, so that a commit is cut into several.
 */
import type { Batch, Entry, Range, Write } from "./contract.ts";
import { boundsOf } from "./order.ts";
import { entryOf, type Row } from "./sql.ts";

/** A statement and what is bound to it. */
export interface Query {
  sql: string;
  bindings: (string | number | null)[];
}

/** Parameters that one statement may bind: 100, by Cloudflare's pages of limits. */
const bindings_max = 100;
/** Bytes of a text, and of a row: 2 MB by the same pages; the row's key and numbers are left room. */
export const value_bytes_max: number = 2_000_000 - 4_096;

/** Rows that one statement reads or writes; few sizes, so that the statements stay few and prepared. */
const chunk_sizes = [32, 8, 1] as const;

/** Cuts `items` into chunks of the sizes there are. */
function chunks<T>(items: readonly T[]): T[][] {
  const cut: T[][] = [];
  let at = 0;
  for (const size of chunk_sizes) {
    for (; items.length - at >= size; at += size) cut.push(items.slice(at, at + size));
  }
  return cut;
}

/** A statement for each size of a chunk. */
function sized(statement: (rows: number) => string): ReadonlyMap<number, string> {
  return new Map(chunk_sizes.map((rows) => [rows, statement(rows)]));
}

/** `first`, `first + 1`, … as numbered parameters. */
function parameters(first: number, count: number): string[] {
  // INVARIANT: no statement binds more than the platform takes.
  if (first + count - 1 > bindings_max)
    throw new RangeError(`a statement may bind ${bindings_max} parameters`);
  return Array.from({ length: count }, (_, index) => `?${first + index}`);
}

/** Pairs of parameters, from the first one after `bound` on. */
function pairs(bound: number, rows: number): [string, string][] {
  return Array.from({ length: rows }, (_, row) => parameters(bound + 1 + 2 * row, 2) as [string, string]);
}

const reads = sized(
  (rows) =>
    `SELECT key, value, revision FROM sms_ledger_document WHERE partition = ?1 AND key IN (${parameters(2, rows)})`,
);
const revisions = sized(
  (rows) =>
    `SELECT key, revision FROM sms_ledger_document WHERE partition = ?1 AND key IN (${parameters(2, rows)})`,
);
const deletes = sized(
  (rows) => `DELETE FROM sms_ledger_document WHERE partition = ?1 AND key IN (${parameters(2, rows)})`,
);
const upsert = "ON CONFLICT DO UPDATE SET value = excluded.value, revision = excluded.revision";
/** Fails where one of the documents is there already. */
const inserts = sized((rows) => {
  const values = pairs(2, rows).map(([key, value]) => `(?1, ${key}, ${value}, ?2)`);
  return `INSERT INTO sms_ledger_document VALUES ${values}`;
});
const inserts_by_partition = sized((rows) => {
  const revision = "(SELECT revision FROM sms_ledger_partition WHERE partition = ?1)";
  const values = pairs(1, rows).map(([key, value]) => `(?1, ${key}, ${value}, ${revision})`);
  return `INSERT INTO sms_ledger_document VALUES ${values}`;
});
const puts = sized((rows) => `${inserts.get(rows)} ${upsert}`);
/** The same where the revision is not known yet, as the statement before has only just raised it. */
const puts_by_partition = sized((rows) => `${inserts_by_partition.get(rows)} ${upsert}`);

/** A row for each check that does not hold, into a table that takes none. */
const guards = sized((rows) => {
  const values = pairs(1, rows).map(([key, revision]) => `(${key}, ${revision})`);
  return `INSERT INTO sms_ledger_stale SELECT asked.column1 FROM (VALUES ${values}) AS asked
    LEFT JOIN sms_ledger_document AS found ON found.partition = ?1 AND found.key = asked.column1
    WHERE found.revision IS NOT asked.column2`;
});

function ofKeys(
  statements: ReadonlyMap<number, string>,
  partition: string,
  keys: readonly string[],
): Query[] {
  return chunks(keys).map((chunk) => ({
    sql: statements.get(chunk.length) as string,
    bindings: [partition, ...chunk],
  }));
}

/** Reads entries by their keys. */
export function getQueries(partition: string, keys: readonly string[]): Query[] {
  return ofKeys(reads, partition, keys);
}

/** The entries of keys, in their order, of what `getQueries` has found. */
export function entriesOf(keys: readonly string[], rows: readonly Row[]): (Entry | null)[] {
  const found = new Map(rows.map((row) => [row.key, row]));
  return keys.map((key) => {
    const row = found.get(key);
    return row === undefined ? null : entryOf(row);
  });
}

/** A key and the revision that it has. */
export type Revision = Pick<Row, "key" | "revision">;

/** Reads the revisions that checks ask for. */
export function revisionQueries(partition: string, checks: Batch["checks"]): Query[] {
  return ofKeys(
    revisions,
    partition,
    checks.map(({ key }) => key),
  );
}

/** A revision that no entry has: each begins at 1. */
const no_revision = 0;

/** Fails, and with it the whole transaction, where a check does not hold. */
export function guardQueries(partition: string, checks: Batch["checks"]): Query[] {
  return chunks(checks).map((chunk) => ({
    sql: guards.get(chunk.length) as string,
    bindings: [partition, ...chunk.flatMap(({ key, revision }) => [key, numberOf(revision)])],
  }));
}

/** A revision as the database has it. What is none that it could have given is one that no entry has. */
function numberOf(revision: string | null): number | null {
  if (revision === null) return null;
  const number = Number(revision);
  return String(number) === revision && Number.isSafeInteger(number) ? number : no_revision;
}

/** The keys of the checks that do not hold, of what `revisionQueries` has found. */
export function staleOf(checks: Batch["checks"], rows: readonly Revision[]): string[] {
  const found = new Map(rows.map(({ key, revision }) => [key, String(revision)]));
  return checks.filter(({ key, revision }) => (found.get(key) ?? null) !== revision).map(({ key }) => key);
}

/** Reads a range. */
export function listQuery(partition: string, range: Range): Query {
  const { from, beyond, to } = boundsOf(range);
  const bindings: Query["bindings"] = [partition, range.limit, from];
  let where = `partition = ?1 AND key ${beyond ? ">" : ">="} ?3`;
  if (to !== undefined) {
    where += " AND key < ?4";
    bindings.push(to);
  }
  const order = range.reverse === true ? "DESC" : "ASC";
  const sql = `SELECT key, value, revision FROM sms_ledger_document WHERE ${where} ORDER BY key ${order} LIMIT ?2`;
  return { sql, bindings };
}

/** Raises the partition's revision and gives it. */
export function raiseQuery(partition: string): Query {
  return {
    sql: "INSERT INTO sms_ledger_partition VALUES (?1, 1) ON CONFLICT DO UPDATE SET revision = revision + 1 RETURNING revision",
    bindings: [partition],
  };
}

/** Writes documents that must be new, and fails where one is not; without a revision by the one that the partition has then. */
export function insertQueries(partition: string, created: readonly Put[], revision?: number): Query[] {
  const statements = revision === undefined ? inserts_by_partition : inserts;
  return putQueries(statements, partition, created, revision);
}

/** What the database says where one of the documents is not new. */
export const not_new = "UNIQUE constraint failed: sms_ledger_document.";

/** Writes, in their order; without a revision by the one that the partition has then. */
export function writeQueries(partition: string, writes: readonly Write[], revision?: number): Query[] {
  const statements = revision === undefined ? puts_by_partition : puts;
  return runs(writes).flatMap((run) =>
    run[0]?.op === "delete"
      ? ofKeys(
          deletes,
          partition,
          run.map(({ key }) => key),
        )
      : putQueries(statements, partition, run as readonly Put[], revision),
  );
}

type Put = Write & { op: "put" };

function putQueries(
  statements: ReadonlyMap<number, string>,
  partition: string,
  writes: readonly Put[],
  revision: number | undefined,
): Query[] {
  const first = revision === undefined ? [partition] : [partition, revision];
  return chunks(writes).map((chunk) => ({
    sql: statements.get(chunk.length) as string,
    bindings: [...first, ...chunk.flatMap(({ key, value }) => [key, value])],
  }));
}

/** Neighbouring writes of one kind, in their order. */
function runs(writes: readonly Write[]): Write[][] {
  const found: Write[][] = [];
  for (const write of writes) {
    const last = found.at(-1);
    if (last?.[0]?.op === write.op) last.push(write);
    else found.push([write]);
  }
  return found;
}
