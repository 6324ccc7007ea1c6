/**
 * What the Postgres store binds to its statements, and what it makes of their rows. No rule of the ledger lives here.
 */
import type { Batch, CommitResult, Entry, PartitionBatch, Range, Write } from "./contract.ts";
import { boundsOf } from "./order.ts";
import * as statements from "./postgres-statements.ts";

/** A statement with what is bound to it. */
export interface Bound {
  statement: statements.Statement;
  values: unknown[];
}

/** A row of a commit's outcome: the new revision of a partition, or a key that is stale. */
export interface Outcome {
  /** Where the statement commits to several. */
  partition?: string;
  revision: string | null;
  key: string | null;
}

/**
 * A text as it is stored. Postgres holds every character but U+0000: that one becomes U+0001 U+0001, and U+0001 becomes
 * U+0001 U+0002, which keeps the order and the prefixes of keys. No document has either, so all of them are stored as they are.
 */
export function stored(text: string): string {
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

export function entryOf({ key, value, revision }: Entry): Entry {
  return { key: plain(key), value: plain(value), revision };
}

/** The entries of keys, which are stored as they are asked for, out of rows in any order. */
export function entriesOf(keys: readonly string[], rows: readonly Entry[]): (Entry | null)[] {
  const found = new Map(rows.map((row) => [row.key, row]));
  return keys.map((key) => {
    const row = found.get(stored(key));
    return row === undefined ? null : entryOf(row);
  });
}

/** What is asked of one partition. */
export interface Get {
  partition: string;
  keys: readonly string[];
}

export interface List {
  partition: string;
  range: Range;
}

/** A row of an answer to several questions. */
export interface Placed extends Entry {
  /** Of the question. */
  place: number;
}

export function getOf({ partition, keys }: Get): Bound {
  return { statement: statements.get, values: [stored(partition), keys.map(stored)] };
}

export function getManyOf(asked: readonly Get[]): Bound {
  const columns: [places: unknown[], partitions: unknown[], keys: unknown[]] = [[], [], []];
  for (const [place, { partition, keys }] of asked.entries())
    for (const key of new Set(keys)) append(columns, place, stored(partition), stored(key));
  return { statement: statements.get_many, values: columns };
}

export function listOf({ partition, range }: List): Bound {
  const { from, beyond, to } = boundsOf(range);
  const values = [stored(partition), range.limit, stored(from)];
  if (to !== undefined) values.push(stored(to));
  return { statement: statements.list(beyond, to !== undefined, range.reverse === true), values };
}

/** Whether a range begins where its prefix does, and ends somewhere: of several such a statement can be made. */
export function isBeginning(range: Range): boolean {
  const { beyond, to } = boundsOf(range);
  return !beyond && to !== undefined && range.reverse !== true;
}

export function listManyOf(asked: readonly List[]): Bound {
  const columns: unknown[][] = [[], [], [], [], []];
  for (const [place, { partition, range }] of asked.entries()) {
    const { from, to } = boundsOf(range);
    append(columns, place, stored(partition), range.limit, stored(from), stored(to as string));
  }
  return { statement: statements.list_many, values: columns };
}

/** The rows of each of so many questions. */
export function byPlace(count: number, rows: readonly Placed[]): Entry[][] {
  const places: Entry[][] = Array.from({ length: count }, () => []);
  for (const row of rows) places[row.place]?.push(row);
  return places;
}

/** The number that a revision is; one that no entry has where it is none of ours. */
function revisionOf({ revision }: Batch["checks"][number]): string | null {
  return revision === null || /^[1-9]\d{0,17}$/.test(revision) ? revision : "-1";
}

/** Columns of what a commit checks and writes. */
interface Columns {
  checks: [keys: unknown[], revisions: unknown[]];
  /** What is checked to be absent. */
  added: [keys: unknown[], values: unknown[]];
  put: [keys: unknown[], values: unknown[]];
  deleted: [keys: unknown[]];
}

function columnsOf({ checks, writes }: Batch): Columns {
  const columns: Columns = { checks: [[], []], added: [[], []], put: [[], []], deleted: [[]] };
  const absent = new Set<string>();
  for (const check of checks) {
    append(columns.checks, stored(check.key), revisionOf(check));
    if (check.revision === null) absent.add(check.key);
  }
  // One statement writes a row once: the last write of each key.
  const last = new Map<string, Write>(writes.map((write) => [write.key, write]));
  for (const write of last.values()) {
    if (write.op === "delete") append(columns.deleted, stored(write.key));
    else
      append(
        absent.has(write.key) ? columns.added : columns.put,
        stored(write.key),
        storedValue(write.value),
      );
  }
  return columns;
}

/** One more element for each column. */
function append(columns: readonly unknown[][], ...row: readonly unknown[]): void {
  for (const [at, column] of columns.entries()) column.push(row[at]);
}

/** The values of columns, row by row. */
function rowByRow(columns: readonly (readonly unknown[])[]): unknown[] {
  return (columns[0] ?? []).flatMap((_, row) => columns.map((column) => column[row]));
}

/** A commit. */
export function commitOf(partition: string, batch: Batch): Bound {
  const { checks, added, put, deleted } = columnsOf(batch);
  const few = statements.commitOfFew({
    checks: checks[0].length,
    added: added[0].length,
    put: put[0].length,
    deleted: deleted[0].length,
  });
  if (few !== undefined)
    return {
      statement: few,
      values: [stored(partition), ...[checks, added, put, deleted].flatMap(rowByRow)],
    };
  const values = [stored(partition), ...checks, ...added, ...put];
  if (deleted[0].length === 0) return { statement: statements.commit.plain, values };
  return { statement: statements.commit.deleting, values: [...values, ...deleted] };
}

/** Several commits. Everybody waits for partitions in one order, so that nobody waits in a circle. */
export function commitManyOf(commits: readonly PartitionBatch[]): Bound {
  const all: [partitions: unknown[], ...columns: unknown[][]][] = [
    [[], [], []],
    [[], [], []],
    [[], [], []],
    [[], []],
  ];
  for (const { partition, batch } of commits) {
    const { checks, added, put, deleted } = columnsOf(batch);
    for (const [kind, columns] of [checks, added, put, deleted].entries()) {
      const [partitions, ...others] = all[kind] as (typeof all)[0];
      for (const _ of columns[0]) partitions.push(stored(partition));
      for (const [at, column] of columns.entries()) (others[at] as unknown[]).push(...column);
    }
  }
  const sorted = commits.map(({ partition }) => stored(partition)).sort();
  const deleted = all.pop() as (typeof all)[0];
  const values = [sorted, ...all.flat()];
  if (deleted[0].length === 0) return { statement: statements.commit_many.plain, values };
  return { statement: statements.commit_many.deleting, values: [...values, ...deleted] };
}

/** The outcome of a commit; none where another commit to the partition came between. */
export function resultOf(rows: readonly Outcome[]): CommitResult | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  if (first.revision !== null) return { ok: true, revision: first.revision };
  return { ok: false, stale: rows.map(({ key }) => plain(key as string)) };
}

/** The outcome of each of several commits. */
export function resultsOf(
  commits: readonly PartitionBatch[],
  rows: readonly Outcome[],
): (CommitResult | undefined)[] {
  const found = new Map<string | undefined, Outcome[]>();
  for (const row of rows) {
    const others = found.get(row.partition);
    if (others === undefined) found.set(row.partition, [row]);
    else others.push(row);
  }
  return commits.map(({ partition }) => resultOf(found.get(stored(partition)) ?? []));
}
