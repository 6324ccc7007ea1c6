/**
 * The laws of a store as tests, for whoever writes an adapter. No framework and no host is needed: each law has a name
 * and runs by itself, in Node, a worker or a browser.
 *
 *     for (const { name, run } of storageConformance({ open })) test(name, run);
 */
import type { Batch, CommitResult, Entry, MaybePromise, Storage } from "./storage/contract.ts";

export interface Subject {
  /** A store, which may hold anything already: each law works in partitions of its own. */
  open(): MaybePromise<Storage>;
  /**
   * The same data through a fresh handle, such as a second connection or after a restart; the first one is used on.
   * Without it the laws of durability and of two handles are left out.
   */
  reopen?(storage: Storage): MaybePromise<Storage>;
}

/** One test; `run` rejects where the law is broken. */
export interface Law {
  name: string;
  run(): Promise<void>;
}

type Body = (store: Store, subject: Subject) => Promise<void>;

function fail(message: string): never {
  throw new Error(message);
}

function same(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) fail(`${what}: expected ${brief(right)}, got ${brief(left)}`);
}

/** A commit that was refused for just these keys. */
function refused(result: CommitResult, keys: readonly string[], what: string): void {
  const stale: unknown = result.ok ? "applied" : result.stale;
  same(Array.isArray(stale) ? [...stale].sort() : stale, [...keys].sort(), what);
}

/** An entry in one order of properties. */
function plain(entry: Entry | null): Entry | null {
  return entry && { key: entry.key, value: entry.value, revision: entry.revision };
}

function brief(json: string | undefined): string {
  const text = String(json);
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} units)` : text;
}

let partitions = 0;
const run_id = Math.random().toString(36).slice(2, 10);

/** A partition that nobody has used before. */
function freshPartition(): string {
  partitions += 1;
  return `conformance-${run_id}-${partitions}`;
}

/** A storage and a partition of it, with words for what the laws do over and over. */
class Store {
  readonly storage: Storage;
  readonly partition: string;

  constructor(storage: Storage, partition: string = freshPartition()) {
    this.storage = storage;
    this.partition = partition;
  }

  async get(...keys: string[]): Promise<readonly (Entry | null)[]> {
    return this.storage.get(this.partition, keys);
  }

  async one(key: string): Promise<Entry> {
    const [entry] = await this.get(key);
    return entry ?? fail(`the entry \`${key}\` is missing`);
  }

  async value(key: string): Promise<string | null> {
    const [entry] = await this.get(key);
    return entry?.value ?? null;
  }

  async revision(key: string): Promise<string> {
    return (await this.one(key)).revision;
  }

  async keys(
    prefix: string,
    range: { cursor?: string; limit?: number; reverse?: boolean } = {},
  ): Promise<string[]> {
    const { limit = 1_000, ...rest } = range;
    const entries = await this.storage.list(this.partition, { prefix, limit, ...rest });
    return entries.map(({ key }) => key);
  }

  async commit(checks: Batch["checks"], writes: Batch["writes"]): Promise<CommitResult> {
    return this.storage.commit(this.partition, { checks, writes });
  }

  /** Writes without a check; gives the revision. */
  async put(documents: Record<string, string>): Promise<string> {
    const result = await this.commit(
      [],
      Object.entries(documents).map(([key, value]) => put(key, value)),
    );
    return result.ok ? result.revision : fail("a commit without checks was refused");
  }

  async delete(...keys: string[]): Promise<void> {
    const result = await this.commit(
      [],
      keys.map((key) => ({ op: "delete", key })),
    );
    if (!result.ok) fail("a commit without checks was refused");
  }
}

const put = (key: string, value: string): { op: "put"; key: string; value: string } => ({
  op: "put",
  key,
  value,
});

/** Keys in byte order. In UTF-16 order U+10000 would come before U+FFFD, in many collations `B` behind `a`. */
const ordered_keys = [
  "k/",
  "k/ ",
  'k/"quoted"',
  "k/%",
  "k/'",
  "k/-",
  "k/0",
  "k/00",
  "k/10",
  "k/2",
  "k/B",
  "k/[",
  "k/\\",
  "k/_",
  "k/a",
  "k/aa",
  "k/a~",
  "k/b",
  "k/~",
  "k/é",
  "k/世",
  "k/\ufffd",
  "k/𐀀",
  "k/😀",
];

function shuffled<T>(items: readonly T[]): T[] {
  // A fixed stride that shares no factor with the length visits every item once: a shuffle that repeats itself.
  const stride = items.length % 7 === 0 ? 5 : 7;
  return items.map((_, index) => items[(index * stride) % items.length] as T);
}

async function withOrderedKeys(store: Store): Promise<void> {
  const documents = Object.fromEntries(shuffled(ordered_keys).map((key) => [key, `value of ${key}`]));
  same(Object.keys(documents).length, ordered_keys.length, "the suite's own keys");
  await store.put({
    ...documents,
    j: "before",
    "j/z": "before",
    k: "before",
    k0: "behind",
    l: "behind",
    "K/a": "before",
  });
}

/** Text that stores have been known to change: NUL, controls, BOM, combining and astral characters, spaces at the ends. */
const awkward_texts: readonly string[] = [
  "",
  " ",
  "  spaces at both ends  ",
  "\n\r\n\t",
  "\0",
  "a\0b\0",
  "\u0001\u001f\u007f\u0085\u2028\u2029",
  "\ufeffbyte order mark",
  "é e\u0301 ﬁ \u1e9b\u0323",
  "👨‍👩‍👧‍👦 🇦🇺 𝒳 \u{10ffff}",
  "\ud7ff\ue000\ufffe\uffff",
  "' \" ` \\ % _ $1 ?1 :a @a -- /* */ ; {} [] null undefined NaN",
  "0123",
  "1e400",
  "true",
  '{"json":"\\u0000"}',
];

/** 32 KiB of UTF-8, the largest value that the ledger writes. */
const value_bytes_max = 32 * 1024;

const laws: Record<string, Body> = {
  "an unknown partition has no entries": async (store) => {
    same(await store.get("a", "b"), [null, null], "get");
    same(await store.keys(""), [], "list");
  },

  "a get of no keys gives no entries": async (store) => {
    same(await store.get(), [], "get");
  },

  "get gives entries in the order asked, null where absent, one for each time a key is asked": async (
    store,
  ) => {
    const revision = await store.put({ b: "2", a: "1", c: "3" });
    const entry = (key: string, value: string) => ({ key, value, revision });
    const got = (await store.get("c", "x", "a", "c", "b")).map(plain);
    same(got, [entry("c", "3"), null, entry("a", "1"), entry("c", "3"), entry("b", "2")], "get");
  },

  "many keys are got at once": async (store) => {
    const keys = Array.from({ length: 300 }, (_, index) => `k${index}`);
    await store.put(Object.fromEntries(keys.map((key) => [key, `${key}!`])));
    const found = await store.get(...keys.toReversed());
    same(
      found.map((entry) => entry?.value),
      keys.toReversed().map((key) => `${key}!`),
      "get",
    );
  },

  "list gives what is under a prefix, in byte order": async (store) => {
    await withOrderedKeys(store);
    same(await store.keys("k/"), ordered_keys, "the prefix");
    same(await store.keys("k/a"), ["k/a", "k/aa", "k/a~"], "a longer prefix");
    same(await store.keys("k/%"), ["k/%"], "a prefix that looks like a pattern");
    same(await store.keys("k/_"), ["k/_"], "a prefix that looks like a pattern");
    same(await store.keys("k/\\"), ["k/\\"], "a prefix with a backslash");
    same(await store.keys("k/é"), ["k/é"], "a prefix beyond ASCII");
    same(await store.keys("k/\u{1f600}"), ["k/😀"], "a prefix beyond U+FFFF");
    same(await store.keys("nothing"), [], "a prefix of nothing");
  },

  "the empty prefix gives everything": async (store) => {
    await store.put({ b: "2", a: "1", "\u{10ffff}z": "4", z: "3" });
    same(await store.keys(""), ["a", "b", "z", "\u{10ffff}z"], "list");
    same(await store.keys("", { reverse: true }), ["\u{10ffff}z", "z", "b", "a"], "list in reverse");
    same(await store.keys("\u{10ffff}"), ["\u{10ffff}z"], "the last prefix there is");
  },

  "list in reverse gives the same, backwards": async (store) => {
    await withOrderedKeys(store);
    same(await store.keys("k/", { reverse: true }), ordered_keys.toReversed(), "list");
  },

  "a cursor is excluded, whether it exists or not": async (store) => {
    await store.put({ "k/a": "", "k/b": "", "k/c": "", "k/d": "", l: "" });
    same(await store.keys("k/", { cursor: "k/b" }), ["k/c", "k/d"], "behind an entry");
    same(await store.keys("k/", { cursor: "k/bb" }), ["k/c", "k/d"], "behind a gap");
    same(await store.keys("k/", { cursor: "k/d" }), [], "behind the last");
    same(await store.keys("k/", { cursor: "k/b", reverse: true }), ["k/a"], "before an entry");
    same(await store.keys("k/", { cursor: "k/bb", reverse: true }), ["k/b", "k/a"], "before a gap");
    same(await store.keys("k/", { cursor: "k/a", reverse: true }), [], "before the first");
  },

  "a cursor outside the prefix bounds nothing or everything": async (store) => {
    await store.put({ "j/z": "", "k/a": "", "k/b": "", "l/a": "" });
    same(await store.keys("k/", { cursor: "a" }), ["k/a", "k/b"], "a cursor before the prefix");
    same(await store.keys("k/", { cursor: "z" }), [], "a cursor behind the prefix");
    same(
      await store.keys("k/", { cursor: "z", reverse: true }),
      ["k/b", "k/a"],
      "a cursor behind, in reverse",
    );
    same(await store.keys("k/", { cursor: "a", reverse: true }), [], "a cursor before, in reverse");
  },

  "a limit cuts, and pages by cursor miss and repeat nothing": async (store) => {
    await withOrderedKeys(store);
    same(await store.keys("k/", { limit: 3 }), ordered_keys.slice(0, 3), "the first three");
    same(
      await store.keys("k/", { limit: 3, reverse: true }),
      ordered_keys.toReversed().slice(0, 3),
      "the last three",
    );
    for (const reverse of [false, true]) {
      const seen: string[] = [];
      for (let page = await store.keys("k/", { limit: 5, reverse }); page.length > 0; ) {
        seen.push(...page);
        page = await store.keys("k/", { limit: 5, reverse, cursor: page.at(-1) as string });
      }
      same(seen, reverse ? ordered_keys.toReversed() : ordered_keys, "all pages");
    }
  },

  "values and revisions are listed as they are got": async (store) => {
    await store.put({ "k/a": "1" });
    await store.put({ "k/b": "2" });
    const listed = await store.storage.list(store.partition, { prefix: "k/", limit: 10 });
    same(listed.map(plain), [plain(await store.one("k/a")), plain(await store.one("k/b"))], "list");
  },

  "values come back to the byte": async (store) => {
    const documents = Object.fromEntries(awkward_texts.map((value, index) => [`v/${index}`, value]));
    await store.put(documents);
    for (const [key, value] of Object.entries(documents))
      same(await store.value(key), value, `the value of ${key}`);
    const listed = await store.storage.list(store.partition, { prefix: "v/", limit: 100 });
    for (const { key, value } of listed) same(value, documents[key], `the listed value of ${key}`);
    same(listed.length, awkward_texts.length, "the number of values");
  },

  "values of 32 KiB come back to the byte": async (store) => {
    const ascii = "x".repeat(value_bytes_max);
    const wide = "😀".repeat(value_bytes_max / 4);
    const mixed = "aé世😀\0".repeat(Math.floor(value_bytes_max / 11));
    await store.put({ ascii, wide, mixed });
    same(await store.value("ascii"), ascii, "ASCII");
    same(await store.value("wide"), wide, "four bytes a character");
    same(await store.value("mixed"), mixed, "mixed");
  },

  "keys come back to the byte": async (store) => {
    const keys = ordered_keys.concat("k/trailing ", "k/tab\t", "k/CASE", "k/case", "k/é", "k/e\u0301");
    await store.put(Object.fromEntries(keys.map((key) => [key, `value of ${key}`])));
    for (const key of keys)
      same(await store.value(key), `value of ${key}`, `the value of ${JSON.stringify(key)}`);
  },

  "a put replaces, and changes the revision even where the value stays": async (store) => {
    const first = await store.put({ a: "1" });
    same(await store.revision("a"), first, "the revision that the commit returned");
    const second = await store.put({ a: "2" });
    same(await store.value("a"), "2", "the value");
    same(await store.revision("a"), second, "the revision");
    const third = await store.put({ a: "2" });
    same(new Set([first, second, third]).size, 3, "the number of revisions");
  },

  "every entry of a commit gets its revision, the others keep theirs": async (store) => {
    const first = await store.put({ a: "1", b: "1", c: "1" });
    const second = await store.put({ a: "2", b: "2" });
    same(
      (await store.get("a", "b", "c")).map((entry) => entry?.revision),
      [second, second, first],
      "the revisions",
    );
  },

  "a delete removes, and may name what is absent": async (store) => {
    await store.put({ "k/a": "1", "k/b": "2" });
    await store.delete("k/a", "k/missing");
    same(await store.value("k/a"), null, "the deleted entry");
    same(await store.keys("k/"), ["k/b"], "what is left");
    await store.put({ "k/a": "3" });
    same(await store.keys("k/"), ["k/a", "k/b"], "after it was put again");
    same(await store.value("k/a"), "3", "the new value");
  },

  "a revision is not used again after a delete": async (store) => {
    const seen = new Set<string>();
    for (let round = 0; round < 4; round++) {
      seen.add(await store.put({ a: "1" }));
      await store.delete("a");
    }
    same(seen.size, 4, "the number of revisions");
    const [stale] = [...seen].toReversed();
    await store.put({ a: "1" });
    const result = await store.commit([{ key: "a", revision: stale as string }], [put("a", "2")]);
    same(result.ok, false, "a commit by the revision of a deleted entry");
  },

  "a check of the present revision passes": async (store) => {
    const revision = await store.put({ head: "1" });
    const result = await store.commit([{ key: "head", revision }], [put("head", "2"), put("new", "1")]);
    same(result.ok, true, "the commit");
    same([await store.value("head"), await store.value("new")], ["2", "1"], "the values");
  },

  "an absent check passes for what is absent and is stale for what is there": async (store) => {
    const result = await store.commit([{ key: "a", revision: null }], [put("a", "1")]);
    same(result.ok, true, "the first commit");
    refused(await store.commit([{ key: "a", revision: null }], [put("a", "2")]), ["a"], "the second");
    same(await store.value("a"), "1", "the value");
    await store.delete("a");
    same((await store.commit([{ key: "a", revision: null }], [put("a", "3")])).ok, true, "after a delete");
  },

  "a check of a revision is stale for what is absent": async (store) => {
    const revision = await store.put({ a: "1" });
    await store.delete("a");
    refused(await store.commit([{ key: "a", revision }], [put("b", "1")]), ["a"], "the commit");
    refused(await store.commit([{ key: "never", revision }], []), ["never"], "a key never put");
    refused(await store.commit([{ key: "never", revision: "made up" }], []), ["never"], "made up");
  },

  "a refusal names the stale keys and no others": async (store) => {
    const old = await store.put({ a: "1", b: "1", c: "1", d: "1" });
    await store.put({ b: "2", d: "2" });
    const checks = [
      { key: "a", revision: old },
      { key: "b", revision: old },
      { key: "c", revision: null },
      { key: "d", revision: old },
      { key: "e", revision: null },
    ];
    const result = await store.commit(checks, [put("a", "9")]);
    refused(result, ["b", "c", "d"], "the stale keys");
  },

  "a refused commit leaves no trace": async (store) => {
    const revision = await store.put({ a: "1", b: "1" });
    const stale = [{ key: "b", revision: null }];
    const writes = [put("a", "2"), put("new", "1"), { op: "delete" as const, key: "b" }];
    same((await store.commit([{ key: "a", revision }, ...stale], writes)).ok, false, "the commit");
    same(await store.keys(""), ["a", "b"], "the keys");
    same([await store.value("a"), await store.value("b")], ["1", "1"], "the values");
    same([await store.revision("a"), await store.revision("b")], [revision, revision], "the revisions");
  },

  "a commit may check without writing, and a check need not be written": async (store) => {
    const revision = await store.put({ a: "1" });
    same((await store.commit([{ key: "a", revision }], [])).ok, true, "a commit of no writes");
    same((await store.commit([{ key: "a", revision }], [put("b", "1")])).ok, true, "a commit of another key");
    same(await store.revision("a"), revision, "the checked entry's revision");
  },

  "a large commit is applied whole": async (store) => {
    const { checks = 256, writes = 256 } = store.storage.limits ?? {};
    const count = Math.min(checks, writes, 256);
    const keys = Array.from({ length: count }, (_, index) => `k/${String(index).padStart(4, "0")}`);
    const absent = keys.map((key) => ({ key, revision: null }));
    const result = await store.commit(
      absent,
      keys.map((key) => put(key, `${key} ${"x".repeat(250)}`)),
    );
    same(result.ok, true, "the commit");
    same(await store.keys("k/"), keys, "the keys");
    const again = await store.commit(
      absent,
      keys.map((key) => put(key, "again")),
    );
    refused(again, keys, "the stale keys of the same again");
  },

  "a partition is on its own, also where its name begins or looks like another's": async (store) => {
    const names = ["", "/", "/a", "-", "%", "_", "'", '"', "\\", " ", "é", "A"].map(
      (tail) => store.partition + tail,
    );
    const stores = names.map((name) => new Store(store.storage, name));
    for (const [index, each] of stores.entries()) await each.put({ a: `${index}`, [`only/${index}`]: "" });
    for (const [index, each] of stores.entries()) {
      same(await each.value("a"), `${index}`, `the value in \`${names[index]}\``);
      same(await each.keys("only/"), [`only/${index}`], `the keys in \`${names[index]}\``);
    }
    await (stores[2] as Store).delete("a");
    same(await store.value("a"), "0", "after a delete in another partition");
  },

  "of two writers one wins each round": (store, subject) => race(store, subject, 2),
  "of twenty writers one wins each round": (store, subject) => race(store, subject, 20),

  "of twenty writers of a new entry one wins": async (store, subject) => {
    const handles = await handlesOf(store, subject);
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, writer) => {
        const handle = handles[writer % handles.length] as Store;
        return handle.commit(
          [{ key: "a", revision: null }],
          [put("a", `${writer}`), put(`by/${writer}`, "")],
        );
      }),
    );
    same(results.filter(({ ok }) => ok).length, 1, "the number of winners");
    same(await store.keys("by/"), [`by/${await store.value("a")}`], "the winner's writes");
  },
};

/** Laws that need a second handle. */
const reopening_laws: Record<string, Body> = {
  "what was committed is there after reopening": async (store, subject) => {
    await store.put({ a: "1", "k/b": "2", gone: "" });
    await store.delete("gone");
    const before = await store.get("a", "k/b", "gone");
    const again = new Store(
      await (subject.reopen as NonNullable<Subject["reopen"]>)(store.storage),
      store.partition,
    );
    same((await again.get("a", "k/b", "gone")).map(plain), before.map(plain), "the entries");
    const next = await again.put({ a: "3" });
    if (before.some((entry) => entry?.revision === next)) fail("a revision was used again after reopening");
  },

  "one handle sees at once what the other committed": async (store, subject) => {
    const [, other] = await handlesOf(store, subject);
    if (other === undefined) fail("`reopen` gave nothing");
    const first = await store.put({ a: "1" });
    same(await other.value("a"), "1", "the value through the other handle");
    same(
      (await other.commit([{ key: "a", revision: first }], [put("a", "2")])).ok,
      true,
      "the other's commit",
    );
    refused(await store.commit([{ key: "a", revision: first }], [put("a", "3")]), ["a"], "a late one");
    same(await store.value("a"), "2", "the value");
  },
};

/** The store, and a second handle on it where there is one. */
async function handlesOf(store: Store, subject: Subject): Promise<Store[]> {
  if (subject.reopen === undefined) return [store];
  return [store, new Store(await subject.reopen(store.storage), store.partition)];
}

const rounds = 10;

/** Writers read one counter and commit it raised, all at once: each round raises it by one and no more. */
async function race(store: Store, subject: Subject, writers: number): Promise<void> {
  const handles = await handlesOf(store, subject);
  await store.put({ counter: "0" });
  for (let round = 0; round < rounds; round++) {
    // Everybody has read before anybody writes.
    const writing = Array.from({ length: writers }, (_, writer) => handles[writer % handles.length] as Store);
    const read = await Promise.all(writing.map((handle) => handle.one("counter")));
    const results = await Promise.all(
      writing.map((handle, writer) => {
        const { value, revision } = read[writer] as Entry;
        const writes = [put("counter", String(Number(value) + 1)), put(`${round}/${writer}`, "")];
        return handle.commit([{ key: "counter", revision }], writes);
      }),
    );
    same(results.filter(({ ok }) => ok).length, 1, `the winners of round ${round}`);
    for (const result of results)
      if (!result.ok) same(result.stale, ["counter"], "the stale keys of a loser");
    same((await store.keys(`${round}/`)).length, 1, `the writes of round ${round}`);
  }
  same(await store.value("counter"), String(rounds), "the counter in the end");
}

/** Every law of docs/storage as a test of its own. */
export function storageConformance(subject: Subject): Law[] {
  const chosen = { ...laws, ...(subject.reopen === undefined ? {} : reopening_laws) };
  return Object.entries(chosen).map(([name, body]) => ({
    name,
    run: async () => body(new Store(await subject.open()), subject),
  }));
}
