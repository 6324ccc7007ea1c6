/** What the suite for stores says of an adapter that is wrong: soon, and in words that lead to the mistake. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createLedger,
  type StoredEntry as Entry,
  memoryStorage,
  type Storage,
  type SyncStorage,
} from "sms-ledger";
import { type Subject, skippedLaws, storageConformance } from "sms-ledger/testing";
import { catalog, noon } from "./support/ledgers.ts";

/** What each law says that does not hold. */
async function said(subject: Subject): Promise<string[]> {
  const messages: string[] = [];
  for (const { run } of storageConformance(subject))
    await run().catch((error: Error) => messages.push(error.message));
  return messages;
}

const memory = (): SyncStorage => ({ ...memoryStorage(), limits: { checks: 64, writes: 64 } });

/** A store with some callbacks of its own. */
function altered(alter: (memory: SyncStorage) => Partial<Storage>): Subject {
  return { open: () => ({ ...memory(), ...alter(memoryStorage()) }), timeoutMs: 1_000 };
}

/** That every message is one of these, and that there are some. */
function only(messages: string[], ...allowed: RegExp[]): void {
  assert.ok(messages.length > 0);
  for (const message of messages)
    assert.ok(
      allowed.some((words) => words.test(message)),
      message,
    );
}

const mapped = (entry: Entry | null, map: (text: string) => string): Entry | null =>
  entry && { ...entry, value: map(entry.value) };

describe("the suite tells", () => {
  test("`undefined` from null", async () => {
    const messages = await said(
      altered((memory) => ({
        ...memory,
        get: (p, keys) => memory.get(p, keys).map((entry) => entry ?? (undefined as unknown as null)),
      })),
    );
    only(messages, /^the storage's `get` answered `undefined` at \d+; it must be an entry or null$/);
  });

  test("a `commitMany` that nobody has named", async () => {
    const wrong = altered((memory) => ({ ...memory, commitMany: () => [] }));
    only(await said(wrong), /`many: true`/);
    only(
      await said({ ...wrong, many: true }),
      /^the storage's `commitMany` answered 0 results for \d+ commits/,
    );
    const skipped = skippedLaws(wrong).filter(({ reason }) => reason === "the subject has no `many`");
    assert.equal(skipped.length, 5);
    assert.deepEqual(await said({ open: memory }), []);
  });

  test("a cursor that is included, and comes to an end", async () => {
    const messages = await said(
      altered((memory) => ({
        ...memory,
        list: (p, { cursor, ...range }) => {
          const all = memory.list(p, { ...range, limit: 1_000_000 });
          const from = all.findIndex(({ key }) => key === cursor);
          return all.slice(Math.max(from, 0), Math.max(from, 0) + range.limit);
        },
      })),
    );
    only(messages, /`k\/.*` at 0, which is the cursor itself/, /out of byte order/);
    assert.match(messages.join("\n"), /the cursor itself/);
  });

  test("characters that look the same", async () => {
    const values = await said(
      altered((memory) => ({
        ...memory,
        get: (p, keys) => memory.get(p, keys).map((entry) => mapped(entry, (text) => text.normalize("NFC"))),
        list: (p, range) => memory.list(p, range),
      })),
    );
    only(values, /: at \d+ of \d+ units U\+0065 has become U\+00E9: expected ".*e\\u\{301\}/);
    const keys = await said(
      altered((memory) => ({
        ...memory,
        get: (p, names) =>
          memory.get(p, names).map((entry) => entry && { ...entry, key: entry.key.normalize("NFC") }),
      })),
    );
    only(keys, /answered the key `k\/\\u\{e9\}` at 0 instead of `k\/e\\u\{301\}`/);
  });

  test("long values that are cut", async () => {
    const messages = await said(
      altered((memory) => ({
        ...memory,
        get: (p, keys) => memory.get(p, keys).map((entry) => mapped(entry, (text) => text.slice(0, 16_384))),
      })),
    );
    only(messages, /: got only the first [\d,]+ of [\d,]+ bytes: expected /);
    assert.match(messages.join("\n"), /got only the first 16,384 of 32,768 bytes/);
    for (const message of messages) assert.ok(message.length < 600, message);
  });

  test("a commit that answers nothing", async () => {
    const messages = await said(altered((memory) => ({ ...memory, commit: () => undefined as never })));
    only(
      messages,
      /`commit` must answer `\{ ok: true, revision \}` or `\{ ok: false, stale \}`, not `undefined`/,
    );
  });

  test("a refusal of what it has applied", async () => {
    const messages = await said(
      altered((memory) => ({
        ...memory,
        commit(p, batch) {
          const result = memory.commit(p, batch);
          return batch.checks.length === 0 ? { ok: false, stale: [] } : result;
        },
      })),
    );
    assert.match(messages.join("\n"), /^a commit without checks was refused, and its writes are there$/m);
  });

  test("a subject that gives no store", async () => {
    const nothing = { open: () => undefined as never };
    only(
      await said(nothing),
      /^`open` must give a store, an object with `get`, `list` and `commit`, not "undefined"$/,
    );
    const misspelt = { opens: memory } as never;
    for (const call of [storageConformance, skippedLaws])
      assert.throws(() => call(misspelt), { code: "INVALID_INPUT", message: /^`opens` is no property/ });
    assert.throws(() => storageConformance({} as never), { message: /^`open` must be a function/ });
  });

  test("a callback that never settles", async () => {
    const never = {
      ...altered((memory) => ({ ...memory, get: () => new Promise<never>(() => {}) })),
      timeoutMs: 5,
    };
    only(await said(never), /^`get` has not settled for 5 ms$/, /a commit/);
  });
});

describe("a ledger over an adapter that breaks the contract", () => {
  test("says so, and not that it may be tried again", async () => {
    const storage = {
      ...memoryStorage(),
      get: (_: string, keys: readonly string[]) => keys.map(() => undefined) as never,
    };
    const ledger = createLedger({ storage, catalog, now: () => noon });
    await assert.rejects(ledger.balance({ account: "acme" }), {
      code: "STORAGE_UNAVAILABLE",
      message: /`get` answered `undefined` at 0; it must be an entry or null/,
      retryable: false,
    });
  });
});
