/**
 * A ledger in front of a namespace of Durable Objects: each call goes to the object of its account. No rule of the ledger lives
 * here, nor anything of an account: a worker keeps nothing of what passes through it.
 */
import { LedgerError, messageOf } from "../errors.ts";
import { follow } from "../events.ts";
import { delay } from "../host.ts";
import { prepareAny } from "../shape.ts";
import type { EventPage } from "../types.ts";
import { accountOf, answerOf, type Call, calls, type EdgeLedger, type Told } from "./calls.ts";

/** What is used of a `DurableObjectStub`. */
export interface LedgerStub {
  fetch(
    url: string,
    init: { method: string; body: string },
  ): Promise<{ status: number; text(): Promise<string> }>;
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

async function answered(stub: () => LedgerStub, name: Call, body: string): Promise<Told> {
  for (let tries = 1; ; tries++) {
    try {
      const response = await stub().fetch(`https://ledger/${name}`, { method: "POST", body });
      const text = await response.text();
      if (response.status !== 200) throw new Error(`it answered with the status ${response.status}`);
      return JSON.parse(text) as Told;
    } catch (error) {
      // Commands have ids, so that to send one again is safe.
      if (tries === tries_max || !isPassing(error)) throw lost(error);
      await delay(Math.random() * back_off_ms * 2 ** tries);
    }
  }
}

/** A ledger whose accounts are the objects of a namespace, of the class that `ledgerObject` makes. An object is named by its account's id. */
export function createEdgeLedger<Id>(namespace: LedgerNamespace<Id>): EdgeLedger {
  const call = async (name: Call, input: unknown): Promise<unknown> => {
    const prepared = prepareAny(input);
    const account = accountOf(name, prepared);
    // A stub that has failed once may fail for good.
    const stub = (): LedgerStub => namespace.get(namespace.idFromName(account));
    return answerOf(name, await answered(stub, name, JSON.stringify(prepared)));
  };
  const ledger: Record<string, unknown> = {};
  for (const name of Object.keys(calls) as Call[]) ledger[name] = (input: unknown) => call(name, input);
  ledger["events"] = (input: unknown) =>
    follow(prepareAny(input), (page) => call("eventPage", page) as Promise<EventPage>);
  return ledger as unknown as EdgeLedger;
}
