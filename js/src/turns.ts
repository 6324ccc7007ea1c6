/**
 * Turns at accounts that other processes may write as well. Whoever has just committed knows the account and can commit again at
 * once; whoever lost must read it first, and would lose for as long as the other has something to write. So after some commits
 * without a gap there is a pause, in which another can have its turn: soon where others are known to be there, and now and then
 * where they are not, for they may be losing every race.
 */
import type { Batch, CommitResult } from "./storage/contract.ts";

/** Commits without a gap between two pauses, where another has won a race within the last two seconds. */
const shared_commits = 8;
const others_ms = 2_000;
/** The same where none has. */
const lone_commits = 128;
/** A pause is as long as so many of the last commits, for that is what another needs to read and to commit. */
const pause_commits = 3;
const pause_ms_max = 100;
/** Accounts that are kept in mind; of more the earliest are forgotten. */
const accounts_max = 1_000;

interface Turn {
  /** Commits since the last pause, gap or lost race. */
  row: number;
  /** How long the last one took, in milliseconds, and when it ended. */
  took: number;
  ended: number;
  /** When others are no longer taken to be there. */
  until: number;
}

export class Turns {
  readonly #turns = new Map<string, Turn>();

  /** How long the next commit to a partition waits, in milliseconds. */
  pause(partition: string, now: number): number {
    const turn = this.#turns.get(partition);
    if (turn === undefined) return 0;
    // In a gap as long as a commit another could have come in.
    if (now - turn.ended > turn.took) turn.row = 0;
    if (turn.row < (turn.until > now ? shared_commits : lone_commits)) return 0;
    turn.row = 0;
    return Math.min(pause_ms_max, pause_commits * turn.took);
  }

  /** What became of a commit that took so long. */
  ended(partition: string, { checks }: Batch, result: CommitResult, took: number, now: number): void {
    const turn = this.#turns.get(partition) ?? this.#first(partition);
    turn.ended = now;
    turn.took = took;
    if (result.ok) {
      turn.row += 1;
      return;
    }
    // Where nothing is stale but what was to be new, the same id was here before: that is no race.
    const raced = checks.some(({ key, revision }) => revision !== null && result.stale.includes(key));
    if (!raced) return;
    turn.row = 0;
    turn.until = now + others_ms;
  }

  #first(partition: string): Turn {
    const turn: Turn = { row: 0, took: 0, ended: 0, until: 0 };
    this.#turns.set(partition, turn);
    for (const earliest of this.#turns.keys()) {
      if (this.#turns.size <= accounts_max) break;
      this.#turns.delete(earliest);
    }
    return turn;
  }
}
