/**
 * The driver over a store that may answer later: every command is a ticket and a promise, and all that is said within
 * one tick is pumped together. No rule of the ledger lives here, and no `async` function: the hot path is one promise a
 * command.
 */
import type { InBatch } from "./batches.ts";
import { type Command, Core, type DriverOptions } from "./core.ts";
import { LedgerError } from "./errors.ts";
import { delay, soon } from "./host.ts";
import type { Engine } from "./module.ts";
import { lookOn, type Watch } from "./turns.ts";

type Resolve = (value: unknown) => void;
type Reject = (error: unknown) => void;

// A promise's two functions, caught by one executor for all promises rather than by a closure for each.
let caughtResolve: Resolve = () => {};
let caughtReject: Reject = () => {};
const capture = (resolve: Resolve, reject: Reject): void => {
  caughtResolve = resolve;
  caughtReject = reject;
};

export class Driver extends Core {
  readonly #clock: () => number;
  /** Most calls that may be open at once, a message of a batch for one. */
  readonly #callsMax: number;
  // By ticket; a ticket is given again once it is answered.
  #resolves: (Resolve | undefined)[] = [];
  #rejects: (Reject | undefined)[] = [];
  #free: number[] = [];
  #scheduled = false;
  readonly #run = (): void => {
    this.#scheduled = false;
    this.pump();
  };

  constructor(options: DriverOptions, clock: () => number, callsMax: number) {
    super(options);
    this.#clock = clock;
    this.#callsMax = callsMax;
  }

  /** Calls that wait for an answer, a message of a batch for one. */
  get open(): number {
    return this.#resolves.length - this.#free.length + this.batches.waiting;
  }

  /** Refuses early: what waits takes memory, and would be answered too late for whoever asked. */
  #admit(calls: number): void {
    if (this.open + calls <= this.#callsMax) return;
    const message = `${this.#callsMax} calls wait for an answer already: try again later`;
    throw new LedgerError("OVERLOADED", message, { callsMax: this.#callsMax }, { retryable: true });
  }

  /** Hands a command over; the promise settles when the engine answers. */
  call(command: Command, input: unknown): Promise<unknown> {
    try {
      const checked = command.check(input);
      this.#admit(1);
      const now = this.#clock();
      const engine = this.engine();
      const ticket = this.#free.pop() ?? this.#resolves.length;
      const promise = new Promise(capture);
      this.#resolves[ticket] = caughtResolve;
      this.#rejects[ticket] = caughtReject;
      try {
        command.send(engine, ticket, now, checked);
      } catch (error) {
        this.trapped(error);
        return promise;
      }
      this.#schedule();
      return promise;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Hands messages over that are answered together; what fails all of them is the answer of each. */
  batch(count: number, send: (engine: Engine, ticket: number, now: number) => void): Promise<InBatch[]> {
    try {
      this.#admit(count);
      const now = this.#clock();
      const engine = this.engine();
      return new Promise((resolve) => {
        const ticket = this.batches.open(count, resolve);
        try {
          send(engine, ticket, now);
        } catch (error) {
          this.trapped(error);
        }
        this.#schedule();
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    soon(this.#run);
  }

  protected override answer(ticket: number, value: unknown): void {
    const resolve = this.#resolves[ticket];
    this.#done(ticket);
    resolve?.(value);
  }

  protected override refuse(ticket: number, error: LedgerError): void {
    const reject = this.#rejects[ticket];
    this.#done(ticket);
    reject?.(error);
  }

  #done(ticket: number): void {
    if (this.#resolves[ticket] === undefined)
      throw new Error(`the module answered ticket ${ticket}, which is not open`);
    this.#resolves[ticket] = undefined;
    this.#rejects[ticket] = undefined;
    this.#free.push(ticket);
  }

  protected override refuseAll(error: LedgerError): void {
    const rejects = this.#rejects;
    this.#resolves = [];
    this.#rejects = [];
    this.#free = [];
    for (const reject of rejects) reject?.(error);
  }

  protected override later<T>(
    _callback: string,
    reply: Promise<T>,
    then: (reply: T) => void,
    failed: (error: unknown) => void,
  ): void {
    // A promise of our own: it takes a foreign one's first answer only, and rejects where that cannot even be asked.
    new Promise<T>((resolve) => resolve(reply)).then(then, failed);
  }

  protected override lookOn(look: () => Promise<string | undefined>, watch: Watch): Promise<boolean> {
    return lookOn(look, watch, delay);
  }

  protected override wait(milliseconds: number): Promise<void> {
    return delay(milliseconds);
  }
}
