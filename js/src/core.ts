/**
 * What both drivers share: one engine, made anew after a trap, and the pump that polls it, has the storage do what it
 * asks for, and hands out its answers. How a caller waits, and what becomes of a storage that answers later, is left to
 * the two drivers. No rule of the ledger lives here.
 */
import { batchOf as answeredBatchOf, inBatchOf, outcomeOf, reservedOf } from "./answers.ts";
import { batchOf, type Reading, reading, take } from "./asked.ts";
import { Batches, batch_ticket_min } from "./batches.ts";
import { type ReadyCommit, ReadyCommits } from "./commits.ts";
import { answerOf, isFailed, LedgerError, messageOf, type ToldError, toLedgerError } from "./errors.ts";
import { elapsed } from "./host.ts";
import type { Engine, EngineLimits, Module } from "./module.ts";
import { isPromise, type OneOfMany, Rubbish, takeCommit, takeMany } from "./replies.ts";
import type { CommitResult, MaybePromise, Storage } from "./storage/contract.ts";
import { Turns, type Watch } from "./turns.ts";
import type { Catalog } from "./types.ts";
import { Words } from "./words.ts";

/** One command or query: its input's check, and how it is handed to the engine. */
export interface Command {
  check(input: unknown): unknown;
  send(engine: Engine, ticket: number, now: number, input: unknown): void;
}

export interface DriverOptions {
  module: Module;
  storage: Storage;
  catalog: Catalog;
  limits: EngineLimits;
}

const READ = 1;
const COMMIT = 2;
const ANSWERS = 3;
const RESERVED = 4;
const OUTCOME = 5;
const IN_BATCH = 6;
const BATCH = 7;
const CHARGE = 8;

/** What is listed where an account is read for a commit, or just so to verify it; other lists say nothing of how long that takes. */
const open_packages = "package/open/";

/** A storage callback that failed since the last poll, to be the `cause` of what the engine makes of it. */
interface Failure {
  message: string;
  cause: unknown;
}

/** An exception that came out of an export: the instance is lost with it, and nothing else is taken for that. */
class Trap extends Error {
  constructor(cause: unknown) {
    super("the module trapped", { cause });
  }
}

/** Runs what does no more than call exports. */
function exported<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw error instanceof LedgerError ? error : new Trap(error);
  }
}

export abstract class Core {
  readonly #module: Module;
  readonly #storage: Storage;
  readonly #catalog: Catalog;
  readonly #limits: EngineLimits;
  #engine: Engine | undefined;
  #generation = 0;
  #failures: Failure[] = [];
  /** Where the storage takes several commits at once. */
  readonly #ready = new ReadyCommits();
  readonly #turns = new Turns();
  /** Told of each order that was placed by itself, once it is stored. */
  onCharge: ((account: string, order: string) => void) | undefined;
  /** Messages that were handed over together. */
  protected readonly batches: Batches = new Batches();

  constructor(options: DriverOptions) {
    this.#module = options.module;
    this.#storage = options.storage;
    this.#catalog = options.catalog;
    this.#limits = options.limits;
  }

  /** The answer to a ticket. */
  protected abstract answer(ticket: number, value: unknown): void;
  protected abstract refuse(ticket: number, error: LedgerError): void;
  /** Every command that still waits has failed. */
  protected abstract refuseAll(error: LedgerError): void;
  /** Has `then` or `failed` called when a storage that answered with a promise has answered. */
  protected abstract later<T>(
    callback: string,
    reply: Promise<T>,
    then: (reply: T) => void,
    failed: (error: unknown) => void,
  ): void;
  /** Looks on until no other process writes what is looked at; whether one has. */
  protected abstract lookOn(look: () => Promise<string | undefined>, watch: Watch): MaybePromise<boolean>;
  /** So many milliseconds, in which another process may have its turn. */
  protected abstract wait(milliseconds: number): MaybePromise<void>;

  /** The engine, in the module's present instance. Throws where none can be made or the catalog is refused. */
  engine(): Engine {
    const engine = this.#current();
    if (engine !== undefined) return engine;
    return this.#guard(() => {
      const made = exported(() => this.#module.engine(this.#limits));
      answerOf(exported(() => made.loadCatalog(this.#catalog)));
      this.#engine = made;
      this.#generation = this.#module.generation;
      return made;
    });
  }

  /** The engine as it is, unless another ledger's trap or our own took it. */
  #current(): Engine | undefined {
    if (this.#engine !== undefined && this.#generation !== this.#module.generation)
      this.#lost(undefined, undefined);
    return this.#engine;
  }

  #lost(cause: unknown, panic: string | undefined): LedgerError {
    this.#engine = undefined;
    this.#failures = [];
    this.#ready.clear();
    const error = engineFailed(cause, panic);
    this.refuseAll(error);
    this.batches.refuseAll(error);
    return error;
  }

  /** After an exception out of the instance. Rejects all that waits; the next call of any ledger starts anew. */
  protected trapped(cause: unknown): LedgerError {
    return this.#lost(cause, this.#module.trapped());
  }

  /** After a defect on this side, or words that cannot be read. Costs this ledger its engine and no other anything. */
  protected defect(cause: unknown): LedgerError {
    return this.#lost(cause, undefined);
  }

  /** Runs what asks the module at once and gives its answer. */
  #guard<T>(call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof LedgerError) throw error;
      throw error instanceof Trap ? this.trapped(error.cause) : this.defect(error);
    }
  }

  /** After an exception out of what was done for an engine. */
  #broken(engine: Engine, error: unknown): void {
    if (error instanceof Trap) this.trapped(error.cause);
    else if (this.#current() === engine) this.defect(error);
  }

  /** Tells an engine something, unless it is gone: a storage's callback may itself have led to a trap. */
  #tell(engine: Engine, tell: () => void): void {
    if (this.#current() === engine) exported(tell);
  }

  /** A question that the engine answers without storage, as it is. */
  use<T>(question: (engine: Engine) => T): T {
    const engine = this.engine();
    return this.#guard(() => exported(() => question(engine)));
  }

  /** A question that the engine answers without storage, as tagged JSON. */
  ask(question: (engine: Engine) => string): unknown {
    const engine = this.engine();
    return this.#guard(() => answerOf(exported(() => question(engine))));
  }

  /** An account was written by something else than a command: what is known of it is proven before it is answered from. */
  forget(account: string): void {
    const engine = this.#current();
    if (engine === undefined) return;
    try {
      this.#tell(engine, () => engine.forget(account));
    } catch (error) {
      this.#broken(engine, error);
    }
  }

  /** Polls, and does what is said, until nothing is left to do at once. */
  protected pump(): void {
    for (let again = true; again; ) {
      const engine = this.#current();
      if (engine === undefined) return;
      try {
        const words = exported(() => engine.poll());
        again =
          words.length > 0 &&
          this.#perform(
            engine,
            new Words(
              words,
              exported(() => engine.text()),
            ),
          );
        if (!again && this.#current() === engine) again = this.#commitReady(engine);
      } catch (error) {
        this.#broken(engine, error);
        return;
      }
    }
  }

  /** Does each record of a poll; whether the engine learnt something by it and is to be polled again. */
  #perform(engine: Engine, words: Words): boolean {
    let fed = false;
    const failures = this.#failures;
    if (failures.length > 0) this.#failures = [];
    while (words.more()) {
      const record = words.number();
      if (record === RESERVED) this.answer(words.number(), reservedOf(words));
      else if (record === OUTCOME) this.answer(words.number(), outcomeOf(words));
      else if (record === IN_BATCH) this.batches.answer(words.number(), inBatchOf(words));
      else if (record === BATCH) this.answer(words.number(), answeredBatchOf(words));
      else if (record === CHARGE) this.#charge(words.string(), words.string());
      else if (record === ANSWERS) this.#answers(words, failures);
      else if (record === COMMIT) fed = this.#commit(engine, words) || fed;
      else if (record === READ) fed = this.#begin(engine, reading(words)) || fed;
      else throw new Error(`the module asks for ${record}, which is nothing that the driver knows`);
      if (this.#current() !== engine) return false;
    }
    words.end();
    return fed;
  }

  #charge(account: string, order: string): void {
    this.onCharge?.(account, order);
  }

  #answers(words: Words, failures: readonly Failure[]): void {
    const count = words.number();
    const tickets: number[] = [];
    const good: number[] = [];
    for (let at = 0; at < count; at++) {
      tickets.push(words.number());
      good.push(words.number());
    }
    const values = JSON.parse(words.string()) as unknown[];
    if (values.length !== count)
      throw new Error(`the module gave ${values.length} answers for ${count} tickets`);
    for (let at = 0; at < count; at++) {
      const ticket = tickets[at] as number;
      if (good[at] === 1) this.answer(ticket, values[at]);
      else if (ticket < batch_ticket_min) this.refuse(ticket, told(values[at] as ToldError, failures));
      else this.batches.answer(ticket, told(values[at] as ToldError, failures));
    }
  }

  /** After a storage's late answer: hands it over, unless the engine that asked is gone, and goes on. */
  #resume(engine: Engine, feed: () => boolean): void {
    if (this.#current() !== engine) return;
    try {
      if (!feed()) return;
    } catch (error) {
      this.#broken(engine, error);
      return;
    }
    this.pump();
  }

  #failed(cause: unknown): string {
    const message = messageOf(cause);
    this.#failures.push({ message, cause });
    return message;
  }

  #commit(engine: Engine, words: Words): boolean {
    const ready = { commit: words.number(), partition: words.string(), batch: batchOf(words) };
    const pause = this.#turns.pause(ready.partition, elapsed());
    const wait = pause > 0 ? this.wait(pause) : undefined;
    if (wait === undefined) return this.#commitNow(engine, ready);
    const go = () => this.#resume(engine, () => this.#commitNow(engine, ready) || this.#commitReady(engine));
    this.later("wait", wait as Promise<void>, go, go);
    return false;
  }

  #commitNow(engine: Engine, ready: ReadyCommit): boolean {
    if (this.#storage.commitMany === undefined) return this.#commitAlone(engine, ready, () => {});
    this.#ready.add(ready);
    return false;
  }

  /** Hands on what is ready and may go; whether the engine learnt something by it. */
  #commitReady(engine: Engine): boolean {
    let fed = false;
    for (;;) {
      const going = this.#ready.take();
      if (going === undefined) return fed;
      const { commits, ended } = going;
      fed =
        (commits.length === 1
          ? this.#commitAlone(engine, commits[0] as ReadyCommit, ended)
          : this.#commitTogether(engine, commits, ended)) || fed;
      if (this.#current() !== engine) return false;
    }
  }

  #commitAlone(engine: Engine, ready: ReadyCommit, ended: () => void): boolean {
    const { partition, batch } = ready;
    const started = elapsed();
    return this.#ask(
      engine,
      "commit",
      () => this.#storage.commit(partition, batch),
      (reply) => this.#committed(engine, ready, reply, started),
      (error) => this.#unknown(engine, ready, error),
      ended,
    );
  }

  #commitTogether(engine: Engine, commits: readonly ReadyCommit[], ended: () => void): boolean {
    const started = elapsed();
    const failed = (error: unknown): boolean => {
      for (const ready of commits) this.#unknown(engine, ready, error);
      return true;
    };
    const take = (reply: unknown): boolean => {
      let results: OneOfMany[];
      try {
        results = takeMany(reply, commits.length);
      } catch (error) {
        return failed(error);
      }
      for (const [at, result] of results.entries()) {
        const ready = commits[at] as ReadyCommit;
        if (isFailed(result)) this.#unknown(engine, ready, result.error);
        else this.#committed(engine, ready, result.reply, started);
      }
      return true;
    };
    return this.#ask(engine, "commitMany", () => this.#storage.commitMany?.(commits), take, failed, ended);
  }

  /**
   * Asks the storage, and has what it answers taken, or its exception, at once or when it comes; whether the engine has learnt
   * something by it at once. `ended` is called before either, also where the engine that asked is gone by then.
   */
  #ask(
    engine: Engine,
    callback: string,
    ask: () => MaybePromise<unknown>,
    take: (reply: unknown) => boolean,
    failed: (error: unknown) => boolean,
    ended: () => void,
  ): boolean {
    const end = (feed: () => boolean): boolean => {
      ended();
      return feed();
    };
    let reply: MaybePromise<unknown>;
    let promise: Promise<unknown> | undefined;
    try {
      reply = ask();
      promise = isPromise(reply) ? reply : undefined;
    } catch (error) {
      return end(() => failed(error));
    }
    if (promise === undefined) return end(() => take(reply));
    const later = (feed: () => boolean): void => {
      ended();
      if (this.#current() === engine) this.#resume(engine, feed);
      else this.pump();
    };
    this.later(
      callback,
      promise,
      (value) => later(() => take(value)),
      (error) => later(() => failed(error)),
    );
    return false;
  }

  #committed(engine: Engine, ready: ReadyCommit, reply: unknown, started: number): boolean {
    const { commit, partition, batch } = ready;
    let result: CommitResult;
    try {
      result = takeCommit(reply);
    } catch (error) {
      return this.#unknown(engine, ready, error);
    }
    const now = elapsed();
    this.#ready.answered(partition, true);
    this.#turns.ended(partition, batch, result, now - started, now);
    this.#tell(engine, () => {
      if (result.ok) engine.committed(commit, result.revision);
      else engine.refused(commit, result.stale as string[]);
    });
    return true;
  }

  #unknown(engine: Engine, { commit, partition }: ReadyCommit, cause: unknown): boolean {
    this.#ready.answered(partition, false);
    const message = this.#failed(cause);
    this.#tell(engine, () => engine.unknown(commit, message));
    return true;
  }

  #begin(engine: Engine, job: Reading): boolean {
    const waiting = job.tries > 0 ? this.#turn(job) : false;
    if (typeof waiting === "boolean") return this.#read(engine, job, elapsed());
    const go = () => this.#resume(engine, () => this.#read(engine, job, elapsed()));
    const seen = (written: boolean): void => {
      if (written) this.#turns.others(job.partition, elapsed());
      go();
    };
    this.later("get", waiting, seen, go);
    return false;
  }

  /** Waits for the turn to read again what others have written meanwhile; not in the middle of what is read again. */
  #turn({ partition, keys: [key] }: Reading): MaybePromise<boolean> {
    if (key === undefined) return false;
    const look = async () => (await this.#storage.get(partition, [key]))[0]?.revision;
    return this.lookOn(look, this.#turns.watch(partition, elapsed(), Math.random()));
  }

  /** Goes on with a READ until the storage makes it wait; whether it came to an end. */
  #read(engine: Engine, job: Reading, started: number): boolean {
    const failed = (error: unknown): boolean => {
      const message = this.#failed(error);
      this.#tell(engine, () => engine.readFailed(job.read, message));
      return true;
    };
    while (job.step <= job.ranges.length) {
      try {
        const reply = this.#next(job);
        if (isPromise(reply)) {
          const taken = (value: unknown): boolean => {
            try {
              take(job, value);
            } catch (error) {
              return failed(error);
            }
            return this.#read(engine, job, started);
          };
          this.later(
            job.step === 0 ? "get" : "list",
            reply,
            (value) => this.#resume(engine, () => taken(value)),
            (error) => this.#resume(engine, () => failed(error)),
          );
          return false;
        }
        take(job, reply);
      } catch (error) {
        return failed(error);
      }
    }
    const [range] = job.ranges;
    if (range?.prefix === open_packages)
      this.#turns.read(job.partition, elapsed() - started, range.cursor !== undefined);
    const [text, lengths] = [job.into.text(), job.into.lengths()];
    this.#tell(engine, () => engine.loaded(job.read, text, lengths));
    return true;
  }

  /** Asks the storage for the next part of a READ. */
  #next(job: Reading): MaybePromise<unknown> {
    const range = job.ranges[job.step - 1];
    if (range !== undefined) return this.#storage.list(job.partition, range);
    return job.keys.length === 0 ? [] : this.#storage.get(job.partition, job.keys);
  }
}

/** The error that the engine told, with the storage's own exception behind it where one led to it. */
function told(error: ToldError, failures: readonly Failure[]): LedgerError {
  if (error.code !== "STORAGE_UNAVAILABLE" || failures.length === 0) return toLedgerError(error);
  const text = `${error.message} ${JSON.stringify(Object.values(error.details ?? {}))}`;
  const named = failures.find(({ message }) => message !== "" && text.includes(message));
  const cause = (named ?? (failures.length === 1 ? failures[0] : undefined))?.cause;
  // What breaks the contract will do so again.
  return toLedgerError(Rubbish.is(cause) ? { ...error, retryable: false } : error, cause);
}

function engineFailed(cause: unknown, panic: string | undefined): LedgerError {
  return new LedgerError(
    "ENGINE_FAILED",
    "the engine failed and is started anew by the next call; repeat the command under the same id",
    panic === undefined ? {} : { panic },
    { retryable: true, outcomeUnknown: true, cause },
  );
}
