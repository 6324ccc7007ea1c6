/** The laws of a second handle on the same data. */
import { fail, handlesOf, type Laws, plain, put, refused, type Subject, same } from "./store.ts";

export const reopening_laws: Laws = {
  "what was committed is there after reopening": async (store, subject) => {
    await store.put({ a: "1", "k/b": "2", gone: "" });
    await store.delete("gone");
    const before = await store.get("a", "k/b", "gone");
    const reopen = subject.reopen as NonNullable<Subject["reopen"]>;
    const again = await store.through("reopen", reopen(store.storage));
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
