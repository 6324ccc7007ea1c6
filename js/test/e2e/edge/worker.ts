/** The example worker of the docs, and beside it what the tests do with accounts that are objects. */
import type { DurableObjectNamespace, DurableObjectStub } from "@cloudflare/workers-types";
import {
  analyzeText,
  createLedger,
  createPricing,
  isLedgerError,
  type Ledger,
  type MaybePromise,
  memoryStorage,
  type PaymentOutcome,
  resolveRegions,
} from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { createEdgeLedger, type EdgeLedger, type LedgerObjectContext, ledgerObject } from "sms-ledger/edge";
// @ts-expect-error: it is plain JavaScript, as its readers may write.
import example, { LedgerObject } from "../../../examples/edge/worker.js";
import { play, played_at, review } from "../shared/job.ts";

export { LedgerObject };

/** An account at the time of the main job. */
export const JobObject = ledgerObject((storage) =>
  createLedger({ storage, catalog: cloutly, now: () => played_at }),
);

/** The object that is to be lost in its next charge. */
let dying: { abort(reason: string): void } | undefined;

/** A host whose payments say by the order's name what becomes of them. */
function charge({ order, idempotencyKey }: { order: string; idempotencyKey: string }): PaymentOutcome {
  if (order.endsWith("interrupted")) {
    const object = dying;
    dying = undefined;
    object?.abort("lost in the charge");
    return { status: "paid", reference: idempotencyKey };
  }
  return order.endsWith("declined")
    ? { status: "declined", reason: "no" }
    : { status: "unknown", reason: "lost" };
}

const Fragile = ledgerObject((storage) => createLedger({ storage, catalog: cloutly, payments: { charge } }));

/** An account that tells how many commits it has made, and whose object is lost at some point of the next call when it is told so. */
export class FragileObject extends Fragile {
  readonly #storage: LedgerObjectContext["storage"];
  readonly #abort: (reason: string) => void;
  #dies: string | undefined;

  constructor(context: LedgerObjectContext & { abort(reason: string): void }, env: unknown) {
    super(context, env);
    this.#storage = context.storage;
    this.#abort = (reason) => context.abort(reason);
  }

  override async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/dies") {
      this.#dies = await request.text();
      return new Response("it will");
    }
    // The revision counts the commits.
    if (pathname === "/commits")
      return Response.json(this.#storage.sql.exec("SELECT revision FROM sms_ledger_partition").toArray()[0]);
    if (pathname === "/alarm") {
      const at = await this.#storage.getAlarm();
      await this.alarm();
      return Response.json(at);
    }
    const dies = this.#dies;
    this.#dies = undefined;
    if (dies === "charging") dying = { abort: this.#abort };
    if (dies === "before") this.#abort("lost before the call");
    const response = await super.fetch(request);
    // A reply that cannot be understood, from something in between.
    if (dies === "garbled") return new Response("<html>502</html>", { status: 502 });
    if (dies === "behind") this.#abort("lost behind the call");
    return response;
  }
}

interface Environment {
  LEDGER: DurableObjectNamespace;
  JOB: DurableObjectNamespace;
  FRAGILE: DurableObjectNamespace;
}

/** What a refused call says. */
async function refusal(call: () => MaybePromise<unknown>): Promise<unknown> {
  try {
    return { ok: await call() };
  } catch (error) {
    if (!isLedgerError(error)) return { odd: String(error) };
    return { ...error.toJSON(), caused: error.cause !== undefined };
  }
}

const to = "+61412345678";
const text = "Hello";

/** The job is told to any ledger; what needs no account is none of an edge ledger's. */
function whole(edge: EdgeLedger): Ledger {
  const pricing = createPricing({ catalog: cloutly, now: () => played_at });
  return {
    ...edge,
    segments: (given: string) => analyzeText(given),
    quote: (input: { account?: string }) =>
      "account" in input ? edge.quote(input as never) : pricing.quote(input as never),
  } as unknown as Ledger;
}

const parts: Readonly<Record<string, (environment: Environment) => Promise<unknown>>> = {
  async job({ JOB }) {
    const ledger = whole(createEdgeLedger(JOB));
    return { played: await play(ledger, resolveRegions), reviewed: await review(ledger) };
  },

  /** Many accounts at once, each with a number of messages of its own. */
  async many({ LEDGER }) {
    const ledger = createEdgeLedger(LEDGER);
    const accounts = Array.from({ length: 40 }, (_, index) => ({
      account: `many-${index}`,
      messages: index % 7,
    }));
    await Promise.all(accounts.map(({ account }) => ledger.openAccount({ id: account, plan: "starter" })));
    await Promise.all(
      accounts.flatMap(({ account, messages }) =>
        // The same ids in each account.
        Array.from({ length: messages }, (_, id) => ledger.reserve({ id: `m-${id}`, account, to, text })),
      ),
    );
    const found = accounts.map(async ({ account, messages }) => {
      const { held, available } = await ledger.balance({ account });
      const { ok, entries } = await ledger.verify({ account });
      return held === messages && available === 50 - messages && ok && entries === 2 + messages;
    });
    return (await Promise.all(found)).filter(Boolean).length;
  },

  /** An object's own answers to calls that are another account's, or none. */
  async strangers({ LEDGER }) {
    const ledger = createEdgeLedger(LEDGER);
    await ledger.openAccount({ id: "mine", plan: "starter" });
    const send = async (name: string, input: unknown, object = "mine"): Promise<unknown> => {
      const stub = LEDGER.get(LEDGER.idFromName(object));
      const response = await stub.fetch(`https://ledger/${name}`, {
        method: "POST",
        body: JSON.stringify(input),
      });
      return response.json();
    };
    return [
      await send("balance", { account: "yours" }),
      await send("openAccount", { id: "yours" }),
      await send("openAccount", { id: "yours" }, "an object that has never been called"),
      await send("snapshot", {}),
      await send("constructor", { account: "mine" }),
      await send("events", { account: "mine" }),
      await refusal(() => ledger.balance({ account: "never opened" })),
      await refusal(() => ledger.balance({ account: 7 as unknown as string })),
      await refusal(() => ledger.openAccount({} as never)),
    ];
  },

  /** Batches and feeds, whose answers have errors and pages within them. */
  async together({ LEDGER }) {
    const ledger = createEdgeLedger(LEDGER);
    const account = "together";
    await ledger.openAccount({ id: account, plan: "starter" });
    const messages = Array.from({ length: 60 }, (_, id) => ({ id: `m-${id}`, to, text }));
    const { reserved, results } = await ledger.reserveBatch({ account, messages, mode: "per_message" });
    const { reserved: again } = await ledger.reserveBatch({ account, messages, mode: "per_message" });
    const errors = results.flatMap(({ error }) => (isLedgerError(error) ? [error.code] : []));
    const kinds: string[] = [];
    for await (const { kind } of ledger.events({ account })) kinds.push(kind);
    const estimate = await ledger.estimate({ account, messages: [{ to, text }] });
    return { reserved, again, errors, kinds, missing: estimate.missing.length };
  },

  /** Calls of one account that come at once: how many commits they take. */
  async shared({ FRAGILE }) {
    const ledger = createEdgeLedger(FRAGILE);
    const account = "shared";
    await ledger.openAccount({ id: account });
    await ledger.adjust({ id: "gift", account, segments: 500, reason: "a gift" });
    const object = FRAGILE.get(FRAGILE.idFromName(account));
    const commits = async (): Promise<number> => {
      const response = await object.fetch("https://ledger/commits");
      return ((await response.json()) as { revision: number }).revision;
    };
    const before = await commits();
    const messages = Array.from({ length: 200 }, (_, id) =>
      ledger.reserve({ id: `m-${id}`, account, to, text }),
    );
    await Promise.all(messages);
    return { commits: (await commits()) - before, held: (await ledger.balance({ account })).held };
  },

  async payments({ FRAGILE }) {
    const ledger = createEdgeLedger(FRAGILE);
    const account = "payments";
    await ledger.openAccount({ id: account });
    const quote = await ledger.quote({ account, offer: "pack-au", quantity: 200 });
    const states: string[] = [];
    for (const id of ["lost", "declined"]) states.push((await ledger.purchase({ id, account, quote })).state);
    const { orders, failed } = await ledger.resumeOrders({ account });
    return { states, resumed: orders.map(({ id, state }) => `${id} ${state}`), failed };
  },

  /** An object that is lost while an order is being paid, and is not called again. */
  async interrupted({ FRAGILE }) {
    const ledger = createEdgeLedger(FRAGILE);
    const account = "interrupted";
    await ledger.openAccount({ id: account });
    const quote = await ledger.quote({ account, offer: "pack-au", quantity: 200 });
    const object = (): DurableObjectStub => FRAGILE.get(FRAGILE.idFromName(account));
    await object().fetch("https://ledger/dies", { method: "POST", body: "charging" });
    const at = Date.now();
    const purchase = await refusal(() => ledger.purchase({ id: "interrupted", account, quote }));
    const before = (await ledger.order({ account, id: "interrupted" })).state;
    const wakes = ((await (await object().fetch("https://ledger/alarm")).json()) as number) - at;
    const { state, payment } = await ledger.order({ account, id: "interrupted" });
    return {
      purchase,
      before,
      wakes,
      state,
      payment,
      packages: (await ledger.packages({ account })).length,
    };
  },

  /** An object that is lost at some point of a call: what the caller is told, and what the same call comes to again. */
  async lost({ FRAGILE }) {
    const ledger = createEdgeLedger(FRAGILE);
    const account = "lost";
    await ledger.openAccount({ id: account, plan: "starter" });
    const told: unknown[] = [];
    for (const point of ["before", "behind", "garbled"]) {
      const object = FRAGILE.get(FRAGILE.idFromName(account));
      await object.fetch("https://ledger/dies", { method: "POST", body: point });
      const message = { id: `m-${point}`, account, to, text };
      const first = await refusal(() => ledger.reserve(message));
      const second = await ledger.reserve(message);
      told.push({ point, first, second: second.segments, held: (await ledger.balance({ account })).held });
    }
    return told;
  },

  /** An account that moves from a store in memory into an object, and from there into another store. */
  async moves({ LEDGER }) {
    const account = "mover";
    const before = createLedger({ storage: memoryStorage(), catalog: cloutly });
    await before.openAccount({ id: account, plan: "starter" });
    await before.reserve({ id: "m-1", account, to, text });
    const edge = createEdgeLedger(LEDGER);
    const absent = await refusal(() => edge.balance({ account }));
    const { documents } = await edge.importAccount(before.exportAccount({ account }));
    // The same id, which the object has never been asked under.
    const { held } = await edge
      .reserve({ id: "m-1", account, to, text })
      .then(() => edge.balance({ account }));
    const lines = async (ledger: Pick<Ledger, "exportAccount">): Promise<string> => {
      let all = "";
      for await (const line of ledger.exportAccount({ account })) all += line;
      return all;
    };
    const same = (await lines(before)) === (await lines(edge));
    await edge.settle({ id: "m-1", account });
    const behind = createLedger({ storage: memoryStorage(), catalog: cloutly });
    await behind.importAccount(edge.exportAccount({ account }));
    const { spent } = await behind.balance({ account });
    const [header = ""] = (await lines(edge)).split("\n");
    return {
      absent,
      documents,
      held,
      same,
      spent,
      twice: await refusal(() => edge.importAccount(before.exportAccount({ account }))),
      truncated: await refusal(() => edge.importAccount([`${header}\n`])),
      damaged: await refusal(() => edge.importAccount(["nothing"])),
      unknown: await refusal(() => edge.exportAccount({ account: "nobody" }).next()),
    };
  },

  /** An account in which something expires soon. */
  async expiring({ LEDGER }) {
    const ledger = createEdgeLedger(LEDGER);
    const account = "expiring";
    await ledger.openAccount({ id: account });
    const expiresAt = new Date(Date.now() + 1_500);
    await ledger.adjust({ id: "gift", account, segments: 10, reason: "a gift", expiresAt });
    return expiresAt.toISOString();
  },
  /** What is written of it: a look alone writes nothing. */
  async expired({ LEDGER }) {
    const { events } = await createEdgeLedger(LEDGER).eventPage({ account: "expiring" });
    return events.map(({ kind, effectiveAt, recordedAt }) => ({ kind, effectiveAt, recordedAt }));
  },
};

export default {
  async fetch(request: Request, environment: Environment): Promise<Response> {
    const name = new URL(request.url).pathname.slice(1);
    if (["account", "messages", "export"].includes(name)) return example.fetch(request, environment);
    const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
    if (part === undefined) return new Response("no such part", { status: 404 });
    try {
      return Response.json((await part(environment)) ?? null);
    } catch (error) {
      return new Response(String((error as Error).stack), { status: 500 });
    }
  },
};
