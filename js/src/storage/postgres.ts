/**
 * A store in Postgres through a client that is passed in: a `pg` Pool or Client, a PGlite, or whatever answers `query` as
 * they do. Each commit is one statement. No rule of the ledger lives here.
 *
 * A commit reads the revision of its partition and those that it checks in one snapshot, and raises the partition's
 * revision only where it is still the one read. So whatever else commits to the partition in between, at any level of
 * isolation, one of the two changes nothing, and is said again. All writes wait for that row, in one order for everybody.
 */
import { messageOf } from "../errors.ts";
import { delay, within } from "../host.ts";
import type { Batch, CommitResult, Entry, ManyResult, PartitionBatch, Range, Storage } from "./contract.ts";
import { checkClient, checkOptions, flag, milliseconds } from "./given.ts";
import {
  compressed,
  tables,
  uncompress,
  type ViewStatement,
  version,
  version_sql,
  version_view,
  view_statements,
} from "./postgres-schema.ts";
import type { Statement } from "./postgres-statements.ts";
import {
  type Bound,
  byPlace,
  commitManyOf,
  commitOf,
  entriesOf,
  entryOf,
  type Get,
  getManyOf,
  getOf,
  isBeginning,
  type List,
  listManyOf,
  listOf,
  type Outcome,
  type Placed,
  resultOf,
  resultsOf,
} from "./postgres-values.ts";
import { Together } from "./together.ts";

export { postgres_schema } from "./postgres-schema.ts";

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
  /** Makes the tables and the views, `sms_ledger_…`, unless this version of them is there. Several processes may call it at once. */
  migrate(): Promise<void>;
}

const timeout_ms = 10_000;
/** Of one statement, so that nobody waits long for it. */
const limits = { checks: 4_096, writes: 4_096, valueBytes: 16 * 1024 * 1024 } as const;
/** How often what certainly changed nothing is said again, and what `migrate` says. */
const tries_max = 32;

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

  async #query<R>(statement: Statement, values: unknown[]): Promise<R[]> {
    try {
      return await this.#send(statement, values);
    } catch (cause) {
      if (codeOf(cause) !== undefined_table) throw cause;
      const message = `${messageOf(cause)}: call \`await storage.migrate()\` once before the ledger is used`;
      throw new Error(message, { cause });
    }
  }

  async #send<R>({ name, text }: Statement, values: unknown[]): Promise<R[]> {
    const answer = this.#named
      ? (this.#client as unknown as NamingClient).query({ name, text, values })
      : this.#client.query(text, values);
    const { rows } = await within(answer, this.#timeout_ms, "Postgres has not answered");
    return rows as R[];
  }

  /** What a statement comes to, said again as long as it has certainly changed nothing and there is no result. */
  async #insist<R, T>({ statement, values }: Bound, result: (rows: R[]) => T | undefined): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        const found = result(await this.#query<R>(statement, values));
        if (found !== undefined) return found;
      } catch (error) {
        if (!lostRace(error) || tries === tries_max) throw error;
      }
      if (tries === tries_max) throw new Error(`lost ${tries_max} races for a partition`);
    }
  }

  readonly #gets = new Together((asked: readonly Get[]) => this.#getAll(asked));
  readonly #lists = new Together((asked: readonly List[]) => this.#listAll(asked));

  get(partition: string, keys: readonly string[]): Promise<(Entry | null)[]> {
    return this.#gets.ask({ partition, keys });
  }

  list(partition: string, range: Range): Promise<Entry[]> {
    return isBeginning(range) ? this.#lists.ask({ partition, range }) : this.#list({ partition, range });
  }

  async #getAll(asked: readonly Get[]): Promise<(Entry | null)[][]> {
    const [first, ...others] = asked as readonly [Get, ...Get[]];
    if (others.length === 0)
      return [await this.#insist(getOf(first), (rows: Entry[]) => entriesOf(first.keys, rows))];
    const found = await this.#insist(getManyOf(asked), (rows: Placed[]) => byPlace(asked.length, rows));
    return asked.map(({ keys }, place) => entriesOf(keys, found[place] ?? []));
  }

  async #listAll(asked: readonly List[]): Promise<Entry[][]> {
    const [first, ...others] = asked as readonly [List, ...List[]];
    if (others.length === 0) return [await this.#list(first)];
    const found = await this.#insist(listManyOf(asked), (rows: Placed[]) => byPlace(asked.length, rows));
    return found.map((rows) => rows.map(entryOf));
  }

  #list(asked: List): Promise<Entry[]> {
    return this.#insist(listOf(asked), (rows: Entry[]) => rows.map(entryOf));
  }

  async commit(partition: string, batch: Batch): Promise<CommitResult> {
    return this.#insist(commitOf(partition, batch), resultOf);
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
    const { statement, values } = commitManyOf(commits);
    try {
      return resultsOf(commits, await this.#query<Outcome>(statement, values));
    } catch (error) {
      if (undone(error)) return [];
      throw error;
    }
  }

  /** Asks first: to make what is there already, Postgres would wait for every report that reads it, and ask for an owner's rights. */
  async migrate(): Promise<void> {
    if (await this.#isCurrent()) return;
    for (const text of tables) await this.#make(text);
    if ((await this.#make(compressed)).length > 0) await this.#make(uncompress);
    for (const view of [...view_statements, version_view]) await this.#makeView(view);
  }

  async #isCurrent(): Promise<boolean> {
    try {
      const [row] = await this.#send<{ version: string }>({ name: "", text: version_sql }, []);
      return row?.version === version;
    } catch (error) {
      // There is none yet, or it may not be read; whether it may be made is seen by making it.
      if (codeOf(error) === undefined_table || codeOf(error) === insufficient_privilege) return false;
      throw error;
    }
  }

  async #makeView({ name, sql }: ViewStatement): Promise<void> {
    try {
      await this.#make(sql);
    } catch (error) {
      if (codeOf(error) !== other_columns) throw error;
      await this.#make(`DROP VIEW IF EXISTS ${name}`);
      await this.#make(sql);
    }
  }

  /** Makes something, though another process may be making it at the same moment. */
  async #make(text: string): Promise<unknown[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#send({ name: "", text }, []);
      } catch (error) {
        if (!made_at_once.has(codeOf(error)) || tries === tries_max) throw error;
        await delay(Math.random() * made_at_once_ms_max);
      }
    }
  }
}

/** SQLSTATEs: a table or view is not there; the role lacks a right; a view was made with other columns. */
const undefined_table = "42P01";
const insufficient_privilege = "42501";
const other_columns = "42P16";

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

/** A store in the database of `client`. Its tables and views are made by `migrate`, once or at each start. */
export function postgresStorage(client: PostgresClient, options: PostgresOptions = {}): PostgresStorage {
  const valid =
    "a `Pool` or a `Client` of `pg`, a PGlite, or an object whose `query(text, values)` gives `{ rows }`";
  checkClient("client", client, ["query"], valid);
  checkOptions(options, { prepare: flag, timeoutMs: milliseconds });
  return new Store(client, options);
}
