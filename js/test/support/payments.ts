/** A payment provider that keeps its word, and a process that can be stopped at any call to its host. */
import type { Charge, PaymentOutcome, Payments, SyncStorage } from "sms-ledger";

/** A provider that charges once for a key and then says the same again. */
export class Provider implements Payments {
  readonly charged: Charge[] = [];
  readonly #said = new Map<string, PaymentOutcome>();
  readonly #outcome: (charge: Charge) => PaymentOutcome;

  constructor(outcome?: (charge: Charge) => PaymentOutcome) {
    this.#outcome = outcome ?? ((charge) => ({ status: "paid", reference: `pay-${charge.order}` }));
  }

  charge(charge: Charge): PaymentOutcome {
    const said = this.#said.get(charge.idempotencyKey) ?? this.#outcome(charge);
    if (!this.#said.has(charge.idempotencyKey) && said.status === "paid") this.charged.push(charge);
    this.#said.set(charge.idempotencyKey, said);
    return said;
  }
}

/** What a stopped process says to whoever still listens. */
export class Stopped extends Error {}

/** Counts the calls to the host, and stops the process at one of them: before it is carried out, or after. */
export class Process {
  calls: string[] = [];
  readonly #at: number;
  readonly #after: boolean;

  constructor(at: number, after: boolean) {
    this.#at = at;
    this.#after = after;
  }

  get stopped(): boolean {
    return this.calls.length >= this.#at;
  }

  call<T>(name: string, carryOut: () => T): T {
    if (this.stopped) throw new Stopped(name);
    this.calls.push(name);
    if (!this.stopped) return carryOut();
    if (this.#after) carryOut();
    throw new Stopped(name);
  }

  storage(storage: SyncStorage): SyncStorage {
    return {
      get: (partition, keys) => this.call("get", () => storage.get(partition, keys)),
      list: (partition, range) => this.call("list", () => storage.list(partition, range)),
      commit: (partition, batch) => this.call("commit", () => storage.commit(partition, batch)),
    };
  }

  payments(payments: Payments): Payments {
    return { charge: (charge) => this.call("charge", () => payments.charge(charge)) };
  }
}
