/**
 * A worker that keeps each account in a Durable Object of its own: the ledger runs inside the object, on the object's
 * SQLite, and answers calls by name over HTTP. A real service would check who asks, and would use its own clock.
 */
import { createLedgerSync, isLedgerError, type SyncLedger } from "sms-ledger";
import { type DurableObjectDatabase, durableObjectStorage } from "sms-ledger/durable-object";
import { CardTerminal, shop } from "../shop.ts";

/** A call of the ledger. */
export interface Asked {
  name: keyof SyncLedger;
  input: unknown;
  /** The demo's clock, in milliseconds since the epoch, so that its output is the same each time. */
  now: number;
}
export type Answer =
  | { ok: unknown }
  | { error: { code: string; message: string; details: unknown; retryable: boolean } };

/** What is used of the platform's types. */
interface Fetcher {
  fetch(request: Request): Promise<Response>;
}
interface Env {
  ACCOUNTS: { idFromName(name: string): unknown; get(id: unknown): Fetcher };
}

export class AccountObject {
  #now = 0;
  readonly #ledger: SyncLedger;

  constructor(context: { storage: DurableObjectDatabase }) {
    const storage = durableObjectStorage(context.storage);
    this.#ledger = createLedgerSync({
      storage,
      catalog: shop,
      payments: new CardTerminal(),
      now: () => this.#now,
    });
  }

  async fetch(request: Request): Promise<Response> {
    return Response.json(this.#answer((await request.json()) as Asked));
  }

  #answer({ name, input, now }: Asked): Answer {
    this.#now = now;
    try {
      const call = this.#ledger[name] as (input: unknown) => unknown;
      return { ok: call(input) };
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      const { code, message, details, retryable } = error;
      return { error: { code, message, details, retryable } };
    }
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [, room, account] = new URL(request.url).pathname.split("/");
    if (room === "ready") return new Response("ready");
    if (room !== "accounts" || account === undefined || request.method !== "POST")
      return new Response("POST /accounts/<id>", { status: 404 });
    return env.ACCOUNTS.get(env.ACCOUNTS.idFromName(decodeURIComponent(account))).fetch(request);
  },
};
