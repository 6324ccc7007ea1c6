/**
 * The statements of the Postgres store. What a commit reads, it reads in one snapshot; what it writes, it writes once its
 * partition's revision is raised. No rule of the ledger lives here.
 */

// Each array stands in a subselect. So its length is unknown whenever the statement is planned, and Postgres keeps one plan; otherwise
// it would plan for every length anew, which takes longer than the commit of a message itself.

export interface Statement {
  /** Under which a client may keep it prepared. */
  name: string;
  text: string;
}

/** A statement under a name that no other text has. */
export function statement(kind: string, text: string): Statement {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return { name: `sms_ledger_${kind}_${(hash >>> 0).toString(36)}`, text };
}

/** `$1`: the partition; `$2`: keys. */
export const get: Statement = statement(
  "get",
  `SELECT key, value, revision::text AS revision FROM sms_ledger_document
  WHERE partition = $1 AND key = ANY((SELECT $2::text[])::text[])`,
);

/** The same of several partitions: `$1`: a place for each key, which its row names; `$2`: partitions; `$3`: keys. */
export const get_many: Statement = statement(
  "get_many",
  `SELECT asked.place, found.key, found.value, found.revision
  FROM unnest((SELECT $1::int[]), (SELECT $2::text[]), (SELECT $3::text[])) AS asked (place, partition, key)
  CROSS JOIN LATERAL (
    SELECT key, value, revision::text AS revision FROM sms_ledger_document
    WHERE partition = asked.partition AND key = asked.key LIMIT 1
  ) AS found`,
);

/** `$1`: the partition; `$2`: how many at most; `$3`: the first key, or the one before it; `$4`: the first key behind the range. */
export function list(beyond: boolean, bounded: boolean, reverse: boolean): Statement {
  return statement(
    "list",
    `SELECT key, value, revision::text AS revision FROM sms_ledger_document
    WHERE partition = $1 AND key ${beyond ? ">" : ">="} $3${bounded ? " AND key < $4" : ""}
    ORDER BY key ${reverse ? "DESC" : "ASC"} LIMIT $2`,
  );
}

/** The beginnings of several ranges: `$1`: a place for each, which its rows name; `$2`: partitions; `$3` how many at most; `$4`, `$5`: bounds. */
export const list_many: Statement = statement(
  "list_many",
  `SELECT asked.place, found.key, found.value, found.revision
  FROM unnest((SELECT $1::int[]), (SELECT $2::text[]), (SELECT $3::bigint[]), (SELECT $4::text[]), (SELECT $5::text[]))
    AS asked (place, partition, most, low, high)
  CROSS JOIN LATERAL (
    SELECT key, value, revision::text AS revision FROM sms_ledger_document
    WHERE partition = asked.partition AND key >= asked.low AND key < asked.high ORDER BY key LIMIT asked.most
  ) AS found
  ORDER BY asked.place, found.key`,
);

/** Where the rows of a commit stand among what is bound to it, as items of a `FROM` with names for their columns. */
interface Rows {
  /** Keys and the revisions that they must have: `checked (key, revision)`. */
  checks: string;
  /** Keys that are checked to be absent, and their values: `written (key, value)`. */
  added: string;
  /** Other keys and values: `written (key, value)`. */
  put: string;
  /** Keys that are deleted: `gone (key)`. */
  deleted?: string;
}

/** A commit. `$1`: the partition. Gives the new revision, or the stale keys, or nothing where another commit to the partition came between. */
const commit_sql = ({ checks, added, put, deleted }: Rows): string => `WITH
  stale AS MATERIALIZED (
    SELECT checked.key FROM ${checks}
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
  added AS (
    INSERT INTO sms_ledger_document (partition, key, value, revision)
    SELECT $1::text, written.key, written.value, raised.revision FROM raised CROSS JOIN ${added}
  ),
  put AS (
    INSERT INTO sms_ledger_document (partition, key, value, revision)
    SELECT $1::text, written.key, written.value, raised.revision FROM raised CROSS JOIN ${put}
    ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value, revision = excluded.revision
  )${
    deleted === undefined
      ? ""
      : `,
  deleted AS (
    DELETE FROM sms_ledger_document
    WHERE partition = $1::text AND key IN (SELECT gone.key FROM ${deleted}) AND EXISTS (SELECT FROM raised)
  )`
  }
  SELECT revision::text AS revision, NULL AS key FROM raised UNION ALL SELECT NULL, key FROM stale`;

/** `$2`, `$3`: checks; `$4`, `$5`: what is added; `$6`, `$7`: what is put; `$8`: what is deleted; an array for each column. */
const arrays: Required<Rows> = {
  checks: "unnest((SELECT $2::text[]), (SELECT $3::bigint[])) AS checked (key, revision)",
  added: "unnest((SELECT $4::text[]), (SELECT $5::text[])) AS written (key, value)",
  put: "unnest((SELECT $6::text[]), (SELECT $7::text[])) AS written (key, value)",
  deleted: "unnest((SELECT $8::text[])) AS gone (key)",
};

/** How many rows a commit has. */
export interface Counts {
  checks: number;
  added: number;
  put: number;
  deleted: number;
}

/**
 * Of each kind of rows this many at most may be bound one by one: a statement for each set of counts, of which an account's
 * messages need two or three. Such a commit takes about a tenth less time than one of arrays, the wait for the disk left out.
 */
const rows_max = 6;

const few = new Map<string, Statement>();

/** A commit of a few rows, each bound by itself in the order of the counts; none where they are too many. */
export function commitOfFew({ checks, added, put, deleted }: Counts): Statement | undefined {
  if (Math.max(checks, added, put, deleted) > rows_max) return undefined;
  const name = `commit_${checks}_${added}_${put}_${deleted}`;
  const known = few.get(name);
  if (known !== undefined) return known;
  let bound = 1;
  const rows = (count: number, types: readonly string[], alias: string): string => {
    const row = (): string => types.map((type) => `$${++bound}::${type}`).join(", ");
    const values = Array.from({ length: count }, () => `(${row()})`).join(", ");
    const none = `SELECT ${types.map((type) => `NULL::${type}`).join(", ")} WHERE false`;
    return `(${count === 0 ? none : `VALUES ${values}`}) AS ${alias}`;
  };
  const made = statement(
    name,
    commit_sql({
      checks: rows(checks, ["text", "bigint"], "checked (key, revision)"),
      added: rows(added, ["text", "text"], "written (key, value)"),
      put: rows(put, ["text", "text"], "written (key, value)"),
      ...(deleted === 0 ? {} : { deleted: rows(deleted, ["text"], "gone (key)") }),
    }),
  );
  few.set(name, made);
  return made;
}

/**
 * Commits to several partitions. `$1`: the partitions, in the order in which everybody waits for them; then the same as of one, each
 * key behind its partition. Each row names its partition.
 */
const commit_many_sql = (deleting: boolean): string => `WITH
  stale AS MATERIALIZED (
    SELECT checked.partition, checked.key
    FROM unnest((SELECT $2::text[]), (SELECT $3::text[]), (SELECT $4::bigint[])) AS checked (partition, key, revision)
    WHERE checked.revision IS DISTINCT FROM (
      SELECT revision FROM sms_ledger_document WHERE partition = checked.partition AND key = checked.key
    )
  ),
  raised AS (
    INSERT INTO sms_ledger_partition AS present (partition, revision)
    SELECT asked.partition, 1 + COALESCE(
      (SELECT revision FROM sms_ledger_partition WHERE partition = asked.partition), 0)
    FROM unnest((SELECT $1::text[])) WITH ORDINALITY AS asked (partition, place)
    WHERE asked.partition NOT IN (SELECT partition FROM stale)
    ORDER BY asked.place
    ON CONFLICT (partition) DO UPDATE SET revision = excluded.revision
    WHERE present.revision = excluded.revision - 1
    RETURNING partition, revision
  ),
  added AS (
    INSERT INTO sms_ledger_document (partition, key, value, revision)
    SELECT raised.partition, written.key, written.value, raised.revision
    FROM unnest((SELECT $5::text[]), (SELECT $6::text[]), (SELECT $7::text[])) AS written (partition, key, value)
    JOIN raised ON raised.partition = written.partition
  ),
  put AS (
    INSERT INTO sms_ledger_document (partition, key, value, revision)
    SELECT raised.partition, written.key, written.value, raised.revision
    FROM unnest((SELECT $8::text[]), (SELECT $9::text[]), (SELECT $10::text[])) AS written (partition, key, value)
    JOIN raised ON raised.partition = written.partition
    ON CONFLICT (partition, key) DO UPDATE SET value = excluded.value, revision = excluded.revision
  )${
    deleting
      ? `,
  deleted AS (
    DELETE FROM sms_ledger_document AS document
    USING raised, unnest((SELECT $11::text[]), (SELECT $12::text[])) AS gone (partition, key)
    WHERE raised.partition = gone.partition
      AND document.partition = gone.partition AND document.key = gone.key
  )`
      : ""
  }
  SELECT partition, revision::text AS revision, NULL AS key FROM raised
  UNION ALL SELECT partition, NULL, key FROM stale`;

/** Commits with and without deletes are two statements: most have none. */
interface Commit {
  plain: Statement;
  deleting: Statement;
}

const { deleted, ...kept } = arrays;

export const commit: Commit = {
  plain: statement("commit", commit_sql(kept)),
  deleting: statement("commit", commit_sql({ ...kept, deleted })),
};
export const commit_many: Commit = {
  plain: statement("commit_many", commit_many_sql(false)),
  deleting: statement("commit_many", commit_many_sql(true)),
};
