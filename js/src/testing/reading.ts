/** The laws of `get` and `list`: what they give, in which order, and how ranges are cut. */
import { type Laws, plain, type Store, same } from "./store.ts";

/** Keys in byte order. In UTF-16 order U+10000 would come before U+FFFD, in many collations `B` behind `a`. */
export const ordered_keys: readonly string[] = [
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

export const reading_laws: Laws = {
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
    const listed = await store.list({ prefix: "k/", limit: 10 });
    same(listed.map(plain), [plain(await store.one("k/a")), plain(await store.one("k/b"))], "list");
  },
};
