/**
 * A ledger in front of a namespace of Durable Objects: each call goes to the object of its account. No rule of the ledger lives
 * here, nor anything of an account: a worker keeps nothing of what passes through it.
 */
import { isFailed, isLedgerError, LedgerError, messageOf, toLedgerError } from "../errors.ts";
import { follow } from "../events.ts";
import { delay } from "../host.ts";
import { peeked } from "../moving/lines.ts";
import { prepareAny } from "../shape.ts";
import type { EventPage, Imported, Moving } from "../types.ts";
import { accountOf, answerOf, type Call, calls, type EdgeLedger, type Told } from "./calls.ts";
import { bodyOf, heardLines } from "./moving.ts";

/** What is used of a `Response`. */
export interface LedgerReply {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array> | null;
  text(): Promise<string>;
}

/** What is used of a `DurableObjectStub`. */
export interface LedgerStub {
  fetch(
    url: string,
    init: { method: string; body: string | ReadableStream<Uint8Array> },
  ): Promise<LedgerReply>;
}

/** What is used of a `DurableObjectNamespace`. */
export interface LedgerNamespace<Id = never> {
  idFromName(name: string): Id;
  get(id: Id): LedgerStub;
}

/** How often a call is sent that the platform has lost and says may be sent again, and the longest random wait before the second time. */
const tries_max = 3;
const back_off_ms = 50;

/** Whether the platform says that a request was lost for a passing reason, such as a new version of the object's code. */
function isPassing(error: unknown): boolean {
  const { retryable, overloaded } = error as { retryable?: unknown; overloaded?: unknown };
  return retryable === true && overloaded !== true;
}

/** The object has not answered, so that nobody knows what has become of the call; the same id is safe. */
function lost(cause: unknown): LedgerError {
  const message = `the account's object has not answered: ${messageOf(cause)}`;
  const marks = { retryable: true, outcomeUnknown: true, cause };
  return new LedgerError("STORAGE_UNAVAILABLE", message, {}, marks);
}

/** Sends a call once. */
async function sent(
  stub: LedgerStub,
  name: string,
  body: string | ReadableStream<Uint8Array>,
): Promise<LedgerReply> {
  const reply = await stub.fetch(`https://ledger/${name}`, { method: "POST", body });
  if (reply.status !== 200) throw new Error(`it answered with the status ${reply.status}`);
  return reply;
}

async function told(reply: LedgerReply): Promise<Told> {
  return JSON.parse(await reply.text()) as Told;
}

async function answered(stub: () => LedgerStub, name: Call, body: string): Promise<Told> {
  for (let tries = 1; ; tries++) {
    try {
      return await told(await sent(stub(), name, body));
    } catch (error) {
      // Commands have ids, so that to send one again is safe.
      if (tries === tries_max || !isPassing(error)) throw lost(error);
      await delay(Math.random() * back_off_ms * 2 ** tries);
    }
  }
}

async function* exported(stub: LedgerStub, body: string): AsyncGenerator<string> {
  try {
    const reply = await sent(stub, "exportAccount", body);
    yield* heardLines(reply.body ?? []);
  } catch (error) {
    throw isLedgerError(error) ? error : lost(error);
  }
}

/** A ledger whose accounts are the objects of a namespace, of the class that `ledgerObject` makes. An object is named by its account's id. */
export function createEdgeLedger<Id>(namespace: LedgerNamespace<Id>): EdgeLedger {
  const stubOf = (account: string): LedgerStub => namespace.get(namespace.idFromName(account));
  const call = async (name: Call, input: unknown): Promise<unknown> => {
    const prepared = prepareAny(input, name);
    const account = accountOf(name, prepared);
    // A stub that has failed once may fail for good.
    const stub = (): LedgerStub => stubOf(account);
    return answerOf(name, await answered(stub, name, JSON.stringify(prepared)));
  };
  const moving: Pick<Moving, "exportAccount" | "importAccount"> = {
    exportAccount(input) {
      const prepared = prepareAny(input, "exportAccount");
      return exported(stubOf(accountOf("exportAccount", prepared)), JSON.stringify(prepared));
    },
    async importAccount(chunks) {
      const { account, lines } = await peeked(chunks);
      const reply = sent(stubOf(account), "importAccount", bodyOf(lines)).then(told);
      const answer = await reply.catch((error: unknown) => Promise.reject(lost(error)));
      if (isFailed(answer)) throw toLedgerError(answer.error);
      return answer.ok as Imported;
    },
  };
  const ledger: Record<string, unknown> = {};
  for (const name of Object.keys(calls) as Call[]) ledger[name] = (input: unknown) => call(name, input);
  ledger["events"] = (input: unknown) =>
    follow(prepareAny(input, "events"), (page) => call("eventPage", page) as Promise<EventPage>);
  return Object.assign(ledger, moving) as unknown as EdgeLedger;
}
