/**
 * Questions that go together: what is asked in one turn goes in one call, and what is asked while enough is under way goes with the
 * next one. Each has its own answer; a call that fails fails all of its questions. No timer is waited for.
 */
import { soon } from "../host.ts";

/** Calls that are under way at most. */
const under_way_max = 2;
/** Questions of one call at most. */
const together_max = 256;

interface Asked<Q, A> {
  question: Q;
  resolve: (answer: A) => void;
  reject: (error: unknown) => void;
}

export class Together<Q, A> {
  readonly #call: (questions: readonly Q[]) => Promise<readonly A[]>;
  #waiting: Asked<Q, A>[] = [];
  #under_way = 0;
  #scheduled = false;

  /** `call` gives an answer for each question, in order. */
  constructor(call: (questions: readonly Q[]) => Promise<readonly A[]>) {
    this.#call = call;
  }

  ask(question: Q): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0 || this.#under_way === under_way_max) return;
    this.#scheduled = true;
    soon(() => {
      this.#scheduled = false;
      this.#go(this.#waiting.splice(0, together_max));
      this.#schedule();
    });
  }

  #go(asked: readonly Asked<Q, A>[]): void {
    this.#under_way += 1;
    const ended = (each: (one: Asked<Q, A>, at: number) => void): void => {
      this.#under_way -= 1;
      for (const [at, one] of asked.entries()) each(one, at);
      this.#schedule();
    };
    this.#call(asked.map(({ question }) => question)).then(
      (answers) => ended(({ resolve }, at) => resolve(answers[at] as A)),
      (error: unknown) => ended(({ reject }) => reject(error)),
    );
  }
}
