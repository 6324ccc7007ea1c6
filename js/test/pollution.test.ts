/**
 * What somebody has set on `Object.prototype` (through a careless merge of JSON somewhere in the process) is no caller's word: every
 * call answers and stores what it does without it. The native ledger, which has no such thing, says what that is.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createLedger,
  createLedgerSync,
  createPreview,
  createPricing,
  isLedgerError,
  LedgerError,
  memoryStorage,
  type SyncLedger,
} from "sms-ledger";
import { type Call, type History, histories } from "./support/histories.ts";
import { acmeStorage, au_number, catalog, contents, noon } from "./support/ledgers.ts";

/** Of a policy, of inputs (two of them of nearly every one), of options, and of what the parts of the package tell each other. */
const fields: Record<string, unknown> = {
  split: "never",
  account: "other",
  purpose: "otp",
  attempt: 2,
  segments: 1,
  at: "2020-01-01T00:00:00Z",
  voucher: "v-1",
  gates: ["certified"],
  pace: [],
  over: 1,
  cursor: "a",
  reverse: true,
  ok: true,
  error: { code: "OVERLOADED", message: "polluted", details: {} },
  name: "LedgerError",
  code: "OVERLOADED",
  retryable: true,
  outcomeUnknown: true,
  sellerCode: "polluted",
  cause: "polluted",
  noted: [],
  queue: "long",
  payments: "polluted",
  exclusive: "polluted",
};

/** Has a field set on every object while a call runs, and until its answer is there. */
function polluted<T>(field: string, call: () => T): T {
  Object.defineProperty(Object.prototype, field, {
    value: fields[field],
    configurable: true,
    enumerable: true,
    writable: true,
  });
  const clean = (): void => {
    delete (Object.prototype as Record<string, unknown>)[field];
  };
  let answer: T;
  try {
    answer = call();
  } catch (error) {
    clean();
    throw error;
  }
  if (answer instanceof Promise) return answer.finally(clean) as T;
  clean();
  return answer;
}

/** Of an answer or an error, what is its own. */
function told(call: () => unknown): string {
  try {
    const answer = call();
    if (typeof answer !== "object" || answer === null || !("results" in answer))
      return JSON.stringify(answer);
    const { reserved, results } = answer as { reserved: number; results: { ok?: object; error?: unknown }[] };
    const each = results.map(({ ok, error }) =>
      ok === undefined ? `{"error":${failed(error)}}` : `{"ok":${JSON.stringify({ id: undefined, ...ok })}}`,
    );
    return `{"reserved":${reserved},"results":[${each.join(",")}]}`;
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): string {
  if (!isLedgerError(error)) throw error;
  const { code, message, details, sellerCode, retryable, outcomeUnknown } = error;
  return JSON.stringify({ code, message, details, sellerCode, retryable, outcomeUnknown });
}

type Callable = Record<string, (input: unknown) => unknown>;

/** Every call of a history, each under another field, so that all of them meet most. */
function replay({ seed, steps, stored }: History, names: readonly string[]): void {
  const storage = memoryStorage();
  let clock = 0;
  let ledger: SyncLedger | undefined;
  for (const [index, step] of steps.entries()) {
    const field = names[(index + seed) % names.length] as string;
    if (!("call" in step)) {
      const options = { storage, catalog: step.ledger, now: () => clock };
      ledger = polluted(field, () => createLedgerSync(options));
      continue;
    }
    const { call, input, now, answer } = step as Call;
    clock = now;
    const own = told(() => polluted(field, () => (ledger as unknown as Callable)[call]?.(input)));
    assert.equal(own, answer, `seed ${seed}: ${call} of ${JSON.stringify(input)} under \`${field}\``);
  }
  const found = contents(storage).map(({ key, value }): [string, string] => [key, value]);
  assert.deepEqual(found, stored, `seed ${seed}: what is stored`);
}

const message = { account: "acme", to: au_number, text: "hello" };

/** Calls that no history makes, over an account. */
const others: Record<string, () => unknown> = {
  events: () => [...createLedgerSync({ storage: acmeStorage(), catalog, now }).events({ account: "acme" })],
  estimate: () =>
    createLedgerSync({ storage: acmeStorage(), catalog, now }).estimate({
      account: "acme",
      messages: Array.from({ length: 300 }, () => ({ to: au_number, text: "hello" })),
    }),
  "a quote without an account": () =>
    createLedgerSync({ storage: acmeStorage(), catalog, now }).quote({ offer: "pack-au", quantity: 100 }),
  "many quotes": () =>
    createPricing({ catalog, now })
      .quotes([{ offer: "pack-au", quantity: 100 }])
      .total(0),
  advice: () => createPricing({ catalog, now }).adviseQuantity({ region: "AU", need: 150 }),
  "a preview of a snapshot": () => {
    const snapshot = createLedgerSync({ storage: acmeStorage(), catalog, now }).snapshot({ account: "acme" });
    return createPreview({ snapshot, catalog, now }).reserve({ id: "m1", ...message });
  },
  moving: async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now });
    const lines: string[] = [];
    for await (const chunk of ledger.exportAccount({ account: "acme" })) lines.push(chunk);
    await ledger.retireAccount({ account: "acme" });
    return [lines.join(""), await ledger.reinstateAccount({ account: "acme" })];
  },
  "many at once": async () => {
    const ledger = createLedger({ storage: acmeStorage(), catalog, now });
    return Promise.all(["m1", "m2", "m3"].map((id) => ledger.reserve({ id, ...message })));
  },
  "an error as JSON": () => new LedgerError("OVERLOADED", "too many", { callsMax: 1 }),
};

function now(): number {
  return noon;
}

describe("what is set on `Object.prototype`", () => {
  test("changes no answer and nothing that is stored, whatever the call", async () => {
    const names = Object.keys(fields);
    for await (const history of histories(["1", "24", "150"])) replay(history, names);
  });

  for (const [name, call] of Object.entries(others)) {
    test(`is not seen by ${name}`, async () => {
      const expected = JSON.stringify(await call());
      for (const field of Object.keys(fields))
        assert.equal(JSON.stringify(await polluted(field, call)), expected, field);
    });
  }

  test("does not stand in for what a caller has not said", () => {
    const ledger = createLedgerSync({ storage: acmeStorage(), catalog, now });
    const { account: _, ...rest } = message;
    for (const call of ["reserve", "preview", "explain", "balance", "entries"] as const)
      assert.throws(
        () => polluted("account", () => (ledger as unknown as Callable)[call]?.({ id: "m1", ...rest })),
        (error) => isLedgerError(error) && error.code === "INVALID_INPUT",
        call,
      );
  });
});
