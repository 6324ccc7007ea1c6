/** The laws of several writers at once, through one handle or two. */
import type { Batch, Entry } from "../storage/contract.ts";
import { fail, handlesOf, type Laws, put, type Store, type Subject, same } from "./store.ts";

export const writer_laws: Laws = {
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

  "writers who try again all come to an end": async (store, subject) => {
    const handles = await handlesOf(store, subject);
    await store.put({ counter: "0" });
    const raise = async (handle: Store): Promise<void> => {
      for (let tries = 0; tries < raise_tries_max; tries++) {
        const { value, revision } = await handle.one("counter");
        const raised = [put("counter", String(Number(value) + 1))];
        if ((await handle.commit([{ key: "counter", revision }], raised)).ok) return;
      }
      fail(`a writer lost ${raise_tries_max} races in a row`);
    };
    await Promise.all(
      Array.from({ length: 20 }, (_, writer) => raise(handles[writer % handles.length] as Store)),
    );
    same(await store.value("counter"), "20", "the counter in the end");
  },

  "writers of different partitions do not stand in each other's way": async (store, subject) => {
    const handles = await handlesOf(store, subject);
    const writing = Array.from({ length: 20 }, async (_, writer) => {
      const own = (handles[writer % handles.length] as Store).beside(`${store.partition}-${writer}`);
      let checks: Batch["checks"] = [{ key: "a", revision: null }];
      for (let round = 0; round < rounds; round++) {
        const result = await own.commit(checks, [put("a", `${round}`), put(`${round}`, `${writer}`)]);
        if (!result.ok) fail("a commit was refused that nobody else had a part in");
        checks = [{ key: "a", revision: result.revision }];
      }
      same((await own.keys("")).length, rounds + 1, "the entries of a partition");
    });
    await Promise.all(writing);
  },
};

const rounds = 10;

/** Of twenty writers one wins each time that all have tried, so that the last wins at its twentieth try at the latest. */
const raise_tries_max = 100;

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
