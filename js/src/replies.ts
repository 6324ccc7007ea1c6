/**
 * What a storage callback may answer. Each check gives the answer in a form that can be relied on or throws a `Rubbish`
 * that names the callback and what it returned. What follows from a bad answer is the driver's matter.
 */
import { shown } from "./errors.ts";
import type { CommitResult, Entry, MaybePromise, Range } from "./storage/contract.ts";
import { compareKeys } from "./storage/order.ts";
import type { Lengths } from "./words.ts";

/** An answer that the contract does not allow. */
export class Rubbish extends Error {
  // What is thrown may be anything, a proxy that throws itself among others: only a brand can be asked for safely.
  readonly #rubbish = true;

  static is(thrown: unknown): thrown is Rubbish {
    return typeof thrown === "object" && thrown !== null && #rubbish in thrown && thrown.#rubbish;
  }
}

function refuse(callback: string, problem: string): never {
  throw new Rubbish(`the storage's \`${callback}\` ${problem}`);
}

/** What was answered, with every character beyond ASCII by its number: two that look the same may differ. */
function told(reply: unknown): string {
  const text =
    typeof reply === "object" && reply !== null ? String(shown(reply)) : `\`${String(shown(reply))}\``;
  return text.replace(
    /[^ -~…]/gu,
    (character) => `\\u{${(character.codePointAt(0) as number).toString(16)}}`,
  );
}

export function isPromise<T>(reply: MaybePromise<T>): reply is Promise<T> {
  return typeof reply === "object" && reply !== null && typeof (reply as Promise<T>).then === "function";
}

function wellFormed(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

/** Checks the answer to `get` and hands it on. */
export function takeEntries(reply: unknown, keys: readonly string[], into: Lengths): void {
  if (!Array.isArray(reply)) refuse("get", `must answer an array, not ${told(reply)}`);
  if (reply.length !== keys.length) {
    refuse("get", `answered ${reply.length} entries for ${keys.length} keys; it must be one for each key`);
  }
  for (const [index, key] of keys.entries()) {
    const entry: unknown = reply[index];
    if (entry === null) into.none();
    else takeEntry("get", `at ${index}`, entry, key, into);
  }
}

function takeEntry(callback: string, place: string, reply: unknown, expected: string, into: Lengths): void {
  if (typeof reply !== "object" || reply === null) {
    refuse(
      callback,
      `answered ${told(reply)} ${place}; it must be an entry${callback === "get" ? " or null" : ""}`,
    );
  }
  const { key, value, revision } = reply as Partial<Record<keyof Entry, unknown>>;
  if (key !== expected)
    refuse(callback, `answered the key ${told(key)} ${place} instead of ${told(expected)}`);
  if (!wellFormed(value)) refuse(callback, `answered a \`value\` ${place} that is no well-formed string`);
  if (!wellFormed(revision))
    refuse(callback, `answered a \`revision\` ${place} that is no well-formed string`);
  into.string(value);
  into.string(revision);
}

/** Checks the answer to `list` and hands it on. */
export function takeRange(reply: unknown, range: Range, into: Lengths): void {
  if (!Array.isArray(reply)) refuse("list", `must answer an array, not ${told(reply)}`);
  const { length } = reply;
  if (length > range.limit) refuse("list", `answered ${length} entries; the limit was ${range.limit}`);
  into.number(length);
  let last = range.cursor;
  for (let index = 0; index < length; index++)
    last = takeListed(`at ${index}`, reply[index], range, last, into);
}

function takeListed(
  place: string,
  entry: unknown,
  range: Range,
  last: string | undefined,
  into: Lengths,
): string {
  const key: unknown = (entry as { key?: unknown } | null)?.key;
  if (!wellFormed(key)) refuse("list", `answered a \`key\` ${place} that is no well-formed string`);
  if (!key.startsWith(range.prefix)) {
    refuse("list", `answered \`${key}\` ${place}, which is not under \`${range.prefix}\``);
  }
  if (last !== undefined) {
    if (key === range.cursor)
      refuse(
        "list",
        `answered ${told(key)} ${place}, which is the cursor itself: it must answer what is beyond`,
      );
    const order = compareKeys(last, key);
    if (range.reverse === true ? order <= 0 : order >= 0) {
      refuse("list", `answered \`${key}\` ${place} behind \`${last}\`, out of byte order`);
    }
  }
  into.string(key);
  takeEntry("list", place, entry, key, into);
  return key;
}

/** The answer to `commit`, checked: exactly one of the two that there are. */
export function takeCommit(reply: unknown, callback: string = "commit"): CommitResult {
  if (typeof reply === "object" && reply !== null) {
    const { ok, revision, stale } = reply as { ok?: unknown; revision?: unknown; stale?: unknown };
    if (ok === true && wellFormed(revision)) return { ok, revision };
    if (ok === false && Array.isArray(stale)) {
      // Copied before it is checked: what was checked is what the module gets, whatever getters do.
      const keys: unknown[] = Array.from({ length: stale.length }, (_, index): unknown => stale[index]);
      if (keys.every(wellFormed)) return { ok, stale: keys };
    }
  }
  return refuse(
    callback,
    `must answer \`{ ok: true, revision }\` or \`{ ok: false, stale }\`, not ${told(reply)}`,
  );
}

/** One of the answers to `commitMany`: what `commit` would have answered, unchecked, or why its outcome is unknown. */
export type OneOfMany = { reply: unknown } | { error: unknown };

/** The answers to `commitMany`: one for each commit. */
export function takeMany(reply: unknown, count: number): OneOfMany[] {
  if (!Array.isArray(reply)) refuse("commitMany", `must answer an array, not ${told(reply)}`);
  if (reply.length !== count)
    refuse("commitMany", `answered ${reply.length} results for ${count} commits; it must be one for each`);
  return reply.map((result: unknown) =>
    typeof result === "object" && result !== null && Object.hasOwn(result, "error")
      ? { error: (result as { error: unknown }).error }
      : { reply: result },
  );
}
