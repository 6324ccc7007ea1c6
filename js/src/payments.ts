/**
 * Who pays for an order: the host, asked by the ledger. An order is stored before the host is asked, and what the host says
 * is stored before the caller hears of it, so that a crash at any point leaves an order that `resumeOrders` finishes. What an
 * outcome does to an order is the module's to say.
 */
import { invalidInput, isLedgerError, messageOf } from "./errors.ts";
import { isPromise } from "./replies.ts";
import { plain } from "./shape.ts";
import type { MaybePromise } from "./storage/contract.ts";
import type { Charge, Order, Orders, PaymentOutcome, Payments } from "./types.ts";

/** Bytes of a reason, as the module takes them. */
const reason_bytes_max = 256;
/** Orders read at once. */
const page = 100;

/** How the ledger carries out a command of its own, at once or later. */
export interface Purse {
  confirm(input: { account: string; order: string; outcome: PaymentOutcome }): MaybePromise<Order>;
  undecided(input: { account: string; after?: string; limit: number; undecided: true }): MaybePromise<Orders>;
}

/** Goes on with what an answer brings, now or later. */
export function then<T, R>(answer: MaybePromise<T>, next: (value: T) => MaybePromise<R>): MaybePromise<R> {
  return isPromise(answer) ? Promise.resolve(answer).then(next) : next(answer);
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
    if (payments === undefined || (order.state !== "placed" && order.state !== "unknown")) return order;
    return then(this.#charge(payments, chargeOf(account, order)), (outcome) =>
      this.#confirm(account, order.id, outcome),
    );
  }

  /** Has every order of an account paid whose payment is undecided, one after the other. */
  resume(input: unknown): MaybePromise<Order[]> {
    if (this.#payments === undefined)
      throw invalidInput("payments", "is missing: make the ledger with `payments` to resume orders");
    const { account } = plain<{ account: string }>(input);
    const done: Order[] = [];
    const payAll = (left: Order[]): MaybePromise<void> => {
      const [order, ...rest] = left;
      if (order === undefined) return;
      return then(this.pay(account as string, order), (paid) => {
        done.push(paid);
        return payAll(rest);
      });
    };
    const next = (after: string | undefined): MaybePromise<Order[]> => {
      const wanted = { ...(input as { account: string }), limit: page, undecided: true } as const;
      const found = this.#purse.undecided(after === undefined ? wanted : { ...wanted, after });
      return then(found, (orders) =>
        then(payAll(orders.orders), () => (orders.next === undefined ? done : next(orders.next))),
      );
    };
    return next(undefined);
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
      return this.#purse.confirm({ account, order, outcome: unknown(reason) });
    };
    try {
      const answer = this.#purse.confirm({ account, order, outcome });
      return isPromise(answer) ? Promise.resolve(answer).catch(odd) : answer;
    } catch (error) {
      return odd(error);
    }
  }
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
  if (status === "paid")
    outcome.reference =
      typeof reference === "number" || typeof reference === "bigint" ? String(reference) : reference;
  else if (typeof reason === "string" && reason !== "") outcome.reason = clipped(reason);
  return outcome as unknown as PaymentOutcome;
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
