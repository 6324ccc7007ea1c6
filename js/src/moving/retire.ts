/**
 * The end of an account in a store that it leaves. A retired account has another document in its head's stead, so that every
 * commit of whoever still has it in memory is refused, in every process and for good; its head lies under a key of its own.
 */
import { LedgerError } from "../errors.ts";
import type { Entry, Write } from "../storage/contract.ts";
import { Claim } from "./claim.ts";
import { head_key, retired_key } from "./lines.ts";
import { contention, isMoved, moved_value, present } from "./stead.ts";
import type { Partition } from "./store.ts";

/** How often an account is retired that others are writing. */
const tries_max = 32;

/** The head that a retired account had. */
export async function retiredHead(partition: Partition): Promise<Entry> {
  const head = await partition.one(retired_key);
  if (head !== null) return head;
  const message = `the head of the retired account \`${partition.account}\` is missing`;
  throw new LedgerError("STORAGE_CORRUPT", message, { account: partition.account, key: retired_key });
}

/** Writes what follows from the head, until nobody else has written it in between. */
async function changed(
  partition: Partition,
  writes: (head: Entry) => Promise<readonly Write[]> | readonly Write[],
): Promise<void> {
  for (let tries = 0; tries < tries_max; tries++) {
    const head = present(partition.account, await partition.head());
    const due = await writes(head);
    if (due.length === 0) return;
    const checks = [{ key: head_key, revision: head.revision }];
    if ((await partition.commit({ checks, writes: due })).ok) return;
  }
  throw contention(`the account \`${partition.account}\` was written each time in between`);
}

/** Has the account refuse everything but its export. */
export function retire(partition: Partition): Promise<void> {
  return changed(partition, (head) =>
    isMoved(head)
      ? []
      : [
          { op: "put", key: head_key, value: moved_value },
          { op: "put", key: retired_key, value: head.value },
        ],
  );
}

/** Takes that back. */
export function reinstate(partition: Partition): Promise<void> {
  return changed(partition, async (head) =>
    isMoved(head)
      ? [
          { op: "put", key: head_key, value: (await retiredHead(partition)).value },
          { op: "delete", key: retired_key },
        ]
      : [],
  );
}

/** Deletes what is left of an account that is retired, or of an import. */
export async function remove(partition: Partition): Promise<void> {
  const claim = await Claim.ofRemains(partition);
  await claim?.clear();
}
