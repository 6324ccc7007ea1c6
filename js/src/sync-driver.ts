/**
 * The driver over a store that answers at once: every call is carried through to its answer before it returns. No rule
 * of the ledger lives here.
 */
import { batch_ticket_min, type InBatch } from "./batches.ts";
import { type Command, Core, type DriverOptions } from "./core.ts";
import { invalidInput, type LedgerError } from "./errors.ts";
import type { Engine } from "./module.ts";

/** What the call in progress has come to. */
type Result =
  | { ticket: number; done: false }
  | { ticket: number; done: true; value?: unknown; error?: LedgerError };

/** Higher ones are those of batches. */
const ticket_max = batch_ticket_min - 1;
/** In the place of a ticket while a batch is carried through, whose messages have tickets of their own. */
const no_ticket = -1;

export class SyncDriver extends Core {
  readonly #clock: () => number;
  #ticket = 0;
  #result: Result | undefined;

  constructor(options: DriverOptions, clock: () => number) {
    super(options);
    this.#clock = clock;
  }

  /** Carries a command through; gives its answer or throws its error. */
  call(command: Command, input: unknown): unknown {
    const checked = command.check(input);
    const now = this.#now();
    const engine = this.engine();
    this.#ticket = this.#ticket === ticket_max ? 0 : this.#ticket + 1;
    this.#result = { ticket: this.#ticket, done: false };
    try {
      this.#carry(() => command.send(engine, this.#ticket, now, checked));
      const result = this.#result as Result;
      if (!result.done) throw this.defect(new Error("the module gave no answer"));
      if (Object.hasOwn(result, "error")) throw result.error;
      return result.value;
    } finally {
      this.#result = undefined;
    }
  }

  /** Carries messages through that are handed over together; what fails all of them is the answer of each. */
  batch(count: number, send: (engine: Engine, ticket: number, now: number) => void): InBatch[] {
    const now = this.#now();
    const engine = this.engine();
    let answers: InBatch[] | undefined;
    const ticket = this.batches.open(count, (all) => {
      answers = all;
    });
    this.#result = { ticket: no_ticket, done: false };
    try {
      this.#carry(() => send(engine, ticket, now));
      if (answers === undefined) throw this.defect(new Error("the module gave no answer"));
      return answers;
    } finally {
      this.#result = undefined;
    }
  }

  #now(): number {
    const now = this.#clock();
    if (this.#result === undefined) return now;
    throw invalidInput("", "a synchronous ledger cannot be called from within its own storage or clock");
  }

  #carry(send: () => void): void {
    try {
      send();
    } catch (error) {
      this.trapped(error);
      return;
    }
    this.pump();
  }

  protected override answer(ticket: number, value: unknown): void {
    if (this.#result?.ticket === ticket) this.#result = { ticket, done: true, value };
  }

  protected override refuse(ticket: number, error: LedgerError): void {
    if (this.#result?.ticket === ticket) this.#result = { ticket, done: true, error };
  }

  protected override refuseAll(error: LedgerError): void {
    if (this.#result?.done === false) this.#result = { ticket: this.#result.ticket, done: true, error };
  }

  protected override later<T>(
    callback: string,
    reply: Promise<T>,
    _then: (reply: T) => void,
    failed: (error: unknown) => void,
  ): void {
    // Nobody waits for it any more; were it to reject, that must not end the program.
    new Promise((resolve) => resolve(reply)).catch(() => {});
    failed(
      new TypeError(
        `the storage's \`${callback}\` answered with a promise; \`createLedgerSync\` needs a synchronous storage, \`createLedger\` takes any`,
      ),
    );
  }

  /** A synchronous call cannot wait; another process can go on meanwhile all the same. */
  protected override lookOn(): boolean {
    return false;
  }

  protected override wait(): void {}
}
