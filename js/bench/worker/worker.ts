/** The benchmark inside a Durable Object: so many pairs a request, timed from outside, as a worker's clock stands still. */
import { createLedger, type Ledger } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { type DurableObjectDatabase, durableObjectStorage } from "sms-ledger/durable-object";
import { HandWritten, type Sql } from "../handwritten.ts";

/** What it uses of the runtime's own types. */
interface Context {
  storage: DurableObjectDatabase;
  blockConcurrencyWhile<T>(body: () => Promise<T>): Promise<T>;
}
interface Env {
  BENCH: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

const account = "bench";
const to = "+61491570006";
const text = "Your code is 481 516. It is valid for ten minutes; never tell it to anyone.";

export class Bench {
  readonly #context: Context;
  #last = Date.now() * 1_000;
  #ledger: Promise<Ledger> | undefined;
  #peer: HandWritten | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const pairs = Number(url.searchParams.get("pairs"));
    const inFlight = Number(url.searchParams.get("in-flight"));
    await this.#context.blockConcurrencyWhile(() => this.#open());
    if (url.pathname === "/ours") await this.#ours(pairs, inFlight);
    else if (url.pathname === "/peer") this.#hand(pairs);
    else if (url.pathname === "/reserve") await this.#reserve(pairs, inFlight);
    else if (url.pathname === "/batch") await this.#batch(pairs, inFlight);
    else if (url.pathname === "/peer-reserve") {
      for (let done = 0; done < pairs; done++) this.#peer?.reserve(account, this.#id(), to, text);
    }
    return new Response("done");
  }

  async #open(): Promise<void> {
    this.#ledger ??= this.#opened();
    await this.#ledger;
    if (this.#peer !== undefined) return;
    this.#peer = new HandWritten(this.#sql());
    if (!(this.#peer.available(account) > 0)) this.#peer.open(account, 4_000_000);
  }

  async #opened(): Promise<Ledger> {
    const ledger = createLedger({ storage: durableObjectStorage(this.#context.storage), catalog: cloutly });
    await ledger.openAccount({ id: account });
    for (const id of ["order-1", "order-2"]) {
      const quote = ledger.quote({ offer: "pack-au", quantity: 1_000_000 });
      await ledger.purchase({ id, account, quote, payment: { reference: id } });
    }
    return ledger;
  }

  #id(): string {
    this.#last += 1;
    return `message-${this.#last}`;
  }

  async #ours(pairs: number, inFlight: number): Promise<void> {
    const ledger = await (this.#ledger ?? this.#opened());
    for (let done = 0; done < pairs; done += inFlight) {
      const ids = Array.from({ length: Math.min(inFlight, pairs - done) }, () => this.#id());
      await Promise.all(ids.map((id) => ledger.reserve({ id, account, to, text })));
      await Promise.all(ids.map((id) => ledger.settle({ id, account })));
    }
  }

  async #reserve(messages: number, inFlight: number): Promise<void> {
    const ledger = await (this.#ledger ?? this.#opened());
    for (let done = 0; done < messages; done += inFlight) {
      const calls = Array.from({ length: Math.min(inFlight, messages - done) }, () =>
        ledger.reserve({ id: this.#id(), account, to, text }),
      );
      await Promise.all(calls);
    }
  }

  async #batch(messages: number, size: number): Promise<void> {
    const ledger = await (this.#ledger ?? this.#opened());
    for (let done = 0; done < messages; done += size) {
      const batch = Array.from({ length: size }, () => ({ id: this.#id(), to, text }));
      const { reserved } = await ledger.reserveBatch({ account, messages: batch, mode: "per_message" });
      if (reserved !== size) throw new Error(`${reserved} of ${size} were reserved`);
    }
  }

  #hand(pairs: number): void {
    for (let done = 0; done < pairs; done++) {
      const id = this.#id();
      this.#peer?.reserve(account, id, to, text);
      this.#peer?.settle(account, id);
    }
  }

  #sql(): Sql {
    const { storage } = this.#context;
    return {
      all: (sql, ...values) => storage.sql.exec(sql, ...values).toArray() as ReturnType<Sql["all"]>,
      run: (sql, ...values) => void storage.sql.exec(sql, ...values).toArray(),
      transaction: (body) => storage.transactionSync(body),
    };
  }
}

export default {
  fetch(request: Request, env: Env): Promise<Response> {
    return env.BENCH.get(env.BENCH.idFromName("bench")).fetch(request);
  },
};
