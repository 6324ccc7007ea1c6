/** The laws of `commitMany`: several commits at once, each on its own terms. */
import type { Batch, ManyResult, PartitionBatch } from "../storage/contract.ts";
import {
  fail,
  failing_key,
  handlesOf,
  type Laws,
  put,
  refused,
  type Store,
  type Subject,
  same,
} from "./store.ts";

/** Commits that go together. */
const count = 24;

/** Partitions beside the law's own, in no order of their names. */
function partitionsOf({ partition }: Store): string[] {
  return Array.from({ length: count }, (_, index) => `${partition}/${(index * 7) % count}`);
}

const batchOf = (checks: Batch["checks"], writes: Batch["writes"]): Batch => ({ checks, writes });

/** The revision of a commit that had to be applied. */
function applied(result: ManyResult | undefined, what: string): string {
  if (result === undefined || "error" in result) return fail(`${what}: ${String(result?.error)}`);
  return result.ok ? result.revision : fail(`${what}: refused for ${result.stale.join(", ")}`);
}

/** What a store is held to whose subject says nothing of `commitMany`: the ledger uses it wherever it is. */
export const alone_laws: Laws = {
  "there is no `commitMany` unless the subject says so": async (store) => {
    if (store.storage.commitMany !== undefined)
      fail("the store has `commitMany`, which the ledger will use: have it held to its laws by `many: true`");
  },
};

export const many_laws: Laws = {
  "several commits at once are applied, each with its own revision, and answered in the order given": async (
    store,
  ) => {
    const partitions = partitionsOf(store);
    for (const round of ["1", "2"]) {
      const results = await store.commitMany(
        partitions.map((partition) => ({
          partition,
          batch: batchOf([], [put("a", `${partition} ${round}`), put("b\0\u0001", "世\0\u0001")]),
        })),
      );
      for (const [index, partition] of partitions.entries()) {
        const revision = applied(results[index], partition);
        const found = await store.beside(partition).get("a", "b\0\u0001");
        same(
          found.map((entry) => [entry?.value, entry?.revision]),
          [
            [`${partition} ${round}`, revision],
            ["世\0\u0001", revision],
          ],
          `the entries in \`${partition}\``,
        );
      }
    }
  },

  "of several commits at once those that are stale are refused, and no others": async (store) => {
    const stores = partitionsOf(store).map((partition) => store.beside(partition));
    const revisions = await Promise.all(stores.map((each) => each.put({ head: "1", gone: "1" })));
    await Promise.all(stores.filter((_, index) => index % 3 === 0).map((each) => each.put({ head: "2" })));
    const commits = stores.map(({ partition }, index) => ({
      partition,
      batch: batchOf(
        [
          { key: "head", revision: revisions[index] as string },
          { key: "new", revision: null },
          { key: "gone", revision: index % 4 === 1 ? null : (revisions[index] as string) },
        ],
        [put("head", "3"), put("new", "3"), { op: "delete" as const, key: "gone" }],
      ),
    }));
    const results = await store.commitMany(commits);
    for (const [index, each] of stores.entries()) {
      const result = results[index];
      const stale = [...(index % 3 === 0 ? ["head"] : []), ...(index % 4 === 1 ? ["gone"] : [])];
      if (stale.length === 0) applied(result, each.partition);
      else if (result === undefined || "error" in result) fail(`a stale commit must be refused`);
      else refused(result, stale, `the stale keys of commit ${index}`);
      const left = stale.length === 0 ? ["head", "new"] : ["gone", "head"];
      same(await each.keys(""), left, `the keys after commit ${index}`);
    }
  },

  "one commit, and none, may be committed as several": async (store) => {
    same(await store.commitMany([]), [], "no commits");
    const one = { partition: store.partition, batch: batchOf([], [put("a", "1")]) };
    const revision = applied((await store.commitMany([one]))[0], "the commit");
    same(await store.revision("a"), revision, "the revision");
  },

  "of several that commit to the same partitions at once, one wins each": async (store, subject) => {
    const handles = await handlesOf(store, subject);
    const partitions = partitionsOf(store);
    const commits = (writer: number): PartitionBatch[] =>
      (writer % 2 === 0 ? partitions : partitions.toReversed()).map((partition) => ({
        partition,
        batch: batchOf(
          [{ key: "head", revision: null }],
          [put("head", `${writer}`), put(`by/${writer}`, "")],
        ),
      }));
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, writer) =>
        (handles[writer % handles.length] as Store).commitMany(commits(writer)),
      ),
    );
    const wins = all.flat().filter((result) => !("error" in result) && result.ok).length;
    same(all.flat().filter((result) => "error" in result).length, 0, "the number of errors");
    same(wins, partitions.length, "the number of winners");
    for (const partition of partitions) {
      const each = store.beside(partition);
      same(
        await each.keys("by/"),
        [`by/${await each.value("head")}`],
        `the winner's writes in \`${partition}\``,
      );
    }
  },

  "of several commits at once one that fails fails by itself": async (store, { failing }: Subject) => {
    if (failing === undefined) return;
    const broken = await store.through("failing", failing(store.storage));
    const partitions = partitionsOf(store);
    const commits = partitions.map((partition, index) => ({
      partition,
      batch: batchOf([], [put("a", "1"), put(index === 5 ? failing_key : "b", "1")]),
    }));
    const results = await broken.commitMany(commits);
    for (const [index, partition] of partitions.entries()) {
      const keys = await store.beside(partition).keys("");
      const result = results[index];
      if (index !== 5) applied(result, partition);
      else if (result === undefined || !("error" in result)) fail("what cannot be written must fail");
      same(keys, index === 5 ? [] : ["a", "b"], `the keys after commit ${index}`);
    }
  },
};
