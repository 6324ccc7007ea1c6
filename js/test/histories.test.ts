/**
 * The same histories natively and through the package: `histories` makes them by chance, of every command, on every catalog that ships
 * and on changed ones, and writes down what the native ledger answers and stores. Each answer and each stored document must be the same
 * here, byte for byte, whether calls are answered at once, later, or together.
 *
 * `HISTORIES="7 1 150"` runs another choice: the first seed, how many histories, how many calls in each.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createLedger,
  createLedgerSync,
  isLedgerError,
  type Ledger,
  memoryStorage,
  type SyncLedger,
} from "sms-ledger";
import { type Call, type History, histories } from "./support/histories.ts";
import { byLines, contents } from "./support/ledgers.ts";

const { HISTORIES: asked } = process.env;
const choice = (asked ?? "1 200 150").split(" ");

/** Calls that no history makes: made of other calls, or answered without the store. */
const left_out = ["segments", "resumeOrders", "events", "estimate"];

/** Queries that read page by page, beside the commands that are under way: together with others they may see more or less. */
const paged = [
  "orders",
  "vouchers",
  "endedPackages",
  "entries",
  "eventPage",
  "verify",
  "snapshot",
  "order",
  "pace",
];

// Most errors are expected here, and nobody reads where they came from.
Error.stackTraceLimit = 0;

/** An answer as the module writes it; in a batch the id of a message is set behind the rest. */
function told(answer: unknown): string {
  if (typeof answer !== "object" || answer === null || !("results" in answer)) return JSON.stringify(answer);
  const { reserved, results } = answer as { reserved: number; results: { ok?: object; error?: unknown }[] };
  const each = results.map(({ ok, error }) =>
    ok === undefined ? `{"error":${failed(error)}}` : `{"ok":${JSON.stringify({ id: undefined, ...ok })}}`,
  );
  return `{"reserved":${reserved},"results":[${each.join(",")}]}`;
}

function failed(error: unknown): string {
  if (!isLedgerError(error)) throw error;
  const { code, message, details, sellerCode, retryable, outcomeUnknown } = error;
  return JSON.stringify({ code, message, details, sellerCode, retryable, outcomeUnknown });
}

type Callable = Record<string, (input: unknown) => unknown>;

function atOnce(ledger: SyncLedger, { call, input }: Call): string {
  try {
    return told((ledger as unknown as Callable)[call]?.(input));
  } catch (error) {
    return failed(error);
  }
}

async function later(ledger: Ledger, { call, input }: Call): Promise<string> {
  try {
    return told(await (ledger as unknown as Callable)[call]?.(input));
  } catch (error) {
    return failed(error);
  }
}

function sameStored({ seed, stored }: History, storage: ReturnType<typeof memoryStorage>): void {
  const found = contents(storage).map(({ key, value }): [string, string] => [key, value]);
  assert.deepEqual(found, stored, `seed ${seed}: what is stored`);
}

function same({ seed }: History, step: Call, answer: string): void {
  assert.equal(
    answer,
    step.answer,
    `seed ${seed}: ${step.call} at ${step.now} of ${JSON.stringify(step.input)}`,
  );
}

function replay(history: History): void {
  const storage = memoryStorage();
  let clock = 0;
  let ledger: SyncLedger | undefined;
  for (const step of history.steps) {
    if ("ledger" in step) {
      ledger = createLedgerSync({ storage, catalog: step.ledger, now: () => clock });
      continue;
    }
    clock = step.now;
    same(history, step, atOnce(ledger as SyncLedger, step));
  }
  sameStored(history, storage);
}

/** Calls of the same instant are under way together, as far as none of them reads page by page. */
async function replayTogether(history: History): Promise<void> {
  const storage = memoryStorage();
  let clock = 0;
  let ledger: Ledger | undefined;
  let group: [Call, Promise<string>][] = [];
  const settle = async (): Promise<void> => {
    for (const [step, answer] of group) same(history, step, await answer);
    group = [];
  };
  for (const step of history.steps) {
    if ("ledger" in step) {
      await settle();
      ledger = createLedger({ storage, catalog: step.ledger, now: () => clock });
      continue;
    }
    const alone = paged.includes(step.call);
    if (alone || clock !== step.now) await settle();
    clock = step.now;
    group.push([step, later(ledger as Ledger, step)]);
    if (alone) await settle();
  }
  await settle();
  const found = contents(storage).map(({ key, value }): [string, string] => [key, value]);
  assert.deepEqual(byLines(found), byLines(history.stored), `seed ${history.seed}: what is stored`);
}

describe("random histories", () => {
  test("give the same answers and the same stored documents natively and here", async () => {
    const called = new Set<string>();
    let names: string[] = [];
    let count = 0;
    for await (const history of histories(choice)) {
      replay(history);
      if (count % 3 === 0) await replayTogether(history);
      count += 1;
      for (const step of history.steps) if ("call" in step) called.add(step.call);
      const last = history.steps.at(-1) as Call;
      assert.equal(
        (JSON.parse(last.answer) as { ok?: boolean }).ok,
        true,
        `seed ${history.seed}: ${last.answer}`,
      );
      const [first] = history.steps as [{ ledger: string }];
      if (names.length === 0)
        names = Object.keys(createLedgerSync({ storage: memoryStorage(), catalog: first.ledger }));
    }
    assert.equal(count, Number(choice[1]));
    if (asked === undefined)
      assert.deepEqual(
        names.filter((name) => !called.has(name)).sort(),
        left_out.toSorted(),
        "every call is made",
      );
  });
});
