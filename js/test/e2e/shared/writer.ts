/** A writer without end, for a test to interrupt, and what is there of its commits afterwards. It must import nothing but types: the browser gets it as it stands. */
import type { Storage } from "sms-ledger";

/** How many keys each commit has. */
const parts = 40;

/** Commits without end, many keys at a time. */
export async function write(storage: Storage, partition: string): Promise<void> {
  for (let round = 0; ; round++) {
    const keys = Array.from({ length: parts }, (_, part) => `${round}/${part}`);
    const writes = keys.map((key) => ({ op: "put" as const, key, value: "x".repeat(4_096) }));
    await storage.commit(partition, { checks: [], writes });
  }
}

/** How many commits of `write` are there, and how many of them in part; no lock is left behind. */
export async function written(
  storage: Storage,
  partition: string,
): Promise<{ whole: number; partial: number }> {
  const done = await storage.commit(partition, { checks: [], writes: [] });
  if (!done.ok) throw new Error("a commit without checks was refused");
  const rounds = new Map<string, number>();
  for (const { key } of await storage.list(partition, { prefix: "", limit: 1_000_000 })) {
    const round = key.split("/")[0] as string;
    rounds.set(round, (rounds.get(round) ?? 0) + 1);
  }
  const whole = [...rounds.values()].filter((count) => count === parts).length;
  return { whole, partial: rounds.size - whole };
}
