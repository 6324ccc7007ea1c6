/**
 * The Durable Object that is an account: a ledger over the object's own SQLite, which answers the calls of `createEdgeLedger`,
 * and wakes up by itself when something of the account is due. No rule of the ledger lives here.
 */
import { type ErrorCode, invalidInput, isLedgerError } from "../errors.ts";
import { type Chunks, peeked } from "../moving/lines.ts";
import { prepareAny } from "../shape.ts";
import type { CommitResult, Storage } from "../storage/contract.ts";
import { type DurableObjectDatabase, durableObjectStorage, partitionOf } from "../storage/durable-object.ts";
import type { Imported, Ledger } from "../types.ts";
import { accountOf, type Call, calls, isCall } from "./calls.ts";
import { bodyOf, toldLines } from "./moving.ts";

/** What is used of a Durable Object's `ctx`. */
export interface LedgerObjectContext {
  readonly id: { readonly name?: string | undefined };
  readonly storage: DurableObjectDatabase & {
    getAlarm(): Promise<number | null>;
    setAlarm(at: number): Promise<void>;
    sync(): Promise<void>;
  };
}

/** The object, as the platform calls it. */
export interface LedgerObject {
  fetch(request: Request): Promise<Response>;
  alarm(): Promise<void>;
}

/** Makes the ledger of an object over its store; `env` is the worker's. */
export type MakeLedger<E> = (storage: Storage, env: E) => Ledger;

/** How long an alarm waits that has failed, and the least between two of them. */
const retry_ms = 30_000;
const alarm_ms_min = 1_000;
/** How long a payment may be on its way before it is asked for again, and how long one waits that is undecided even then. */
const payment_ms = 30_000;
const undecided_ms = 3_600_000;

/** Keys of notes that the payment of an order is open. */
const unpaid = "unpaid/";

/**
 * The object's store, whose commits are answered when they are on the disk. The platform holds an answer back until then in any
 * case; here the ledger waits as well, so that what is called meanwhile shares the next commit.
 */
function durable(storage: LedgerObjectContext["storage"], paying: () => Promise<void>): Storage {
  const store = durableObjectStorage(storage);
  const { limits, exclusive } = store;
  return {
    get: (partition, keys) => store.get(partition, keys),
    list: (partition, range) => store.list(partition, range),
    async commit(partition, batch): Promise<CommitResult> {
      if (batch.writes.some(({ op, key }) => op === "put" && key.startsWith(unpaid))) await paying();
      const result = store.commit(partition, batch);
      if (result.ok) await storage.sync();
      return result;
    },
    ...(limits === undefined ? {} : { limits }),
    ...(exclusive === undefined ? {} : { exclusive }),
  };
}

/** The account of an object, and its alarm. */
class Account {
  readonly #context: LedgerObjectContext;
  readonly #ledger: Ledger;
  #account: string | undefined;
  /** When the platform will wake the object up, as far as that is known. */
  #alarm: number | null | undefined;
  #waking: Promise<void> | undefined;

  constructor(context: LedgerObjectContext, ledger: Ledger) {
    this.#context = context;
    this.#ledger = ledger;
    this.#account = context.id.name ?? partitionOf(context.storage);
  }

  /** Carries a call out. It is answered when the alarm is set that it makes necessary. */
  async call(name: Call, input: Record<string, unknown>): Promise<unknown> {
    const account = accountOf(name, input);
    this.#own(account, name === "openAccount" ? "id" : "account");
    try {
      return await (this.#ledger[name] as (input: unknown) => unknown)(input);
    } finally {
      // What is refused may have written as well, such as the order that a message waits for.
      if (calls[name] === "writes") await this.#wakeInTime(account);
    }
  }

  /** Refuses every account but the one that this object is. */
  #own(account: string, path: string): void {
    this.#account ??= account;
    if (account !== this.#account) throw invalidInput(path, "is not the account of this object", account);
  }

  exported(input: Record<string, unknown>): AsyncIterable<string> {
    const account = accountOf("exportAccount", input);
    this.#own(account, "account");
    return this.#ledger.exportAccount({ account });
  }

  async imported(chunks: Chunks): Promise<Imported> {
    const { account, lines } = await peeked(chunks);
    this.#own(account, "account");
    const imported = await this.#ledger.importAccount(lines);
    await this.#wakeInTime(account);
    if (await this.#hasUndecided(account)) await this.paying();
    return imported;
  }

  /** Sets the alarm by what is due next, once for all the calls of a moment. */
  #wakeInTime(account: string): Promise<void> {
    this.#waking ??= Promise.resolve().then(async () => {
      // A call that is answered from here on may have come behind the question.
      this.#waking = undefined;
      const balance = await this.#ledger.balance({ account }).catch(unlessRefused);
      if (balance?.nextDue !== undefined) await this.#wakeBy(Date.parse(balance.nextDue));
    });
    return this.#waking;
  }

  /** An order is about to be written whose payment is open. The object may be lost while it is on its way, and nobody call again. */
  async paying(): Promise<void> {
    await this.#wakeBy(Date.now() + payment_ms);
  }

  async #hasUndecided(account: string): Promise<boolean> {
    const { orders } = await this.#ledger.orders({ account, undecided: true, limit: 1 });
    return orders.length > 0;
  }

  /** Has orders paid that a lost object has left, and comes back to what stays undecided. */
  async #resumeOrders(account: string): Promise<void> {
    if (!(await this.#hasUndecided(account))) return;
    try {
      await this.#ledger.resumeOrders({ account });
    } catch (error) {
      // Without payments the host has the outcome told, in its own time.
      if (isRefusal(error, "INVALID_INPUT")) return;
      throw error;
    }
    if (await this.#hasUndecided(account)) await this.#wakeBy(Date.now() + undecided_ms);
  }

  async #wakeBy(due: number): Promise<void> {
    if (this.#alarm === undefined) this.#alarm = await this.#context.storage.getAlarm();
    // One that comes too early does no harm.
    if (this.#alarm !== null && this.#alarm <= due) return;
    await this.#context.storage.setAlarm(due);
    this.#alarm = due;
  }

  /** Writes down what time has done, has orders paid that were left, and sets the next alarm. */
  async advance(): Promise<void> {
    const account = this.#account;
    this.#alarm = null;
    if (account === undefined) return;
    try {
      const { nextDue } = await this.#ledger.advance({ account });
      if (nextDue !== undefined) await this.#wakeBy(Math.max(Date.parse(nextDue), Date.now() + alarm_ms_min));
      await this.#resumeOrders(account);
    } catch (error) {
      if (isRefusal(error, "UNKNOWN_ACCOUNT") || isRefusal(error, "ACCOUNT_MOVED")) return;
      // The platform tells of the error and tries again, but not for ever: an account must not be forgotten.
      await this.#wakeBy(Date.now() + retry_ms);
      throw error;
    }
  }
}

/** An account that is not there, or cannot be read now, has nothing due that is known. */
function unlessRefused(error: unknown): undefined {
  if (!isLedgerError(error)) throw error;
}

function isRefusal(error: unknown, code: ErrorCode): boolean {
  return isLedgerError(error) && error.code === code;
}

async function jsonOf(request: Request): Promise<unknown> {
  try {
    return await request.json();
  } catch {
    throw invalidInput("", "a call's body is JSON");
  }
}

async function ask(account: Account, name: string, request: Request): Promise<Response> {
  if (request.method !== "POST") throw invalidInput("", "a call is a POST");
  if (name === "importAccount") return Response.json({ ok: await account.imported(request.body ?? []) });
  const input = async (): Promise<Record<string, unknown>> => prepareAny(await jsonOf(request));
  if (name === "exportAccount") return new Response(bodyOf(toldLines(account.exported(await input()))));
  if (!isCall(name)) throw invalidInput("", `\`${name}\` is no call of an account`);
  return Response.json({ ok: await account.call(name, await input()) });
}

async function answer(account: Account, request: Request): Promise<Response> {
  try {
    return await ask(account, new URL(request.url).pathname.slice(1), request);
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    return Response.json({ error });
  }
}

/**
 * The class of an account's object, for a worker to export and to declare with SQLite (`new_sqlite_classes`). An object is
 * one account, that of its name, and refuses every other. It answers calls by `fetch`: hand it no stranger's request.
 */
export function ledgerObject<E>(
  make: MakeLedger<E>,
): new (
  context: LedgerObjectContext,
  env: E,
) => LedgerObject {
  return class implements LedgerObject {
    readonly #account: Account;

    constructor(context: LedgerObjectContext, env: E) {
      const store = durable(context.storage, () => this.#account.paying());
      this.#account = new Account(context, make(store, env));
    }

    fetch(request: Request): Promise<Response> {
      return answer(this.#account, request);
    }

    alarm(): Promise<void> {
      return this.#account.advance();
    }
  };
}
