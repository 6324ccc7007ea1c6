/**
 * The right to write an account's partition while it is imported. A claim stands where the head will: no ledger takes it
 * for an account, nobody opens one there, and every commit checks it, so that of two imports one ends and what comes late
 * is refused. Where an import has ended in a crash, the next one takes its claim over.
 */
import { LedgerError } from "../errors.ts";
import type { Entry, Storage, Write } from "../storage/contract.ts";
import { head_key, invalidExport, type StoredDocument } from "./lines.ts";
import { contention, importing_value, isImporting, isMoved } from "./stead.ts";
import type { Partition } from "./store.ts";

/** Documents of one commit, where the store takes so many. */
const commit_documents_max = 200;
/** UTF-16 units of one commit, about: Deno KV takes 800 KiB. */
const commit_units_max = 150_000;
/** How often a claim is asked for that others are taking. */
const tries_max = 8;

export class Claim {
  readonly #partition: Partition;
  #revision: string;

  private constructor(partition: Partition, revision: string) {
    this.#partition = partition;
    this.#revision = revision;
  }

  /** The claim to a partition that is empty, or becomes so because only an import has written there. */
  static async take(partition: Partition): Promise<Claim> {
    for (let tries = 0; tries < tries_max; tries++) {
      const head = await partition.head();
      const left = isImporting(head);
      if (!left && (head !== null || !(await partition.isBare()))) throw exists(partition.account, head);
      const revision = await claimed(partition, head?.revision ?? null);
      if (revision === undefined) continue;
      const claim = new Claim(partition, revision);
      if (left) await claim.#sweep();
      return claim;
    }
    throw takenOver(partition.account);
  }

  /** The claim to what an import or a retired account has left; none where there is nothing. */
  static async ofRemains(partition: Partition): Promise<Claim | undefined> {
    for (let tries = 0; tries < tries_max; tries++) {
      const head = await partition.head();
      if (head === null) return undefined;
      if (!isImporting(head) && !isMoved(head)) throw inUse(partition.account);
      const revision = await claimed(partition, head.revision);
      if (revision !== undefined) return new Claim(partition, revision);
    }
    throw takenOver(partition.account);
  }

  async #commit(writes: readonly Write[]): Promise<string> {
    const checks = [{ key: head_key, revision: this.#revision }];
    const result = await this.#partition.commit({ checks, writes });
    if (!result.ok) throw takenOver(this.#partition.account);
    return result.revision;
  }

  /** Writes documents, in as many commits as the store needs. */
  async write(documents: readonly StoredDocument[]): Promise<void> {
    const { writes: most = commit_documents_max, valueBytes } = this.#partition.storage.limits ?? {};
    let writes: Write[] = [];
    let units = 0;
    for (const [key, value] of documents) {
      checkLength(key, value, valueBytes);
      const full = writes.length >= Math.min(most, commit_documents_max) || units > commit_units_max;
      if (full) {
        await this.#commit(writes);
        [writes, units] = [[], 0];
      }
      writes.push({ op: "put", key, value });
      units += key.length + value.length;
    }
    if (writes.length > 0) await this.#commit(writes);
  }

  /** The store as it will be, with the head that is not yet there. Nothing can be written to it. */
  staged(account: string): Storage {
    const { storage } = this.#partition;
    const head = { key: head_key, value: account, revision: this.#revision };
    const staged = (key: string, entry: Entry | null): Entry | null => (key === head_key ? head : entry);
    return {
      get: async (partition, keys) => {
        const found = await storage.get(partition, keys);
        return keys.map((key, at) => staged(key, found[at] ?? null));
      },
      list: async (partition, range) => {
        const found = await storage.list(partition, range);
        return found.map((entry) => staged(entry.key, entry) ?? entry);
      },
      commit: () => {
        throw new Error("an account that is being imported is not written");
      },
      ...(storage.limits === undefined ? {} : { limits: storage.limits }),
    };
  }

  /** Makes an account of what was written. */
  async finish(account: string): Promise<void> {
    checkLength(head_key, account, this.#partition.storage.limits?.valueBytes);
    await this.#commit([{ op: "put", key: head_key, value: account }]);
  }

  /** Takes back what was written; none of it where the account has come to be after all. */
  async abandon(): Promise<void> {
    const revision = await claimed(this.#partition, this.#revision);
    if (revision === undefined) return;
    // What was said under the claim of before, and comes late, is refused from now on.
    this.#revision = revision;
    await this.clear();
  }

  /** Deletes everything, the claim itself in the end. */
  async clear(): Promise<void> {
    await this.#sweep();
    await this.#commit([{ op: "delete", key: head_key }]);
  }

  async #sweep(): Promise<void> {
    const most = Math.min(
      this.#partition.storage.limits?.writes ?? commit_documents_max,
      commit_documents_max,
    );
    for (;;) {
      const found = (await this.#partition.page(head_key)).slice(0, most);
      if (found.length === 0) return;
      await this.#commit(found.map(({ key }) => ({ op: "delete", key })));
    }
  }
}

async function claimed(partition: Partition, revision: string | null): Promise<string | undefined> {
  const writes = [{ op: "put" as const, key: head_key, value: importing_value }];
  const result = await partition.commit({ checks: [{ key: head_key, revision }], writes });
  return result.ok ? result.revision : undefined;
}

const encoder = new TextEncoder();

function checkLength(key: string, value: string, most: number | undefined): void {
  if (most === undefined || value.length * 3 <= most) return;
  const bytes = encoder.encode(value).length;
  if (bytes > most)
    throw invalidExport("too_long", `\`${key}\` has ${bytes} bytes, of which the store takes ${most}`);
}

function exists(account: string, head: Entry | null): LedgerError {
  const message = isMoved(head)
    ? `the account \`${account}\` was retired here: delete it before it is imported again`
    : `there is something under \`${account}\` already`;
  return new LedgerError("ACCOUNT_EXISTS", message, { account });
}

function inUse(account: string): LedgerError {
  const message = `the account \`${account}\` is in use: only one that is retired can be deleted`;
  return new LedgerError("ACCOUNT_EXISTS", message, { account });
}

function takenOver(account: string): LedgerError {
  return contention(`another import of \`${account}\` has come in between`);
}
