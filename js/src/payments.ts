/**
 * Who pays for an order: the host, asked by the ledger. An order is stored before the host is asked, and what the host says
 * is stored before the caller hears of it, so that a crash at any point leaves an order that `resumeOrders` finishes. What an
 * outcome does to an order is the module's to say.
 */
import { invalidInput, isLedgerError, LedgerError, messageOf } from "./errors.ts";
import { delay } from "./host.ts";
import { isPromise } from "./replies.ts";
import { only, prepare, string_units_max } from "./shape.ts";
import type { MaybePromise } from "./storage/contract.ts";
import type { Charge, FailedOrder, Order, Orders, PaymentOutcome, Payments, ResumedOrders } from "./types.ts";

/** What stands for a proof that the host does not name; the module lets a later one take its place. */
const no_reference = "no-reference";
/** Bytes of a reason, as the module takes them. */
const reason_bytes_max = 256;
/** How long is waited, the first time and the last, until there may be room for what must be said. */
const busy_ms_min = 5;
const busy_ms_max = 500;
/** Orders read at once. */
const page = 100;

/** How the ledger carries out a command of its own, at once or later. */
export interface Purse {
  order(input: { account: string; id: string }): MaybePromise<Order>;
  confirm(input: { account: string; order: string; outcome: PaymentOutcome }): MaybePromise<Order>;
  undecided(input: Undecided): MaybePromise<Orders>;
}

/** A page of the orders whose payment is undecided. */
interface Undecided {
  account: string;
  after?: string;
  limit: number;
  undecided: true;
}

/** Goes on with what an answer brings, now or later. */
export function then<T, R>(answer: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(answer) ? Promise.resolve(answer).then(next) : next(answer);
}

/** What is answered, or what becomes of the error, now or later. */
function caught<T>(
  ask: () => MaybePromise<T>,
  recover: (error: unknown) => MaybePromise<T>,
): MaybePromise<T> {
  try {
    const answer = ask();
    return isPromise(answer) ? Promise.resolve(answer).catch(recover) : answer;
  } catch (error) {
    return recover(error);
  }
}

/** Steps that each wait for an answer, which may be there at once. */
type Steps<T> = Generator<MaybePromise<unknown>, T, unknown>;

/** Waits for an answer. */
function* answer<T>(given: MaybePromise<T>): Generator<MaybePromise<T>, T, unknown> {
  return (yield given) as T;
}

/** Takes the steps: at once for as long as their answers are there, and from the first that is not, later. */
function walk<T>(steps: Steps<T>): MaybePromise<T> {
  let step = steps.next();
  while (step.done !== true) {
    if (isPromise(step.value)) return walkLater(steps, step.value);
    step = steps.next(step.value);
  }
  return step.value;
}

async function walkLater<T>(steps: Steps<T>, first: unknown): Promise<T> {
  let step: IteratorResult<unknown, T> = { done: false, value: first };
  while (step.done !== true) {
    let value: unknown;
    try {
      value = await step.value;
    } catch (error) {
      step = steps.throw(error);
      continue;
    }
    step = steps.next(value);
  }
  return step.value;
}

export class Till {
  readonly #payments: Payments | undefined;
  readonly #purse: Purse;
  readonly #later: boolean;

  /** `later`: whether the ledger may answer later, so that the host may as well. */
  constructor(payments: Payments | undefined, purse: Purse, later: boolean) {
    this.#payments = payments;
    this.#purse = purse;
    this.#later = later;
  }

  /** Has an order paid whose payment is undecided; without payments that is left to `confirmPayment`. */
  pay(account: string, order: Order): MaybePromise<Order> {
    const payments = this.#payments;
    if (payments === undefined || !isUndecided(order)) return order;
    return this.#pay(payments, account, order.id);
  }

  /** Asks the host for an order's payment, with nothing to wait for between the last look at the order and the host. */
  #pay(payments: Payments, account: string, id: string): MaybePromise<Order> {
    return then(this.#read(account, id), (order) => {
      if (!isUndecided(order)) return order;
      return then(this.#charge(payments, chargeOf(account, order)), (outcome) =>
        this.#confirm(account, id, outcome),
      );
    });
  }

  /** The order as it is right before it is charged: it may have been decided meanwhile, or its account retired. */
  #read(account: string, id: string): MaybePromise<Order> {
    return caught(
      () => this.#insist(() => this.#purse.order({ account, id })),
      (error) => {
        throw isLedgerError(error) && error.retryable ? outcomeUnknown(error) : error;
      },
    );
  }

  /**
   * Has an order paid that was placed by itself. Nobody waits for it: whatever goes wrong leaves an order that `resume` finishes.
   */
  charge(account: string, id: string): MaybePromise<unknown> {
    const payments = this.#payments;
    if (payments === undefined) return undefined;
    return caught<unknown>(
      () => this.#pay(payments, account, id),
      () => undefined,
    );
  }

  /**
   * Has every order of an account paid whose payment is undecided, one after the other. An order that is contradicted is told of
   * and holds up no other; any other failure is the store's or the module's, and ends it.
   */
  resume(input: unknown): MaybePromise<ResumedOrders> {
    if (this.#payments === undefined)
      throw invalidInput("payments", "is missing: make the ledger with `payments` to resume orders");
    // Read once: whatever becomes of the caller's object, the orders of one account are paid.
    const prepared = prepare(input, "resumeOrders") as { account: string };
    only(prepared, ["account"]);
    return walk(this.#resumed(prepared.account));
  }

  *#resumed(account: string): Steps<ResumedOrders> {
    const orders: Order[] = [];
    const failed: FailedOrder[] = [];
    let wanted: Undecided | undefined = { account, limit: page, undecided: true };
    while (wanted !== undefined) {
      let asked: string | undefined;
      try {
        const found: Orders = yield* answer(this.#purse.undecided(wanted));
        for (const order of found.orders) {
          asked = order.id;
          try {
            orders.push(yield* answer(this.pay(account, order)));
          } catch (error) {
            if (!isLedgerError(error) || error.code !== "ORDER_DECIDED") throw error;
            failed.push({ order: order.id, error });
          }
        }
        wanted = found.next === undefined ? undefined : { ...wanted, after: found.next };
      } catch (error) {
        // What has come out so far is not told again, so that it must not be lost.
        if (!isLedgerError(error) || orders.length + failed.length === 0) throw error;
        failed.push(asked === undefined ? { error } : { order: asked, error });
        wanted = undefined;
      }
    }
    return { orders, failed };
  }

  /** What the host says; whatever is no outcome leaves it unknown. */
  #charge(payments: Payments, charge: Charge): MaybePromise<PaymentOutcome> {
    try {
      const outcome = payments.charge(charge);
      if (!isPromise(outcome)) return outcomeOf(outcome);
      if (!this.#later) {
        void Promise.resolve(outcome).catch(() => {});
        return unknown("payments.charge answered with a promise, which a synchronous ledger cannot wait for");
      }
      return Promise.resolve(outcome)
        .then(outcomeOf)
        .catch((error: unknown) => unknown(messageOf(error)));
    } catch (error) {
      return unknown(messageOf(error));
    }
  }

  /** The buyer may have been charged, so that an outcome that is none must not be lost: it is unknown. */
  #confirm(account: string, order: string, outcome: PaymentOutcome): MaybePromise<Order> {
    const odd = (error: unknown): MaybePromise<Order> => {
      if (!isLedgerError(error) || error.code !== "INVALID_INPUT") throw error;
      const reason = `payments.charge answered with no outcome: ${error.message}`;
      return this.#insist(() => this.#purse.confirm({ account, order, outcome: unknown(reason) }));
    };
    return caught(() => this.#insist(() => this.#purse.confirm({ account, order, outcome })), odd);
  }

  /** A charge has been made, or is about to be: where too many calls wait, it waits as well, instead of being refused. */
  #insist<T>(ask: () => MaybePromise<T>, wait_ms = busy_ms_min): MaybePromise<T> {
    return caught(ask, (error) => {
      if (!this.#later || !isLedgerError(error) || error.code !== "OVERLOADED") throw error;
      return delay(wait_ms).then(() => this.#insist(ask, Math.min(2 * wait_ms, busy_ms_max)));
    });
  }
}

function isUndecided({ state }: Order): boolean {
  return state === "placed" || state === "unknown";
}

/** The same error, of a call that has stored an order: it may be paid or not. */
function outcomeUnknown({ code, message, details, cause }: LedgerError): LedgerError {
  return new LedgerError(code, message, details, { retryable: true, outcomeUnknown: true, cause });
}

function chargeOf(account: string, order: Order): Charge {
  const { id, total, currency, offer, region, quantity, payment } = order;
  // Two accounts may give their orders the same id. An id has no spaces, so that the two are told apart.
  const charge: Charge = {
    idempotencyKey: `${account} ${id}`,
    account,
    order: id,
    amount: total,
    currency,
    offer,
    region,
    quantity,
  };
  if (payment.method !== undefined) charge.method = payment.method;
  return charge;
}

/**
 * What an outcome says, without whatever else the host's answer carries: the buyer may have been charged, so that nothing
 * which could be left out is held against it.
 */
function outcomeOf(said: PaymentOutcome): PaymentOutcome {
  if (typeof said !== "object" || said === null) return said;
  const { status, reference, reason } = said as { status: unknown; reference?: unknown; reason?: unknown };
  const outcome: { status: unknown; reference?: unknown; reason?: unknown } = { status };
  if (status === "paid") outcome.reference = proofOf(reference);
  else if (typeof reason === "string" && reason !== "") outcome.reason = clipped(reason);
  return outcome as unknown as PaymentOutcome;
}

/** A proof as the module takes it, which shortens a long one. A charge without any is a charge all the same. */
function proofOf(reference: unknown): string {
  const numeric = typeof reference === "bigint" || Number.isFinite(reference);
  const text = numeric ? String(reference) : reference;
  if (typeof text !== "string" || text === "") return no_reference;
  return text.slice(0, string_units_max).toWellFormed();
}

function unknown(reason: string): PaymentOutcome {
  return { status: "unknown", reason: clipped(reason) };
}

/** As much of a text as the module takes, at least one character. */
function clipped(text: string): string {
  const encoder = new TextEncoder();
  let fitting = "";
  let bytes = 0;
  for (const character of text.toWellFormed()) {
    bytes += encoder.encode(character).length;
    if (bytes > reason_bytes_max) break;
    fitting += character;
  }
  return fitting === "" ? "no reason given" : fitting;
}
