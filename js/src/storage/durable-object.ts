/**
 * A store in the SQLite of a Cloudflare Durable Object, whose `ctx.storage` is passed in. An object is the only writer of
 * its data, so cached reads stay current. No rule of the ledger lives here.
 */
import type { Batch, CommitResult, Entry, Range, SyncStorage, Write } from "./contract.ts";
import { boundsOf } from "./order.ts";
import { entryOf, type Row, schema } from "./sql.ts";

/** What is used of a Durable Object's `SqlStorage`. */
export interface DurableObjectSql {
  exec(query: string, ...bindings: (string | number)[]): { toArray(): unknown[] };
}

/** What is used of a Durable Object's `DurableObjectStorage`. */
export interface DurableObjectDatabase {
  readonly sql: DurableObjectSql;
  transactionSync<T>(work: () => T): T;
}

/** Parameters that one statement may bind: 100, by Cloudflare's limits of SQLite-backed Durable Objects. */
const bindings_max = 100;
/** Bytes of a text, and of a row: 2 MB by the same page; the row's key and numbers are left room. */
const value_bytes_max = 2_000_000 - 4_096;

/** Rows that one statement reads or writes; few sizes, so that the object's statements stay few and prepared. */
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

/** `first`, `first + 1`, … as numbered parameters. */
function parameters(first: number, count: number): string {
  // INVARIANT: no statement binds more than the platform takes.
  if (first + count - 1 > bindings_max)
    throw new RangeError(`a statement may bind ${bindings_max} parameters`);
  return Array.from({ length: count }, (_, index) => `?${first + index}`).join(", ");
}

/** One row a write: the partition and the revision are bound once for all of them. */
function putStatement(rows: number): string {
  const values = Array.from({ length: rows }, (_, row) => {
    const [key, value] = parameters(3 + 2 * row, 2).split(", ");
    return `(?1, ${key}, ${value}, ?2)`;
  });
  return `INSERT INTO sms_ledger_document VALUES ${values.join(", ")} ON CONFLICT DO UPDATE SET value = excluded.value, revision = excluded.revision`;
}

const puts = new Map(chunk_sizes.map((size) => [size as number, putStatement(size)]));
const reads = new Map(
  chunk_sizes.map((size) => [
    size as number,
    `SELECT key, value, revision FROM sms_ledger_document WHERE partition = ?1 AND key IN (${parameters(2, size)})`,
  ]),
);
const revisions = new Map(
  chunk_sizes.map((size) => [
    size as number,
    `SELECT key, revision FROM sms_ledger_document WHERE partition = ?1 AND key IN (${parameters(2, size)})`,
  ]),
);

class DurableObjectStorage implements SyncStorage {
  readonly exclusive = true;
  readonly limits = { checks: 2_048, writes: 2_048, valueBytes: value_bytes_max };
  readonly #database: DurableObjectDatabase;

  constructor(database: DurableObjectDatabase) {
    this.#database = database;
  }

  /** Its rows for `keys`, by key. An object runs one thing at a time, so several statements see one moment. */
  #find<R extends { key: string }>(
    statements: ReadonlyMap<number, string>,
    partition: string,
    keys: readonly string[],
  ): Map<string, R> {
    const found = new Map<string, R>();
    for (const chunk of chunks(keys)) {
      const sql = statements.get(chunk.length) as string;
      for (const row of this.#database.sql.exec(sql, partition, ...chunk).toArray() as R[])
        found.set(row.key, row);
    }
    return found;
  }

  get(partition: string, keys: readonly string[]): (Entry | null)[] {
    const found = this.#find<Row>(reads, partition, keys);
    return keys.map((key) => {
      const row = found.get(key);
      return row === undefined ? null : entryOf(row);
    });
  }

  list(partition: string, range: Range): Entry[] {
    const { limit, reverse } = range;
    const { from, beyond, to } = boundsOf(range);
    const bound: (string | number)[] = [partition, limit, from];
    let where = `partition = ?1 AND key ${beyond ? ">" : ">="} ?3`;
    if (to !== undefined) {
      where += " AND key < ?4";
      bound.push(to);
    }
    const sql = `SELECT key, value, revision FROM sms_ledger_document WHERE ${where} ORDER BY key ${reverse === true ? "DESC" : "ASC"} LIMIT ?2`;
    return (this.#database.sql.exec(sql, ...bound).toArray() as Row[]).map(entryOf);
  }

  commit(partition: string, batch: Batch): CommitResult {
    return this.#database.transactionSync((): CommitResult => {
      const stale = this.#stale(partition, batch);
      return stale.length > 0 ? { ok: false, stale } : { ok: true, revision: this.#write(partition, batch) };
    });
  }

  #stale(partition: string, { checks }: Batch): string[] {
    const keys = checks.map(({ key }) => key);
    const found = this.#find<Pick<Row, "key" | "revision">>(revisions, partition, keys);
    return checks
      .filter(({ key, revision }) => revisionOf(found.get(key)) !== revision)
      .map(({ key }) => key);
  }

  #write(partition: string, { writes }: Batch): string {
    const [row] = this.#database.sql
      .exec(
        "INSERT INTO sms_ledger_partition VALUES (?1, 1) ON CONFLICT DO UPDATE SET revision = revision + 1 RETURNING revision",
        partition,
      )
      .toArray() as Pick<Row, "revision">[];
    if (row === undefined) throw new Error("the object's database returned no revision");
    for (const run of runs(writes)) this.#apply(partition, row.revision, run);
    return String(row.revision);
  }

  #apply(partition: string, revision: number, run: readonly Write[]): void {
    for (const chunk of chunks(run)) {
      const bound = chunk.flatMap((write) => (write.op === "put" ? [write.key, write.value] : []));
      if (bound.length > 0) {
        this.#database.sql.exec(puts.get(chunk.length) as string, partition, revision, ...bound);
        continue;
      }
      const keys = parameters(2, chunk.length);
      const sql = `DELETE FROM sms_ledger_document WHERE partition = ?1 AND key IN (${keys})`;
      this.#database.sql.exec(sql, partition, ...chunk.map(({ key }) => key));
    }
  }
}

function revisionOf(row: Pick<Row, "revision"> | undefined): string | null {
  return row === undefined ? null : String(row.revision);
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

/** A store in `ctx.storage` of a Durable Object whose class is declared with SQLite (`new_sqlite_classes`). */
export function durableObjectStorage(storage: DurableObjectDatabase): SyncStorage {
  storage.sql.exec(schema);
  return new DurableObjectStorage(storage);
}
