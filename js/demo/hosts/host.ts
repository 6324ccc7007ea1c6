/** Where the story runs: a ledger, and a way to stop everything that runs it and to start again. */
import type {
  Balance,
  FulfilledOrder,
  MaybePromise,
  Order,
  PaidPurchase,
  Purchase,
  Quote,
  QuoteRequest,
  RefundedOrder,
  SyncLedger,
} from "sms-ledger";

/** `events` pages by `eventPage`: a host behind a connection has that alone. */
type Overloaded = "quote" | "purchase" | "events";

/** A ledger, here or behind a connection. */
export type AnyLedger = {
  [K in Exclude<keyof SyncLedger, Overloaded>]: (
    ...args: Parameters<SyncLedger[K]>
  ) => MaybePromise<ReturnType<SyncLedger[K]>>;
} & {
  quote(input: QuoteRequest): MaybePromise<Quote>;
  purchase(input: PaidPurchase): MaybePromise<FulfilledOrder | RefundedOrder>;
  purchase(input: Purchase): MaybePromise<Order>;
};

export interface Host {
  /** What the story calls the place, such as `a SQLite file`. */
  readonly place: string;
  /** What a restart does here, as one sentence. */
  readonly restarting: string;
  /** Where the data is, for the curious. */
  readonly path: string;
  /** The ledger of the moment: another one after a restart. */
  readonly ledger: AnyLedger;
  /** Stops what runs the ledger, starts it anew on the same data, and asks the new process for the balance. */
  restart(account: string): Promise<Balance>;
  /** Stops everything and removes the data. */
  close(): Promise<void>;
}
