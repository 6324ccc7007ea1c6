/** A worker whose Durable Object is an account: it plays and reviews the main job and holds the laws of its store. */
import { createLedger, createLedgerSync, type Ledger, resolveRegions } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { type DurableObjectDatabase, durableObjectStorage } from "sms-ledger/durable-object";
import { storageConformance } from "sms-ledger/testing";
import { refusing } from "../../support/trigger.ts";
import { hold, play, played_at, review } from "../shared/job.ts";

export class AccountObject {
  readonly #storage: DurableObjectDatabase;
  readonly #ledger: Ledger;

  constructor(context: { storage: DurableObjectDatabase }) {
    this.#storage = context.storage;
    const storage = durableObjectStorage(context.storage);
    this.#ledger = createLedger({ storage, catalog: cloutly, now: () => played_at });
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/play") return Response.json(await play(this.#ledger, resolveRegions));
    if (pathname === "/review") return Response.json(await review(this.#ledger));
    if (pathname === "/laws") return Response.json(await this.#laws());
    if (pathname === "/sync") return Response.json(this.#sync());
    return new Response("no such part", { status: 404 });
  }

  #laws(): Promise<unknown> {
    const open = () => durableObjectStorage(this.#storage);
    const failing = () => {
      this.#storage.sql.exec(refusing("TRIGGER IF NOT EXISTS"));
      return open();
    };
    return hold(storageConformance({ open, reopen: open, failing }));
  }

  /** The synchronous ledger on the same object. */
  #sync(): unknown {
    const ledger = createLedgerSync({
      storage: durableObjectStorage(this.#storage),
      catalog: cloutly,
      now: () => played_at,
    });
    return ledger.balance({ account: "acme" });
  }
}

interface Environment {
  ACCOUNTS: {
    idFromName(name: string): unknown;
    get(id: unknown): { fetch(request: Request): Promise<Response> };
  };
}

export default {
  fetch(request: Request, { ACCOUNTS }: Environment): Promise<Response> {
    const name = new URL(request.url).searchParams.get("object") ?? "acme";
    return ACCOUNTS.get(ACCOUNTS.idFromName(name)).fetch(request);
  },
};
