/**
 * A store in an SQLite file through `node:sqlite`, or `better-sqlite3`, whose database is passed in. Each commit is one transaction; several
 * processes may share the file. No rule of the ledger lives here.
 */
import type {
  Batch,
  CommitResult,
  Entry,
  ManyResult,
  PartitionBatch,
  Range,
  SyncStorage,
  Write,
} from "./contract.ts";
import { checkClient, checkOptions, flag } from "./given.ts";
import { boundsOf } from "./order.ts";
import { entryOf, type Row, schema, splitBatch } from "./sql.ts";

/** What is used of `node:sqlite`'s `StatementSync` and of `better-sqlite3`'s `Statement`. */
export interface SqliteStatement {
  get(...parameters: (string | number)[]): unknown;
  all(...parameters: (string | number)[]): unknown[];
  run(...parameters: (string | number)[]): { changes: number | bigint };
}

/** What is used of `node:sqlite`'s `DatabaseSync` and of `better-sqlite3`'s `Database`. */
export interface SqliteDatabase {
  exec(sql: string): void;
  prepare(sql: string): SqliteStatement;
}

export interface SqliteOptions {
  /**
   * Sets the connection up: write-ahead log, `synchronous = FULL` (an answered command survives a power cut) and a wait
   * of up to 5 s for other processes. `true` unless given; with `false` it is yours to do.
   */
  pragmas?: boolean;
}

/** How long another process's commit is waited for. */
const busy_timeout_ms = 5_000;

const pragmas = `
  PRAGMA busy_timeout = ${busy_timeout_ms};
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
`;

const columns = "SELECT key, value, revision FROM sms_ledger_document WHERE partition = ?";

/** Thrown within a transaction, to take it back: a document was there that had to be new. */
class Taken extends Error {}

class SqliteStorage implements SyncStorage {
  /** Of one transaction, so that no other process waits long. SQLite itself takes a text of 1,000,000,000 bytes. */
  readonly limits = { checks: 4_096, writes: 4_096, valueBytes: 16 * 1024 * 1024 };
  readonly #database: SqliteDatabase;
  readonly #begin: SqliteStatement;
  readonly #beginRead: SqliteStatement;
  readonly #commit: SqliteStatement;
  readonly #rollback: SqliteStatement;
  readonly #mark: SqliteStatement;
  readonly #keep: SqliteStatement;
  readonly #undoToMark: SqliteStatement;
  readonly #one: SqliteStatement;
  readonly #revision: SqliteStatement;
  readonly #raise: SqliteStatement;
  readonly #insert: SqliteStatement;
  readonly #put: SqliteStatement;
  readonly #delete: SqliteStatement;
  readonly #lists = new Map<string, SqliteStatement>();

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#beginRead = database.prepare("BEGIN");
    this.#commit = database.prepare("COMMIT");
    this.#rollback = database.prepare("ROLLBACK");
    this.#mark = database.prepare("SAVEPOINT sms_ledger_commit");
    this.#keep = database.prepare("RELEASE sms_ledger_commit");
    this.#undoToMark = database.prepare("ROLLBACK TO sms_ledger_commit");
    this.#one = database.prepare(`${columns} AND key = ?`);
    this.#revision = database.prepare(
      "SELECT revision FROM sms_ledger_document WHERE partition = ? AND key = ?",
    );
    this.#raise = database.prepare(
      "INSERT INTO sms_ledger_partition VALUES (?, 1) ON CONFLICT DO UPDATE SET revision = revision + 1 RETURNING revision",
    );
    this.#insert = database.prepare(
      "INSERT INTO sms_ledger_document VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    );
    this.#put = database.prepare(
      "INSERT INTO sms_ledger_document VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value, revision = excluded.revision",
    );
    this.#delete = database.prepare("DELETE FROM sms_ledger_document WHERE partition = ? AND key = ?");
  }

  get(partition: string, keys: readonly string[]): (Entry | null)[] {
    const read = (key: string): Entry | null => {
      const row = this.#one.get(partition, key) as Row | undefined;
      return row === undefined ? null : entryOf(row);
    };
    // Several keys are read in one transaction, so that they are of one moment.
    return keys.length < 2 ? keys.map(read) : this.#transaction(this.#beginRead, () => keys.map(read));
  }

  list(partition: string, range: Range): Entry[] {
    const { limit, reverse } = range;
    const { from, beyond, to } = boundsOf(range);
    const parameters: (string | number)[] = [partition, from];
    let where = ` AND key ${beyond ? ">" : ">="} ?`;
    if (to !== undefined) {
      where += " AND key < ?";
      parameters.push(to);
    }
    const rows = this.#list(`${columns}${where} ORDER BY key ${reverse === true ? "DESC" : "ASC"} LIMIT ?`);
    return (rows.all(...parameters, limit) as Row[]).map(entryOf);
  }

  /** Its statements are few: one for each set of bounds and direction. */
  #list(sql: string): SqliteStatement {
    let statement = this.#lists.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#lists.set(sql, statement);
    }
    return statement;
  }

  commit(partition: string, batch: Batch): CommitResult {
    try {
      return this.#transaction(this.#begin, () => this.#commitWithin(partition, batch));
    } catch (error) {
      if (!(error instanceof Taken)) throw error;
      return this.#transaction(this.#begin, () => this.#commitAsking(partition, batch));
    }
  }

  /** In one transaction, so that several accounts wait for the disk once. */
  commitMany(commits: readonly PartitionBatch[]): ManyResult[] {
    return this.#transaction(this.#begin, () => commits.map((commit) => this.#commitByItself(commit)));
  }

  /** What fails to write takes back its own writes; where SQLite has taken back everything, so does the transaction. */
  #commitByItself({ partition, batch }: PartitionBatch): ManyResult {
    this.#mark.run();
    try {
      const result = this.#commitWithin(partition, batch);
      this.#keep.run();
      return result;
    } catch (error) {
      this.#undoToMark.run();
      const result = error instanceof Taken ? this.#commitAsking(partition, batch) : { error };
      this.#keep.run();
      return result;
    }
  }

  /** Inserts what must be new without asking for it first, which is half of the work; throws `Taken` where it was there. */
  #commitWithin(partition: string, batch: Batch): CommitResult {
    const { asked, created, changed } = splitBatch(batch);
    if (this.#stale(partition, asked).length > 0)
      return { ok: false, stale: this.#stale(partition, batch.checks) };
    const revision = this.#raised(partition);
    for (const { key, value } of created)
      if (Number(this.#insert.run(partition, key, value, revision).changes) === 0) throw new Taken();
    return this.#written(partition, changed, revision);
  }

  #commitAsking(partition: string, { checks, writes }: Batch): CommitResult {
    const stale = this.#stale(partition, checks);
    return stale.length > 0
      ? { ok: false, stale }
      : this.#written(partition, writes, this.#raised(partition));
  }

  #stale(partition: string, checks: Batch["checks"]): string[] {
    const stale: string[] = [];
    for (const { key, revision } of checks) {
      const row = this.#revision.get(partition, key) as Pick<Row, "revision"> | undefined;
      if ((row === undefined ? null : String(row.revision)) !== revision) stale.push(key);
    }
    return stale;
  }

  #raised(partition: string): number {
    return (this.#raise.get(partition) as Pick<Row, "revision">).revision;
  }

  #written(partition: string, writes: readonly Write[], revision: number): CommitResult {
    for (const write of writes) {
      if (write.op === "put") this.#put.run(partition, write.key, write.value, revision);
      else this.#delete.run(partition, write.key);
    }
    return { ok: true, revision: String(revision) };
  }

  #transaction<T>(begin: SqliteStatement, work: () => T): T {
    begin.run();
    try {
      const result = work();
      this.#commit.run();
      return result;
    } catch (error) {
      this.#undo();
      throw error;
    }
  }

  /** SQLite has rolled back already after some errors, such as a full disk. */
  #undo(): void {
    try {
      this.#rollback.run();
    } catch {
      // The error that led here says more.
    }
  }
}

/**
 * A store in `database`, a `DatabaseSync` of `node:sqlite` or a `Database` of `better-sqlite3` (its tables, `sms_ledger_…`, are made where they are missing).
 * The connection must not be within a transaction of its own when the ledger is called.
 */
export function sqliteStorage(database: SqliteDatabase, options: SqliteOptions = {}): SyncStorage {
  const valid = "a `DatabaseSync` of `node:sqlite`, or a `Database` of `better-sqlite3`";
  checkClient("database", database, ["exec", "prepare"], valid);
  checkOptions(options, { pragmas: flag });
  if (options.pragmas !== false) database.exec(pragmas);
  database.exec(schema("by_age"));
  return new SqliteStorage(database);
}
