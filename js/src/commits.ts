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

export class ReadyCommits {
  #waiting: ReadyCommit[] = [];
  #under_way = 0;

  add(ready: ReadyCommit): void {
    this.#waiting.push(ready);
  }

  /** The commits that go next, which are under way then; none where none is ready or enough is under way. */
  take(): ReadyCommit[] {
    if (this.#under_way === under_way_max || this.#waiting.length === 0) return [];
    this.#under_way += 1;
    return this.#waiting.splice(0, this.#together());
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

  /** One call of the store has come to an end. */
  ended(): void {
    this.#under_way -= 1;
  }

  /** Nobody asks for what waits any more. */
  clear(): void {
    this.#waiting = [];
  }
}
