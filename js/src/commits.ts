/**
 * Commits that are ready, for a store that takes several at once: what becomes ready together goes together, and what
 * becomes ready while enough is under way goes with what comes next. No timer is waited for.
 */
import type { PartitionBatch } from "./storage/contract.ts";

/** A commit as the engine asks for it. */
export interface ReadyCommit extends PartitionBatch {
  /** The engine's number of it. */
  commit: number;
}

/** Calls of the store that are under way at most: while one is on its way back, the store works on another. */
const under_way_max = 2;
/** Commits that go together at most, and the length of their values in UTF-16 units; one goes however long it is. */
const together_max = 256;
const together_units_max = 1_048_576;
/** Partitions of which is known that their last commit failed. */
const suspects_max = 1_000;

/** Commits that go next in one call of the store, which is under way from then on. */
export interface Going {
  commits: readonly ReadyCommit[];
  /** To be called once when the call has come to an end. */
  ended: () => void;
}

export class ReadyCommits {
  #waiting: ReadyCommit[] = [];
  #under_way = 0;
  /** Partitions whose last commit was not answered in good order, such as one that somebody has locked. */
  readonly #suspects = new Set<string>();

  add(ready: ReadyCommit): void {
    this.#waiting.push(ready);
  }

  /** What goes next; nothing where nothing is ready or enough is under way. */
  take(): Going | undefined {
    const suspect =
      this.#suspects.size === 0
        ? -1
        : this.#waiting.findIndex(({ partition }) => this.#suspects.has(partition));
    // It goes alone and takes nobody's place, so that no other account waits for it again.
    if (suspect >= 0) return { commits: this.#waiting.splice(suspect, 1), ended() {} };
    if (this.#under_way === under_way_max || this.#waiting.length === 0) return undefined;
    this.#under_way += 1;
    const ended = (): void => {
      this.#under_way -= 1;
    };
    return { commits: this.#waiting.splice(0, this.#together()), ended };
  }

  /** Whether the store has answered in good order for a partition. */
  answered(partition: string, well: boolean): void {
    if (well) {
      if (this.#suspects.size > 0) this.#suspects.delete(partition);
      return;
    }
    this.#suspects.add(partition);
    // Of more than are kept in mind, the earliest goes with the others again.
    for (const earliest of this.#suspects) {
      if (this.#suspects.size <= suspects_max) break;
      this.#suspects.delete(earliest);
    }
  }

  /** How many of those that wait go together. */
  #together(): number {
    let units = 0;
    for (const [at, { batch }] of this.#waiting.entries()) {
      for (const write of batch.writes) if (write.op === "put") units += write.value.length;
      if (at > 0 && (at === together_max || units > together_units_max)) return at;
    }
    return this.#waiting.length;
  }

  /** Nobody asks for what waits any more. */
  clear(): void {
    this.#waiting = [];
  }
}
