/**
 * Messages that were handed over together: each has a ticket of its own, and all are answered as one. Their tickets begin where
 * those of other calls end. No rule of the ledger lives here.
 */
import type { LedgerError } from "./errors.ts";
import type { Reserved } from "./types.ts";

/** What a message of a batch has come to; the id of one that was reserved is for its sender to write. */
export type InBatch = Reserved | LedgerError;

/** The first ticket of a batch; see docs/boundary.md. */
export const batch_ticket_min = 0x8000_0000;
const batch_ticket_max = 0xffff_ffff;

interface Batch {
  readonly first: number;
  readonly answers: (InBatch | undefined)[];
  left: number;
  readonly done: (answers: InBatch[]) => void;
}

export class Batches {
  #next = batch_ticket_min;
  #open: Batch[] = [];
  #waiting = 0;

  /** Messages that are not answered yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Opens so many tickets; gives the first. `done` is called when all are answered. */
  open(count: number, done: (answers: InBatch[]) => void): number {
    if (this.#next + count > batch_ticket_max) this.#next = batch_ticket_min;
    const first = this.#next;
    this.#next += count;
    this.#waiting += count;
    this.#open.push({ first, answers: new Array(count), left: count, done });
    return first;
  }

  answer(ticket: number, answer: InBatch): void {
    for (const batch of this.#open) {
      const at = ticket - batch.first;
      if (at < 0 || at >= batch.answers.length) continue;
      if (batch.answers[at] !== undefined) break;
      batch.answers[at] = answer;
      batch.left -= 1;
      this.#waiting -= 1;
      if (batch.left === 0) this.#close(batch);
      return;
    }
    throw new Error(`the module answered ticket ${ticket}, which is not open`);
  }

  /** Every message that still waits has failed. */
  refuseAll(error: LedgerError): void {
    const open = this.#open;
    this.#open = [];
    this.#waiting = 0;
    for (const { answers, done } of open) done(Array.from(answers, (answer) => answer ?? error));
  }

  #close(batch: Batch): void {
    this.#open = this.#open.filter((other) => other !== batch);
    batch.done(batch.answers as InBatch[]);
  }
}
