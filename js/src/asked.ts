/** What the engine asks of the storage, out of its words: reads, and the batches of commits. */
import { ownOf } from "./errors.ts";
import { takeEntries, takeRange } from "./replies.ts";
import type { Batch, Range, Write } from "./storage/contract.ts";
import { Lengths, type Words } from "./words.ts";

const PUT = 1;
const DELETE = 2;
const PUT_NEW = 3;
const PUT_AT = 4;

/** A READ on its way. */
export interface Reading {
  read: number;
  tries: number;
  partition: string;
  keys: string[];
  ranges: Range[];
  /** Replies taken: the keys are the first, if there are any, each range one more. */
  step: number;
  into: Lengths;
}

export function take(job: Reading, reply: unknown): void {
  const range = job.ranges[job.step - 1];
  if (range === undefined) takeEntries(reply, job.keys, job.into);
  else takeRange(reply, range, job.into);
  job.step += 1;
}

/** A READ. */
export function reading(words: Words): Reading {
  const read = words.number();
  const tries = words.number();
  const partition = words.string();
  const keys: string[] = [];
  for (let left = words.number(); left > 0; left--) keys.push(words.string());
  const ranges: Range[] = [];
  for (let left = words.number(); left > 0; left--) ranges.push(rangeOf(words));
  return { read, tries, partition, keys, ranges, step: 0, into: new Lengths() };
}

function rangeOf(words: Words): Range {
  const range = ownOf<Range>({ prefix: words.string(), limit: 0 });
  const cursor = words.optional();
  if (cursor !== undefined) range.cursor = cursor;
  range.limit = words.number();
  if (words.number() === 1) range.reverse = true;
  return range;
}

/** A commit's batch. What a key must be before the commit is said with its write, in which the key stands once. */
export function batchOf(words: Words): Batch {
  const checks: { key: string; revision: string | null }[] = [];
  const writes: Write[] = [];
  for (let left = words.number(); left > 0; left--) {
    const op = words.number();
    const key = words.string();
    if (op === PUT_NEW) checks.push({ key, revision: null });
    else if (op === PUT_AT) checks.push({ key, revision: words.string() });
    else if (op !== PUT && op !== DELETE)
      throw new Error(`the module asks for the write ${op}, which is nothing that the driver knows`);
    writes.push(op === DELETE ? { op: "delete", key } : { op: "put", key, value: words.string() });
  }
  return { checks, writes };
}
