/** Accounts whose rows somebody else has locked in a real Postgres: they wait, or fail, and hold no other account up. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createLedger, type Ledger } from "sms-ledger";
import { postgresStorage } from "sms-ledger/postgres";
import { au_number, catalog, delay, insist, noon } from "../support/ledgers.ts";
import { ownSchema, pools } from "../support/postgres.ts";

const pool = pools();
const url = await ownSchema();
await postgresStorage(pool(url)).migrate();

/** For how long a statement may wait for a lock, where it may not wait for ever. */
const lock_ms = 1_500;

/** The same database, in which nothing waits longer for a lock. */
function impatient(): string {
  const at = new URL(url);
  at.searchParams.set("options", `${at.searchParams.get("options")} -c lock_timeout=${lock_ms}`);
  return at.href;
}

async function opened(at: string, accounts: readonly string[]): Promise<Ledger> {
  const ledger = createLedger({ storage: postgresStorage(pool(at)), catalog, now: () => noon });
  await Promise.all(accounts.map((id) => ledger.openAccount({ id, plan: "starter" })));
  return ledger;
}

/** Locks every row of some accounts, as a report or a migration by hand would; gives what ends it, as the test's end does. */
async function locked(context: TestContext, accounts: readonly string[]): Promise<() => Promise<void>> {
  const client = await pool(url).connect();
  await client.query("BEGIN");
  const { rowCount } = await client.query(
    "SELECT key FROM sms_ledger_document WHERE partition = ANY($1) FOR UPDATE",
    [accounts],
  );
  assert.ok(Number(rowCount) > 0);
  let open = true;
  const release = async (): Promise<void> => {
    if (!open) return;
    open = false;
    await client.query("ROLLBACK");
    client.release();
  };
  context.after(release);
  return release;
}

const reserve = (ledger: Ledger, account: string, id: string): Promise<unknown> =>
  ledger.reserve({ id, account, to: au_number, text: "hello" });

/** Which of some calls have come to an end by now. */
function ended(calls: readonly Promise<unknown>[]): () => number {
  let count = 0;
  for (const call of calls)
    call.then(
      () => (count += 1),
      () => (count += 1),
    );
  return () => count;
}

test("an account whose rows are locked waits for them, and the others do not", async (context) => {
  const others = ["w-1", "w-2", "w-3"];
  const ledger = await opened(url, ["w-locked", ...others]);
  const release = await locked(context, ["w-locked"]);
  const waiting = reserve(ledger, "w-locked", "m1");
  const done = ended([waiting]);
  await delay(50);
  for (const round of [1, 2, 3])
    await Promise.all(others.map((account) => reserve(ledger, account, `m${round}`)));
  assert.equal(done(), 0, "it has waited");
  await release();
  await waiting;
  assert.equal((await ledger.balance({ account: "w-locked" })).held, 1);
});

test("accounts whose rows stay locked fail, and then hold up nobody who comes with them", async (context) => {
  const [stuck, others] = [
    ["l-1", "l-2", "l-3", "l-4"],
    ["f-1", "f-2", "f-3"],
  ];
  const ledger = await opened(impatient(), [...stuck, ...others]);
  const release = await locked(context, stuck);
  const failing = stuck.map((account) =>
    assert.rejects(reserve(ledger, account, "m1"), { code: "STORAGE_UNAVAILABLE", retryable: true }),
  );
  await Promise.all(failing);
  // What failed is read anew, so that the commits of all are ready in the same moment.
  await Promise.all(stuck.map((account) => ledger.balance({ account })));
  // They are more than may be under way: whoever is known to be stuck goes alone.
  const again = stuck.map((account) => reserve(ledger, account, "m1"));
  const done = ended(again);
  const refused = again.map((call) => assert.rejects(call, { code: "STORAGE_UNAVAILABLE" }));
  for (const round of [1, 2, 3])
    await Promise.all(others.map((account) => reserve(ledger, account, `m${round}`)));
  assert.equal(done(), 0, "those that are stuck still wait");
  await Promise.all(refused);
  await release();
  for (const account of stuck) {
    await insist(() => reserve(ledger, account, "m1"));
    assert.equal((await ledger.balance({ account })).held, 1, account);
  }
  for (const account of [...stuck, ...others])
    assert.equal((await ledger.verify({ account })).ok, true, account);
});
