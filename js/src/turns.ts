/**
 * Turns at accounts that other processes may write as well. Whoever has just committed knows the account and can commit again at
 * once; whoever lost must read it first, and would lose for as long as the other has something to write. So after some commits
 * without a gap there is a pause, in which another can have its turn: soon where others are known to be there, and now and then
 * where they are not, for they may be losing every race. And whoever has lost looks on until there is a pause, rather than to read
 * and to decide at a time at which it would lose again; who has waited longer comes first.
 */
import { elapsed } from "./host.ts";
import type { Batch, CommitResult, Entry, MaybePromise } from "./storage/contract.ts";

/** A turn's least length in milliseconds, in commits, and in readings, where another was seen to write within so many milliseconds and turns. */
const turn_ms = 60;
const turn_commits = 8;
const turn_readings = 2;
/** And its greatest: one commit that hung says nothing of those of others, for which nobody is to wait as long. */
const turn_ms_max = 4_000;
const others_ms = 2_000;
const others_turns = 8;
/** Where none was, a turn is so many pauses long: twice as many each time that nobody came, up to these, and no longer than that. */
const lone_pauses = 4;
const lone_pauses_most = 16;
const lone_pauses_max = 64;
const lone_ms_most = 2_000;
/**
 * A pause is as long as so many of the last commits, for that is what another needs to see it, to read and to commit, and as so many
 * readings. Where none was it is shorter: who comes then has lost for so long that it is the first to come.
 */
const pause_commits = 10;
const lone_pause_commits = 6;
const pause_readings = 2;
/** It is not shorter than that, for others have other things to do too, least of all where they are known to be there; nor longer than the last. */
const lone_pause_ms_min = 20;
const shared_pause_ms_min = 30;
const pause_ms_max = 1_000;
/** Where commits take less than that there is none: so quick a store is in the memory of the process. */
const took_ms_min = 0.1;
/** How much of what is known of a commit's length is of the last one, and what is left of it each time that one has to look on. */
const last_part = 1 / 8;
const left_part = 0.6;
/** The least gap between two looks, in milliseconds and in commits, for another that writes must not seem to stand still. */
const gap_ms = 1.5;
const gap_commits = 1.25;
/** It is longer by up to that at random, so that of many that wait not all come at once; by less after more turns of others than two. */
const spread = 0.5;
const spread_turns = 2;
/** How long one does not look while another's turn is young, as a part of it, and how long one looks on at most, in turns. */
const young = 0.6;
const look_turns = 4;
/** Looks that must find nothing new, by how many turns ago one's own last was: who has waited longest comes first. */
const looks = [4, 3, 2, 2] as const;
const looks_min = 1;
/** Accounts that are kept in mind; of more those are forgotten that were used the longest ago. */
const accounts_max = 1_000;

interface Turn {
  /** When it began: with the first commit after the last pause, gap or lost race. */
  since: number | undefined;
  /** How many pauses it is long where no others are known. */
  lone: number;
  /** How long one takes of late that is won, in milliseconds, and when the last ended. */
  took: number;
  ended: number;
  /** When one was won last. */
  won: number;
  /** When others are no longer taken to be there. */
  until: number;
  /** How long it takes to read all that a commit needs to know. */
  reading: number;
}

/** How to look on while others write. */
export interface Watch {
  /** Milliseconds that another's turn takes. */
  turn: number;
  /** Milliseconds between two looks. */
  gap: number;
  /** Looks that find nothing new before it is one's turn. */
  looks: number;
}

/** How long a turn is, in milliseconds. */
const lengthOf = ({ took, reading }: Turn): number =>
  Math.min(turn_ms_max, Math.max(turn_ms, turn_commits * took, turn_readings * reading));

const pauseOf = ({ took, reading }: Turn, shared: boolean): number => {
  if (took < took_ms_min) return 0;
  const [least, commits] = shared
    ? [shared_pause_ms_min, pause_commits]
    : [lone_pause_ms_min, lone_pause_commits];
  return Math.min(pause_ms_max, Math.max(least, commits * took, pause_readings * reading));
};

const loneOf = ({ lone }: Turn, pause: number): number =>
  Math.min(lone * pause, Math.max(lone_ms_most, lone_pauses_most * pause));

export class Turns {
  readonly #turns = new Map<string, Turn>();

  /** How long the next commit to a partition waits, in milliseconds. */
  pause(partition: string, now: number): number {
    const turn = this.#of(partition);
    const shared = turn.until > now;
    const pause = pauseOf(turn, shared);
    // In a gap as long as a pause another could have come in.
    if (turn.since === undefined || now - turn.ended >= pause) turn.since = now;
    if (pause === 0 || now - turn.since < (shared ? lengthOf(turn) : loneOf(turn, pause))) return 0;
    turn.lone = Math.min(lone_pauses_max, 2 * turn.lone);
    turn.since = now + pause;
    // The pause is no gap.
    turn.ended = turn.since;
    return pause;
  }

  /** What became of a commit that took so long. */
  ended(partition: string, { checks }: Batch, result: CommitResult, took: number, now: number): void {
    const turn = this.#of(partition);
    turn.ended = now;
    // One that is lost may have waited for the other's, and so proves no more than how short they can be.
    if (turn.took === 0) turn.took = took;
    else if (result.ok || took < turn.took) turn.took += (took - turn.took) * last_part;
    if (result.ok) {
      turn.won = now;
      return;
    }
    // Where nothing is stale but what was to be new, the same id was here before: that is no race.
    if (checks.some(({ key, revision }) => revision !== null && result.stale.includes(key)))
      this.others(partition, now);
  }

  /** Another has been seen to write. */
  others(partition: string, now: number): void {
    const turn = this.#of(partition);
    turn.since = undefined;
    turn.lone = lone_pauses;
    turn.until = now + Math.max(others_ms, others_turns * lengthOf(turn));
  }

  /** How long a reading took; one that goes on where another ended adds to it. */
  read(partition: string, took: number, goesOn: boolean): void {
    const turn = this.#of(partition);
    turn.reading = took + (goesOn ? turn.reading : 0);
  }

  /** How to look on while others may write; `random` is from 0 to 1. */
  watch(partition: string, now: number, random: number): Watch {
    const turn = this.#of(partition);
    const length = lengthOf(turn);
    const ago = Math.floor((now - turn.won) / length);
    const longer = random * spread * Math.min(1, spread_turns / ago);
    const gap = Math.min(length, Math.max(gap_ms, gap_commits * turn.took)) * (1 + longer);
    // Who has known one that hung would come too late for ever, and so never know another.
    turn.took *= left_part;
    return { turn: length, gap, looks: looks[ago] ?? looks_min };
  }

  #of(partition: string): Turn {
    const known = this.#turns.get(partition);
    if (known !== undefined) {
      this.#turns.delete(partition);
      this.#turns.set(partition, known);
      return known;
    }
    const turn: Turn = {
      since: undefined,
      lone: lone_pauses,
      took: 0,
      ended: 0,
      won: Number.NEGATIVE_INFINITY,
      until: 0,
      reading: 0,
    };
    this.#turns.set(partition, turn);
    for (const earliest of this.#turns.keys()) {
      if (this.#turns.size <= accounts_max) break;
      this.#turns.delete(earliest);
    }
    return turn;
  }
}

/** Looks on until nothing is written any more, or for long enough; whether anything was. */
export async function lookOn(
  look: () => MaybePromise<Entry["revision"] | undefined>,
  watch: Watch,
  delay: (milliseconds: number) => Promise<void>,
): Promise<boolean> {
  const end = elapsed() + look_turns * watch.turn;
  let before = await look();
  for (let [same, written] = [0, false]; ; ) {
    if (same === watch.looks || elapsed() >= end) return written;
    await delay(watch.gap);
    const after = await look();
    if (after === before) {
      same += 1;
      continue;
    }
    before = after;
    // Another writes, and if it has only begun to, it does for a while.
    if (same === 0 && written) continue;
    [same, written] = [0, true];
    await delay(watch.turn * young);
    before = await look();
  }
}
