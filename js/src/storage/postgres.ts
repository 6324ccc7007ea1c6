/**
 * A store in Postgres through a client that is passed in: a `pg` Pool or Client, a PGlite, or whatever answers `query` as
 * they do. Each commit is one statement. No rule of the ledger lives here.
 *
 * A commit reads the revision of its partition and those that it checks in one snapshot, and raises the partition's
 * revision only where it is still the one read. So whatever else commits to the partition in between, at any level of
 * isolation, one of the two changes nothing, and is said again. All writes wait for that row, in one order for everybody.
 */
import { delay, within } from "../host.ts";
import type {
  Batch,
  CommitResult,
  Entry,
  ManyResult,
  PartitionBatch,
  Range,
  Storage,
  Write,
} from "./contract.ts";
import { boundsOf } from "./order.ts";
import { migrations } from "./postgres-schema.ts";

/** What is used of a client. Rows are objects by the names of their columns. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): PromiseLike<{ rows: unknown[] }>;
}

/** What `pg` takes besides: a statement with a name is parsed and planned once for each connection. */
interface NamingClient {
  query(statement: { name: string; text: string; values: unknown[] }): PromiseLike<{ rows: unknown[] }>;
}

export interface PostgresOptions {
  /**
   * Has `pg` keep the statements prepared under names of their own. `true` unless given; `false` where what stands
   * between the client and the server does not know of prepared statements.
   */
  prepare?: boolean;
  /** How long an answer is waited for, in milliseconds; 10,000 unless given. A commit's outcome is unknown then. */
  timeoutMs?: number;
}

export interface PostgresStorage extends Storage {
  get(partition: string, keys: readonly string[]): Promise<(Entry | null)[]>;
  list(partition: string, range: Range): Promise<Entry[]>;
  commit(partition: string, batch: Batch): Promise<CommitResult>;
  commitMany(commits: readonly PartitionBatch[]): Promise<ManyResult[]>;
  /** Makes the tables and the views, `sms_ledger_…`, where they are missing. Several processes may call it at once. */
  migrate(): Promise<void>;
}

const timeout_ms = 10_000;
/** Of one statement, so that nobody waits long for it. */
const limits = { checks: 4_096, writes: 4_096, valueBytes: 16 * 1024 * 1024 } as const;
/** How often what certainly changed nothing is said again, and what `migrate` says. */
const tries_max = 32;

const get_sql = `SELECT key, value, revision::text AS revision FROM sms_ledger_document
  WHERE partition = $1 AND key = ANY($2::text[])`;

/** What is written by a commit, once its partition's revision is raised. `$1` is the partition, or all of them. */
const commit_sql = `WITH
  stale AS MATERIALIZED (
    SELECT checked.key FROM unnest($2::text[], $3::bigint[]) AS checked (key, revision)
    WHERE checked.revision IS DISTINCT FROM
      (SELECT revision FROM sms_ledger_document WHERE partition = $1::text AND key = checked.key)
  ),
  raised AS (
    INSERT INTO sms_ledger_partition AS present (partition, revision)
    SELECT $1::text, 1 + COALESCE((SELECT revision FROM sms_ledger_partition WHERE partition = $1::text), 0)
    WHERE NOT EXISTS (SELECT FROM stale)
    ON CONFLICT (partition) DO UPDATE SET revision = excluded.revision
    WHERE present.revision = excluded.revision - 1
    RETURNING revision
  ),
  put AS (
    INSERT INTO sms_ledger_document (partition, key, value, revision)
    SELECT $1::text, written.key, written.value, raised.revision
    FROM raised CROSS JOIN unnest($4::text[], $5::text[]) AS written (key, value)
    ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value, revision = excluded.revision
  )`;

const delete_sql = `,
  deleted AS (
    DELETE FROM sms_ledger_document WHERE partition = $1::text AND key = ANY($6::text[]) AND EXISTS (SELECT FROM raised)
  )`;

const outcome_sql = `
  SELECT revision::text AS revision, NULL AS key FROM raised UNION ALL SELECT NULL, key FROM stale`;

/** The same for several partitions, of which each check and write names the place in `$1`. */
const commit_many_sql = `WITH
  stale AS MATERIALIZED (
    SELECT checked.place, checked.key
    FROM unnest($2::int[], $3::text[], $4::bigint[]) AS checked (place, key, revision)
    WHERE checked.revision IS DISTINCT FROM (
      SELECT revision FROM sms_ledger_document WHERE partition = ($1::text[])[checked.place] AND key = checked.key
    )
  ),
  raised AS (
    INSERT INTO sms_ledger_partition AS present (partition, revision)
    SELECT asked.partition, 1 + COALESCE(
      (SELECT revision FROM sms_ledger_partition WHERE partition = asked.partition), 0)
    FROM unnest($1::text[]) WITH ORDINALITY AS asked (partition, place)
    WHERE asked.place NOT IN (SELECT place FROM stale)
    ORDER BY asked.place
    ON CONFLICT (partition) DO UPDATE SET revision = excluded.revision
    WHERE present.revision = excluded.revision - 1
    RETURNING partition, revision
  ),
  put AS (
    INSERT INTO sms_ledger_document (partition, key, value, revision)
    SELECT raised.partition, written.key, written.value, raised.revision
    FROM unnest($5::int[], $6::text[], $7::text[]) AS written (place, key, value)
    JOIN raised ON raised.partition = ($1::text[])[written.place]
    ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value, revision = excluded.revision
  )`;

const delete_many_sql = `,
  deleted AS (
    DELETE FROM sms_ledger_document AS document
    USING raised, unnest($8::int[], $9::text[]) AS gone (place, key)
    WHERE raised.partition = ($1::text[])[gone.place]
      AND document.partition = raised.partition AND document.key = gone.key
  )`;

const outcome_many_sql = `
  SELECT partition, revision::text AS revision, NULL AS key FROM raised
  UNION ALL SELECT ($1::text[])[place], NULL, key FROM stale`;

interface Statement {
  name: string;
  text: string;
}

/** A statement under a name that no other text has. */
function statement(kind: string, text: string): Statement {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return { name: `sms_ledger_${kind}_${(hash >>> 0).toString(36)}`, text };
}

const read = statement("get", get_sql);
const one = statement("commit", commit_sql + outcome_sql);
const one_deleting = statement("commit", commit_sql + delete_sql + outcome_sql);
const many = statement("commit_many", commit_many_sql + outcome_many_sql);
const many_deleting = statement("commit_many", commit_many_sql + delete_many_sql + outcome_many_sql);

/** A row of an outcome: the new revision, or a key that is stale. */
interface Outcome {
  partition?: string;
  revision: string | null;
  key: string | null;
}

class Store implements PostgresStorage {
  readonly limits = limits;
  readonly #client: PostgresClient;
  readonly #named: boolean;
  readonly #timeout_ms: number;

  constructor(client: PostgresClient, options: PostgresOptions) {
    this.#client = client;
    // Both classes of `pg` have `connect`; PGlite, which takes no names, has not.
    this.#named =
      options.prepare !== false && typeof (client as { connect?: unknown }).connect === "function";
    this.#timeout_ms = options.timeoutMs ?? timeout_ms;
  }

  async #query<R>({ name, text }: Statement, values: unknown[]): Promise<R[]> {
    const answer = this.#named
      ? (this.#client as unknown as NamingClient).query({ name, text, values })
      : this.#client.query(text, values);
    const { rows } = await within(answer, this.#timeout_ms, "Postgres has not answered");
    return rows as R[];
  }

  /** The rows of a statement that may be said again where it has certainly changed nothing, until there is a result. */
  async #insist<R, T>(said: Statement, values: unknown[], result: (rows: R[]) => T | undefined): Promise<T> {
    for (let tries = 1; ; tries++) {
      let rows: R[];
      try {
        rows = await this.#query<R>(said, values);
      } catch (error) {
        if (!lostRace(error) || tries === tries_max) throw error;
        continue;
      }
      const found = result(rows);
      if (found !== undefined) return found;
      if (tries === tries_max) throw new Error(`lost ${tries_max} races for a partition`);
    }
  }

  async get(partition: string, keys: readonly string[]): Promise<(Entry | null)[]> {
    const values = [stored(partition), keys.map(stored)];
    const found = await this.#insist(read, values, (rows: Entry[]) => {
      return new Map(rows.map((row) => [row.key, row]));
    });
    return keys.map((key) => {
      const row = found.get(stored(key));
      return row === undefined ? null : entryOf(row);
    });
  }

  async list(partition: string, range: Range): Promise<Entry[]> {
    const { from, beyond, to } = boundsOf(range);
    const values = [stored(partition), range.limit, stored(from)];
    if (to !== undefined) values.push(stored(to));
    const sql = `SELECT key, value, revision::text AS revision FROM sms_ledger_document
      WHERE partition = $1 AND key ${beyond ? ">" : ">="} $3${to === undefined ? "" : " AND key < $4"}
      ORDER BY key ${range.reverse === true ? "DESC" : "ASC"} LIMIT $2`;
    return this.#insist(statement("list", sql), values, (rows: Entry[]) => rows.map(entryOf));
  }

  async commit(partition: string, { checks, writes }: Batch): Promise<CommitResult> {
    const { puts, deletes } = lastOf(writes);
    const values: unknown[] = [
      stored(partition),
      checks.map(({ key }) => stored(key)),
      checks.map(revisionOf),
      puts.map(({ key }) => stored(key)),
      puts.map(({ value }) => storedValue(value)),
    ];
    if (deletes.length > 0) values.push(deletes.map(stored));
    return this.#insist(deletes.length > 0 ? one_deleting : one, values, resultOf);
  }

  async commitMany(commits: readonly PartitionBatch[]): Promise<ManyResult[]> {
    const results = await this.#together(commits);
    // What certainly changed nothing is said again by itself.
    return Promise.all(
      commits.map(
        ({ partition, batch }, at) =>
          results[at] ?? this.commit(partition, batch).catch((error: unknown) => ({ error })),
      ),
    );
  }

  /** What one statement makes of several commits; nothing where one has certainly changed nothing. */
  async #together(commits: readonly PartitionBatch[]): Promise<(CommitResult | undefined)[]> {
    const { said, values, partitions } = flatten(commits);
    let rows: Outcome[];
    try {
      rows = await this.#query<Outcome>(said, values);
    } catch (error) {
      if (undone(error)) return [];
      throw error;
    }
    const by_partition = new Map<string, Outcome[]>();
    for (const row of rows) {
      const others = by_partition.get(row.partition as string);
      if (others === undefined) by_partition.set(row.partition as string, [row]);
      else others.push(row);
    }
    return partitions.map((partition) => resultOf(by_partition.get(partition) ?? []));
  }

  async migrate(): Promise<void> {
    for (const text of migrations) await this.#make(text);
  }

  /** Makes something, though another process may be making it at the same moment. */
  async #make(text: string): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        await this.#query({ name: "", text }, []);
        return;
      } catch (error) {
        if (!made_at_once.has(codeOf(error)) || tries === tries_max) throw error;
        await delay(Math.random() * made_at_once_ms_max);
      }
    }
  }
}

/** What lost a race with another transaction, which rolled it back: serialization failures and deadlocks. */
const lost_races: ReadonlySet<unknown> = new Set(["40001", "40P01"]);

function lostRace(error: unknown): boolean {
  return lost_races.has(codeOf(error));
}

/** What Postgres refused for what it said (data, limits), and rolled back: one of several commits may do without the rest. */
function undone(error: unknown): boolean {
  return lostRace(error) || /^(?:22|23|54)...$/.test(String(codeOf(error)));
}

/** What Postgres says where two make the same thing at once: a duplicate of some kind, or a catalog row that has changed. */
const made_at_once: ReadonlySet<unknown> = new Set([...lost_races, "23505", "42P07", "42710", "XX000"]);
const made_at_once_ms_max = 20;

/** The SQLSTATE of an error that came from the server. */
function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | null)?.code;
}

/**
 * A text as it is stored. Postgres holds every character but U+0000: that one becomes U+0001 U+0001, and U+0001 becomes
 * U+0001 U+0002, which keeps the order and the prefixes of keys. No document has either, so all of them are stored as they are.
 */
function stored(text: string): string {
  if (!text.includes("\0") && !text.includes("\u0001")) return text;
  return text.replaceAll("\u0001", "\u0001\u0002").replaceAll("\0", "\u0001\u0001");
}

/** The same of a value. PGlite swallows a byte order mark in the first place, so U+0001 U+0003 goes before it. */
function storedValue(text: string): string {
  return text.startsWith("\ufeff") ? `\u0001\u0003${stored(text)}` : stored(text);
}

/** A text as it was, of what is stored. */
function plain(text: string): string {
  if (!text.includes("\u0001")) return text;
  return text
    .split("\u0001\u0001")
    .map((part) => part.replaceAll("\u0001\u0003", "").replaceAll("\u0001\u0002", "\u0001"))
    .join("\0");
}

function entryOf({ key, value, revision }: Entry): Entry {
  return { key: plain(key), value: plain(value), revision };
}

/** The number that a revision is; one that no entry has where it is none of ours. */
function revisionOf({ revision }: Batch["checks"][number]): string | null {
  return revision === null || /^[1-9]\d{0,17}$/.test(revision) ? revision : "-1";
}

/** The last write of each key: one statement writes a row once. */
function lastOf(writes: readonly Write[]): { puts: Extract<Write, { op: "put" }>[]; deletes: string[] } {
  const last = new Map(writes.map((write) => [write.key, write]));
  const puts: Extract<Write, { op: "put" }>[] = [];
  const deletes: string[] = [];
  for (const write of last.values()) {
    if (write.op === "put") puts.push(write);
    else deletes.push(write.key);
  }
  return { puts, deletes };
}

/** The outcome of a commit; none where another commit to the partition came between. */
function resultOf(rows: readonly Outcome[]): CommitResult | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  if (first.revision !== null) return { ok: true, revision: first.revision };
  return { ok: false, stale: rows.map(({ key }) => plain(key as string)) };
}

/** Several commits as one statement's parameters. Everybody waits for partitions in one order, so that nobody waits in a circle. */
function flatten(commits: readonly PartitionBatch[]): {
  said: Statement;
  values: unknown[];
  partitions: string[];
} {
  const partitions = commits.map(({ partition }) => stored(partition));
  const sorted = partitions.toSorted();
  const places = new Map(sorted.map((partition, at) => [partition, at + 1]));
  const checks: [places: unknown[], keys: unknown[], revisions: unknown[]] = [[], [], []];
  const put: [places: unknown[], keys: unknown[], values: unknown[]] = [[], [], []];
  const deleted: [places: unknown[], keys: unknown[]] = [[], []];
  for (const [at, { batch }] of commits.entries()) {
    const place = places.get(partitions[at] as string);
    for (const check of batch.checks) append(checks, place, stored(check.key), revisionOf(check));
    const { puts, deletes } = lastOf(batch.writes);
    for (const { key, value } of puts) append(put, place, stored(key), storedValue(value));
    for (const key of deletes) append(deleted, place, stored(key));
  }
  const deleting = deleted[0].length > 0;
  const values = [sorted, ...checks, ...put, ...(deleting ? deleted : [])];
  return { said: deleting ? many_deleting : many, values, partitions };
}

/** One more element for each column. */
function append(columns: readonly unknown[][], ...row: readonly unknown[]): void {
  for (const [at, column] of columns.entries()) column.push(row[at]);
}

/** A store in the database of `client`. Its tables and views are made by `migrate`, once or at each start. */
export function postgresStorage(client: PostgresClient, options: PostgresOptions = {}): PostgresStorage {
  return new Store(client, options);
}
