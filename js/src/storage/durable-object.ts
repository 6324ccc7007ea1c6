/**
 * A store in the SQLite of a Cloudflare Durable Object, whose `ctx.storage` is passed in. An object is the only writer of
 * its data, so cached reads stay current. No rule of the ledger lives here.
 */
import { messageOf } from "../errors.ts";
import {
  entriesOf,
  getQueries,
  insertQueries,
  listQuery,
  not_new,
  type Query,
  type Revision,
  raiseQuery,
  revisionQueries,
  staleOf,
  value_bytes_max,
  writeQueries,
} from "./cloudflare-sql.ts";
import type { Batch, CommitResult, Entry, Range, SyncStorage } from "./contract.ts";
import { checkClient } from "./given.ts";
import { entryOf, type Row, schema, splitBatch } from "./sql.ts";

/** What is used of a Durable Object's `SqlStorage`. */
export interface DurableObjectSql {
  exec(query: string, ...bindings: (string | number | null)[]): { toArray(): unknown[] };
}

/** What is used of a Durable Object's `DurableObjectStorage`. */
export interface DurableObjectDatabase {
  readonly sql: DurableObjectSql;
  transactionSync<T>(work: () => T): T;
}

class DurableObjectStorage implements SyncStorage {
  readonly exclusive = true;
  readonly limits = { checks: 2_048, writes: 2_048, valueBytes: value_bytes_max };
  readonly #database: DurableObjectDatabase;

  constructor(database: DurableObjectDatabase) {
    this.#database = database;
  }

  #rows<R>({ sql, bindings }: Query): R[] {
    return this.#database.sql.exec(sql, ...bindings).toArray() as R[];
  }

  /** An object runs one thing at a time, so that several statements see one moment. */
  get(partition: string, keys: readonly string[]): (Entry | null)[] {
    const rows = getQueries(partition, keys).flatMap((query) => this.#rows<Row>(query));
    return entriesOf(keys, rows);
  }

  list(partition: string, range: Range): Entry[] {
    return this.#rows<Row>(listQuery(partition, range)).map(entryOf);
  }

  commit(partition: string, batch: Batch): CommitResult {
    const { asked, created, changed } = splitBatch(batch);
    try {
      return this.#committed(partition, batch, asked, (revision) => [
        ...insertQueries(partition, created, revision),
        ...writeQueries(partition, changed, revision),
      ]);
    } catch (error) {
      if (!messageOf(error).includes(not_new)) throw error;
    }
    return this.#committed(partition, batch, batch.checks, (revision) =>
      writeQueries(partition, batch.writes, revision),
    );
  }

  #committed(
    partition: string,
    { checks }: Batch,
    asked: Batch["checks"],
    writes: (revision: number) => Query[],
  ): CommitResult {
    return this.#database.transactionSync((): CommitResult => {
      if (this.#stale(partition, asked).length > 0)
        return { ok: false, stale: this.#stale(partition, checks) };
      const [raised] = this.#rows<Revision>(raiseQuery(partition));
      if (raised === undefined) throw new Error("the object's database returned no revision");
      for (const query of writes(raised.revision)) this.#rows(query);
      return { ok: true, revision: String(raised.revision) };
    });
  }

  #stale(partition: string, checks: Batch["checks"]): string[] {
    const found = revisionQueries(partition, checks).flatMap((query) => this.#rows<Revision>(query));
    return staleOf(checks, found);
  }
}

/** A store in `ctx.storage` of a Durable Object whose class is declared with SQLite (`new_sqlite_classes`). */
export function durableObjectStorage(storage: DurableObjectDatabase): SyncStorage {
  const valid = "`ctx.storage` of a Durable Object whose class is in `new_sqlite_classes`";
  checkClient("storage", storage, ["sql.exec", "transactionSync"], valid);
  storage.sql.exec(schema("by_key"));
  return new DurableObjectStorage(storage);
}

/** The partition that an object's store holds, where it holds one; `undefined` where nothing has been committed yet. */
export function partitionOf(storage: DurableObjectDatabase): string | undefined {
  const [row] = storage.sql.exec("SELECT partition FROM sms_ledger_partition LIMIT 1").toArray();
  return (row as { partition: string } | undefined)?.partition;
}
