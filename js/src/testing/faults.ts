/** The laws of what goes wrong: whatever happens in the middle of a commit, all of it is there afterwards or nothing. */
import type { CommitResult } from "../storage/contract.ts";
import {
  fail,
  failing_key,
  type Laws,
  put,
  type Severable,
  type Store,
  type Subject,
  same,
} from "./store.ts";

/** How long what was asked of a store may take to settle once it has failed. */
const settle_ms_max = 15_000;

/** How a commit ended; `unknown` where it threw. */
type Ended = "applied" | "refused" | "unknown";

async function ended(commit: Promise<CommitResult>): Promise<Ended> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late_error), settle_ms_max);
  });
  try {
    return (await Promise.race([commit, late])).ok ? "applied" : "refused";
  } catch (error) {
    if (error === late_error) throw error;
    return "unknown";
  } finally {
    clearTimeout(timer);
  }
}

const late_error = new Error(`a commit has not settled within ${settle_ms_max / 1_000} s`);

/** A write whose value cannot be read. */
function unreadable(key: string): { op: "put"; key: string; value: string } {
  return {
    op: "put",
    key,
    get value(): string {
      throw new Error("this value cannot be read");
    },
  };
}

/** That a commit which fails in its middle throws, leaves no trace, and leaves the store as usable as before. */
async function failsWhole(store: Store, broken: Store, last: ReturnType<typeof put>): Promise<void> {
  const revision = await store.put({ a: "1", gone: "1" });
  const writes = [put("a", "2"), { op: "delete" as const, key: "gone" }, put("new", "1"), last];
  const end = await ended(broken.commit([{ key: "a", revision }], writes));
  same(end, "unknown", "how a commit ended that had to throw");
  same(await store.keys(""), ["a", "gone"], "the keys");
  same([await store.value("a"), await store.revision("a")], ["1", revision], "the checked entry");
  same(await broken.value("a"), "1", "the value through the handle that failed");
  same((await store.commit([{ key: "a", revision }], [put("a", "3")])).ok, true, "the next commit");
  same(await store.value("a"), "3", "the value in the end");
}

export const fault_laws: Laws = {
  "a commit that throws while it is read leaves no trace": (store) =>
    failsWhole(store, store, unreadable("b")),
};

export const failing_laws: Laws = {
  "an error in the middle of a commit leaves no trace": async (store, { failing }: Subject) => {
    const made = (failing as NonNullable<Subject["failing"]>)(store.storage);
    await failsWhole(store, await store.through("failing", made), put(failing_key, "1"));
  },
};

/** How many connections are broken off. */
const rounds = 12;
/** Writes of a commit that is cut off. */
const parts = 12;

/** Lets a commit come a little further each round: nowhere, some turns of the event loop, some milliseconds. */
async function wait(round: number): Promise<void> {
  for (let turn = 0; turn < round; turn++) await undefined;
  if (round > rounds / 2) await new Promise((resolve) => setTimeout(resolve, round - rounds / 2));
}

/**
 * Puts an end to what may still be on its way: once a commit by the head's revision is applied, none by an older one can be.
 */
async function settle(store: Store): Promise<void> {
  for (let tries = 0; tries < 20; tries++) {
    const { revision, value } = await store.one("head");
    if ((await store.commit([{ key: "head", revision }], [put("head", value)])).ok) return;
  }
  fail("no commit is applied any more by the revision that was just read");
}

async function severed({ storage, sever }: Severable, store: Store, round: number): Promise<Ended> {
  const handle = await store.through("severable", storage);
  const revision = await store.revision("head");
  const writes = Array.from({ length: parts }, (_, part) => put(`${round}/${part}`, "x".repeat(1_000)));
  const end = ended(handle.commit([{ key: "head", revision }], [put("head", `${round}`), ...writes]));
  await wait(round);
  await sever();
  return end;
}

export const severing_laws: Laws = {
  "a client that disconnects leaves its whole commit or nothing of it": async (store, { severable }) => {
    await store.put({ head: "none" });
    for (let round = 0; round < rounds; round++) {
      const subject = await (severable as NonNullable<Subject["severable"]>)(store.storage);
      const end = await severed(subject, store, round);
      await settle(store);
      const found = (await store.keys(`${round}/`)).length;
      const applied = (await store.value("head")) === `${round}`;
      same(found, applied ? parts : 0, `the writes of round ${round}, which ended as ${end}`);
      if (end !== "unknown") same(applied ? "applied" : "refused", end, `what became of round ${round}`);
    }
  },
};
