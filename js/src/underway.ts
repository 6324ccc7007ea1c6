/**
 * What is under way beyond the calls that wait on the engine: a charge, a call that is made of several, an import. Counted, so that
 * a process which ends can wait for it. No rule of the ledger lives here.
 */
import { delay } from "./host.ts";
import { isPromise } from "./replies.ts";
import type { MaybePromise } from "./storage/contract.ts";

/** How long is waited between two looks, in milliseconds: a process that ends looks, so that no call has to tell. */
const look_ms = 5;

export class Underway {
  #open = 0;

  /** Counts what takes time until it is over. */
  during<T>(answer: MaybePromise<T>): MaybePromise<T> {
    if (!isPromise(answer)) return answer;
    this.#open += 1;
    return Promise.resolve(answer).finally(() => {
      this.#open -= 1;
    });
  }

  /** Fulfilled when nothing is under way, nor `busy` with anything, and whoever was answered has said nothing more within a moment. */
  async idle(busy: () => boolean): Promise<void> {
    do await delay(look_ms);
    while (this.#open > 0 || busy());
  }
}
