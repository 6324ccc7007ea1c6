/**
 * The API over a module: one table of commands and queries that drives both ledgers, so that they cannot differ, and the
 * checks of what a ledger is made with. No rule of the ledger lives here.
 */
import { type BatchPort, reserveBatch } from "./batch.ts";
import type { Command, DriverOptions } from "./core.ts";
import { Driver } from "./driver.ts";
import { invalidInput } from "./errors.ts";
import { estimate } from "./estimate.ts";
import { follow, followSync } from "./events.ts";
import type { Engine, EngineLimits, Module } from "./module.ts";
import { movingOf, type Verify } from "./moving/moving.ts";
import { Till, then } from "./payments.ts";
import { Quoter } from "./pricing/pricing.ts";
import {
  checkMessage,
  checkNow,
  checkRelease,
  checkReport,
  checkReserve,
  checkSettle,
  checkSource,
  checkText,
  only,
  own,
  plain,
  prepare,
  prepareCatalog,
} from "./shape.ts";
import type { MaybePromise, Storage, SyncStorage } from "./storage/contract.ts";
import { memoryStorage } from "./storage/memory.ts";
import { SyncDriver } from "./sync-driver.ts";
import { textsOf } from "./text/texts.ts";
import type {
  Catalog,
  EventPage,
  Forecast,
  Ledger,
  LedgerOptions,
  Order,
  Orders,
  Pace,
  Payments,
  PreviewOptions,
  Release,
  Reserved,
  Settle,
  Snapshot,
  SyncLedger,
  TextOptions,
} from "./types.ts";
import { Underway } from "./underway.ts";

type Counting = NonNullable<TextOptions["counting"]>;

/** The calls that are answered at once, without a store. */
type AtOnce = "segments";
/** The calls that are made of others. */
type Composed = "resumeOrders" | "reserveBatch" | "estimate" | "events";
type Stored = Exclude<keyof SyncLedger, AtOnce | Composed>;

/** A command whose checked input is an `I`. */
function command<I>(
  check: (input: unknown) => I,
  send: (engine: Engine, ticket: number, now: number, input: I) => void,
): Command {
  return { check, send: send as Command["send"] };
}

/** A command or query that is handed over by its name. */
function wide(name: Stored): Command {
  return command(
    (input) => prepare(input, name),
    (engine, ticket, now, input) => engine.enqueue(ticket, now, name, input),
  );
}

/** Every command and query. The hot ones go over the boundary as plain arguments, in docs/boundary.md's order. */
const commands: Readonly<Record<Stored, Command>> = {
  openAccount: wide("openAccount"),
  setGates: wide("setGates"),
  setPlan: wide("setPlan"),
  suspend: wide("suspend"),
  resume: wide("resume"),
  close: wide("close"),
  migrate: wide("migrate"),
  revertMigration: wide("revertMigration"),
  activate: wide("activate"),
  quote: wide("quote"),
  purchase: wide("purchase"),
  confirmPayment: wide("confirmPayment"),
  order: wide("order"),
  orders: wide("orders"),
  refund: wide("refund"),
  grantVoucher: wide("grantVoucher"),
  vouchers: wide("vouchers"),
  adjust: wide("adjust"),
  advance: wide("advance"),
  setAlarms: wide("setAlarms"),
  setCeilings: wide("setCeilings"),
  setRecharge: wide("setRecharge"),
  settings: wide("settings"),
  preview: command(
    (input) => checkMessage(input, "preview"),
    (engine, ticket, now, { account, to, text, purpose, project }) =>
      engine.reserve(ticket, now, account, "", to, text, 1, true, purpose, project),
  ),
  reserve: command(checkReserve, (engine, ticket, now, { account, id, to, text, ...input }) =>
    engine.reserve(ticket, now, account, id, to, text, input.attempt, false, input.purpose, input.project),
  ),
  settle: command(checkSettle, (engine, ticket, now, input: Required<Settle>) =>
    engine.settle(ticket, now, input.account, input.id, input.segments),
  ),
  release: command(checkRelease, (engine, ticket, now, input: Release) =>
    engine.release(ticket, now, input.account, input.id),
  ),
  report: command(checkReport, (engine, ticket, now, input) =>
    engine.report(ticket, now, input.account, input.id, input.stage, input.code, input.segments),
  ),
  account: wide("account"),
  balance: wide("balance"),
  packages: wide("packages"),
  pace: wide("pace"),
  forecast: wide("forecast"),
  endedPackages: wide("endedPackages"),
  entries: wide("entries"),
  eventPage: wide("eventPage"),
  explain: command(
    (input) => checkMessage(input, "explain"),
    (engine, ticket, now, input) => engine.enqueue(ticket, now, "explain", input),
  ),
  verify: wide("verify"),
  snapshot: wide("snapshot"),
};

/** What the host supplies besides the store. */
interface Host {
  clock: () => number;
  payments: Payments | undefined;
  /** Most commands that may wait on an account. */
  queue: number;
  /** Most calls that may wait at once. */
  calls: number;
}

/** What every ledger has in common: its driver, as far as the table and the storage-less calls need it. */
interface Port {
  call(command: Command, input: unknown): unknown;
  ask(question: (engine: Engine) => string): unknown;
  use<T>(question: (engine: Engine) => T): T;
  batch: BatchPort["batch"];
  onCharge: ((account: string, order: string) => void) | undefined;
}

/** What a call gives that is made of several: where it may answer later, what it throws at once is an answer as well. */
function answered<T>(underway: Underway | undefined, call: () => MaybePromise<T>): MaybePromise<T> {
  if (underway === undefined) return call();
  try {
    return underway.during(call());
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Where every call is carried through before it returns, an order that was placed by itself is paid right behind the call that placed it.
 * To pay it is a call as well, which may place another.
 */
function chargeBetween(port: Port, till: Till): () => void {
  const placed: [account: string, order: string][] = [];
  let busy = false;
  port.onCharge = (account, order) => placed.push([account, order]);
  return () => {
    if (busy) return;
    busy = true;
    try {
      for (let next = placed.shift(); next !== undefined; next = placed.shift()) void till.charge(...next);
    } finally {
      busy = false;
    }
  };
}

function ledgerOver(
  module: Module,
  port: Port,
  catalog: Catalog,
  host: Host,
  underway?: Underway,
): Record<string, unknown> {
  const later = underway !== undefined;
  const texts = textsOf(module);
  const { clock, payments } = host;
  let quoter: Quoter | undefined;
  let finish = (): void => {};
  /** Takes a step, and has paid what was ordered by itself on the way. */
  const step = <T>(take: () => T): T => {
    try {
      return take();
    } finally {
      finish();
    }
  };
  const call = <T>(name: Stored, input: unknown): T => step(() => port.call(commands[name], input) as T);
  const purse = {
    order: (input: unknown): MaybePromise<Order> => call("order", input),
    confirm: (input: unknown): MaybePromise<Order> => call("confirmPayment", input),
    undecided: (input: unknown): MaybePromise<Orders> => call("orders", input),
  };
  const whole = (send: (engine: Engine, ticket: number, now: number) => void): unknown =>
    port.call(
      command((input) => input, send),
      undefined,
    );
  const batches: BatchPort = {
    batch: (count, send) => step(() => port.batch(count, send)),
    whole: (send) => step(() => whole(send)) as MaybePromise<Reserved[]>,
    queue: host.queue,
  };
  // Many a ledger never quotes.
  const quoting = (): Quoter => {
    quoter ??= new Quoter(port, catalog, clock);
    return quoter;
  };
  const till = new Till(payments, purse, later);
  if (payments !== undefined && later) {
    port.onCharge = (account, order) =>
      void underway.during(Promise.resolve().then(() => till.charge(account, order)));
  } else if (payments !== undefined) {
    finish = chargeBetween(port, till);
  }
  const ledger: Record<string, unknown> = {};
  for (const name of Object.keys(commands) as Stored[]) ledger[name] = (input: unknown) => call(name, input);
  return Object.assign(ledger, {
    segments(text: string): unknown {
      const checked = checkText(text);
      const counting = port.ask((engine) => engine.counting()) as Counting;
      return texts.analyzeText(checked, { counting });
    },
    quote(input: unknown): unknown {
      const owned = typeof input === "object" && input !== null && Object.hasOwn(input, "account");
      if (owned) return call("quote", input);
      return quoting().quote(input);
    },
    purchase(input: unknown): unknown {
      return answered(underway, () => {
        // What is stored is what is paid, whatever becomes of the caller's object meanwhile.
        const prepared = prepare(input, "purchase") as { account: string };
        const placed = call<MaybePromise<Order>>("purchase", prepared);
        return then(placed, (order) => till.pay(prepared.account, order));
      });
    },
    reserveBatch(input: unknown): unknown {
      return answered(underway, () => reserveBatch(batches, input));
    },
    estimate(input: unknown): unknown {
      return answered(underway, () => estimate({ whole, quoting, catalog }, input));
    },
    forecast(input: unknown): unknown {
      return answered(underway, () => {
        const { over, ...prepared } = prepare(input, "forecast");
        const { account, pace: given } = prepared;
        if (given !== undefined) {
          if (over !== undefined) throw invalidInput("over", "belongs to a forecast without a `pace`", over);
          return call<MaybePromise<Forecast>>("forecast", prepared);
        }
        const sampled = call<MaybePromise<Pace>>(
          "pace",
          over === undefined ? { account } : { account, over },
        );
        return then(sampled, ({ pace }) => call<MaybePromise<Forecast>>("forecast", { ...prepared, pace }));
      });
    },
    events(input: unknown): unknown {
      const prepared = prepare(input, "events");
      return later
        ? follow(prepared, (page) => call<Promise<EventPage>>("eventPage", page))
        : followSync(prepared, (page) => call<EventPage>("eventPage", page));
    },
    resumeOrders(input: unknown): unknown {
      return answered(underway, () => till.resume(input));
    },
  });
}

/** A ledger over any store. Ready at once, so that it may be awaited or not. */
export function makeLedger(module: Module, options: LedgerOptions<Storage>): Ledger {
  const { driver: driverOptions, host } = checkOptions(module, options);
  const driver = new Driver(driverOptions, host.clock, host.calls);
  driver.engine();
  const underway = new Underway();
  const ledger = ledgerOver(module, driver, driverOptions.catalog, host, underway);
  // A ledger of its own over the store as it will be.
  const verify: Verify = async (storage, account) =>
    new Driver({ ...driverOptions, storage }, host.clock, 1).call(commands.verify, {
      account,
    }) as ReturnType<Verify>;
  const moving = movingOf(driverOptions.storage, verify, (account) => driver.forget(account));
  const during =
    <I, A>(call: (input: I) => Promise<A>) =>
    (input: I): MaybePromise<A> =>
      underway.during(call(input));
  return Object.assign(ledger, moving, {
    importAccount: during(moving.importAccount),
    retireAccount: during(moving.retireAccount),
    reinstateAccount: during(moving.reinstateAccount),
    deleteAccount: during(moving.deleteAccount),
    idle: () => underway.idle(() => driver.open > 0),
  }) as unknown as Ledger;
}

/** A ledger over a synchronous store: every call returns its answer. */
export function makeLedgerSync(module: Module, options: LedgerOptions<SyncStorage>): SyncLedger {
  const { driver: driverOptions, host } = checkOptions(module, options);
  const driver = new SyncDriver(driverOptions, host.clock);
  driver.engine();
  return ledgerOver(module, driver, driverOptions.catalog, host) as unknown as SyncLedger;
}

/**
 * A ledger over a copy of a snapshot in memory: the same calls and the same decisions, of which nothing is ever stored. It is the only
 * writer of its copy.
 */
export function makePreview(module: Module, options: PreviewOptions): SyncLedger {
  const given = plain<PreviewOptions>(options);
  only(given, ["snapshot", "catalog", "now"]);
  const storage = { ...memoryStorage((given.snapshot ?? null) as Snapshot), exclusive: true };
  const { catalog, now } = own(options);
  return makeLedgerSync(module, now === undefined ? { storage, catalog } : { storage, catalog, now });
}

const option_properties = ["storage", "catalog", "payments", "now", "cacheBytes", "queue", "calls"];

/** Calls that may wait for an answer at once: ten full queues. */
const calls_max = 100_000;

function checkOptions(module: Module, options: unknown): { driver: DriverOptions; host: Host } {
  if (typeof options !== "object" || options === null)
    throw invalidInput("", "the options must be an object", options ?? null);
  for (const name of Object.keys(options)) {
    if (!option_properties.includes(name)) {
      throw invalidInput(
        name,
        `is no option; allowed are ${option_properties.map((known) => `\`${known}\``).join(", ")}`,
      );
    }
  }
  const given: { readonly [K in keyof LedgerOptions<Storage>]?: unknown } = own(options);
  const storage = checkStorage(given.storage);
  const limits: EngineLimits = checkLimits(storage.limits);
  if (storage.exclusive === true) limits.exclusive = true;
  if (given.cacheBytes !== undefined) limits.cacheBytes = whole(given.cacheBytes, "cacheBytes");
  if (given.queue !== undefined) limits.queue = whole(given.queue, "queue");
  const calls = given.calls === undefined ? calls_max : whole(given.calls, "calls");
  return {
    driver: { module, storage, catalog: checkCatalog(given.catalog), limits },
    host: {
      clock: clockOf(given.now),
      payments: checkPayments(given.payments),
      queue: Math.min(limits.queue ?? calls, calls),
      calls,
    },
  };
}

function checkPayments(payments: unknown): Payments | undefined {
  if (payments === undefined) return undefined;
  if (typeof payments !== "object" || payments === null)
    throw invalidInput("payments", "must be an object with `charge`", payments);
  const { charge } = payments as Partial<Payments>;
  if (typeof charge !== "function")
    throw invalidInput("payments.charge", "must be a function", charge ?? null);
  return payments as Payments;
}

function checkStorage(storage: unknown): Storage {
  if (typeof storage !== "object" || storage === null) {
    throw invalidInput("storage", "must be an object with `get`, `list` and `commit`", storage ?? null);
  }
  for (const callback of ["get", "list", "commit"] as const) {
    const value: unknown = (storage as Partial<Storage>)[callback];
    if (typeof value !== "function")
      throw invalidInput(`storage.${callback}`, "must be a function", value ?? null);
  }
  return storage as Storage;
}

function checkLimits(limits: unknown): EngineLimits {
  const checked: EngineLimits = {};
  if (limits === undefined) return checked;
  if (typeof limits !== "object" || limits === null)
    throw invalidInput("storage.limits", "must be an object", limits);
  for (const [name, least] of Object.entries(limits_min)) {
    const value: unknown = (own(limits) as EngineLimits)[name as keyof typeof limits_min];
    if (value !== undefined)
      checked[name as keyof typeof limits_min] = whole(value, `storage.limits.${name}`, least);
  }
  return checked;
}

/**
 * The least that a store must take: the head and one record checked; a message paid from several packages written with
 * what time does before it; and in one value a head that tells of every region of the world how its last package ended,
 * and of every schedule how far it is.
 */
const limits_min = { checks: 2, writes: 16, valueBytes: 16_384 } as const;

/** The module counts its limits in 32 bits. */
const limit_max = 0xffff_ffff;

function whole(value: unknown, path: string, least = 1): number {
  if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= limit_max)
    return value as number;
  throw invalidInput(path, `must be a whole number from ${least} to ${limit_max}`, value ?? null);
}

/** What a catalog must be is the module's to say. */
function checkCatalog(catalog: unknown): Catalog {
  return prepareCatalog(checkSource(catalog)) as unknown as Catalog;
}

function clockOf(now: unknown): () => number {
  if (now === undefined) return Date.now;
  if (typeof now !== "function") throw invalidInput("now", "must be a function", now);
  return () => checkNow((now as () => unknown)());
}
