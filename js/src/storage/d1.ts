/**
 * A store in Cloudflare D1, whose binding is passed in. Each commit is one `batch`, which is a transaction. SQL has no `if`:
 * where a check does not hold, a guard statement fails, and the batch with it. No rule of the ledger lives here.
 */
import { messageOf } from "../errors.ts";
import { within } from "../host.ts";
import {
  entriesOf,
  getQueries,
  guardQueries,
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
import type { Batch, CommitResult, Entry, Range, Storage } from "./contract.ts";
import { checkClient, checkOptions, flag, milliseconds } from "./given.ts";
import { entryOf, type Row, schema, splitBatch } from "./sql.ts";

/** What is used of a `D1PreparedStatement`. */
export interface D1Statement {
  bind(...values: (string | number | null)[]): D1Statement;
}

/** What is used of a `D1Database`. */
export interface D1Binding {
  prepare(sql: string): D1Statement;
  batch(statements: D1Statement[]): Promise<{ results: unknown[] }[]>;
}

export interface D1Options {
  /** Whether the tables are made where they are missing, at the first call: `true` unless given. */
  createTables?: boolean;
  /** How long an answer is waited for, in milliseconds: 30,000 unless given. Then the outcome is unknown. */
  timeoutMs?: number;
}

const timeout_ms = 30_000;

/** How often a commit is said again that was refused although all its checks hold by now. */
const tries_max = 8;

/** The constraint that a check breaks which does not hold; D1 names it in its error. */
const guard = "sms_ledger_check_is_stale";

/** The tables, for who makes them by D1's own migrations. The last one takes no row: it is what a stale check fails at. */
export const d1_schema: string = `${schema("by_key")}
  CREATE TABLE IF NOT EXISTS sms_ledger_stale (
    key TEXT,
    CONSTRAINT ${guard} CHECK (key IS NULL)
  ) STRICT;
`;

/** The databases whose tables are there. */
const prepared = new WeakSet<D1Binding>();

class D1Storage implements Storage {
  /** A batch of so many is some thirty statements, of the 1,000 that a worker may run for one request. */
  readonly limits = { checks: 512, writes: 512, valueBytes: value_bytes_max };
  readonly #database: D1Binding;
  readonly #timeout: number;
  readonly #create: boolean;

  constructor(database: D1Binding, { timeoutMs = timeout_ms, createTables = true }: D1Options) {
    this.#database = database;
    this.#timeout = timeoutMs;
    this.#create = createTables;
  }

  /** Runs statements as one transaction. */
  #send(queries: readonly Query[]): Promise<{ results: unknown[] }[]> {
    const statements = queries.map(({ sql, bindings }) => {
      const statement = this.#database.prepare(sql);
      return bindings.length === 0 ? statement : statement.bind(...bindings);
    });
    return within(this.#database.batch(statements), this.#timeout, "D1 has not answered");
  }

  async #rows<R>(queries: readonly Query[]): Promise<R[]> {
    if (queries.length === 0) return [];
    await this.#tables();
    return (await this.#send(queries)).flatMap(({ results }) => results as R[]);
  }

  /** Makes the tables where nobody has in this isolate. No promise is shared: no request may wait for another's. */
  async #tables(): Promise<void> {
    if (!this.#create || prepared.has(this.#database)) return;
    const statements = d1_schema.split(";").filter((sql) => sql.trim() !== "");
    await this.#send(statements.map((sql) => ({ sql, bindings: [] })));
    prepared.add(this.#database);
  }

  async get(partition: string, keys: readonly string[]): Promise<(Entry | null)[]> {
    return entriesOf(keys, await this.#rows<Row>(getQueries(partition, keys)));
  }

  async list(partition: string, range: Range): Promise<Entry[]> {
    return (await this.#rows<Row>([listQuery(partition, range)])).map(entryOf);
  }

  async commit(partition: string, batch: Batch): Promise<CommitResult> {
    const { asked, created, changed } = splitBatch(batch);
    const queries = [
      ...guardQueries(partition, asked),
      raiseQuery(partition),
      ...insertQueries(partition, created),
      ...writeQueries(partition, changed),
    ];
    for (let tries = 0; tries < tries_max; tries++) {
      const revision = await this.#applied(queries);
      if (revision !== undefined) return { ok: true, revision };
      const found = await this.#rows<Revision>(revisionQueries(partition, batch.checks));
      const stale = staleOf(batch.checks, found);
      if (stale.length > 0) return { ok: false, stale };
      // What was in the way has been deleted again.
    }
    throw new Error(
      `a commit was refused ${tries_max} times, and its checks held each time that they were read`,
    );
  }

  /** The revision of a commit; none where a check does not hold. Any other error leaves open what has become of it. */
  async #applied(queries: readonly Query[]): Promise<string | undefined> {
    try {
      const [raised] = await this.#rows<Pick<Revision, "revision">>(queries);
      if (raised === undefined) throw new Error("D1 returned no revision");
      return String(raised.revision);
    } catch (error) {
      const message = messageOf(error);
      if (message.includes(guard) || message.includes(not_new)) return undefined;
      throw error;
    }
  }
}

/** A store in a D1 database: `env.DB`, and no session of it, which may read from a replica that is behind. */
export function d1Storage(database: D1Binding, options: D1Options = {}): Storage {
  checkClient("database", database, ["prepare", "batch"], "a D1 binding, such as `env.DB`");
  checkOptions(options, { createTables: flag, timeoutMs: milliseconds });
  return new D1Storage(database, options);
}
