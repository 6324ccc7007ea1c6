/** The laws of `commit`: what it writes, what its checks refuse, and that it does all or nothing. */
import { type Laws, put, refused, same } from "./store.ts";

export const commit_laws: Laws = {
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
};
