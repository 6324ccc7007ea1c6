/** Writers on a real Postgres, which are killed, and Postgres itself, which is killed under them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLedger, type Ledger } from "sms-ledger";
import { postgresStorage } from "sms-ledger/postgres";
import { checkBooks, crashes, killWriters, openForWriters, write } from "../support/crashes.ts";
import { au_number, catalog, delay, insist, noon } from "../support/ledgers.ts";
import { type OwnServer, ownSchema, ownServer, owns_servers, pools } from "../support/postgres.ts";

const pool = pools();

/** An account for writers, and ledgers on it. */
async function opened(where: string): Promise<() => Ledger> {
  const storage = postgresStorage(pool(where));
  await storage.migrate();
  const ledger = () => createLedger({ storage, catalog, now: () => noon });
  await openForWriters(ledger());
  return ledger;
}

/** Waits until the server has seen that the connections of killed writers are gone; until then it goes on with what they asked. */
async function quiet(where: string): Promise<void> {
  const asked = pool(where);
  const gone = "SELECT FROM pg_stat_activity WHERE application_name = 'sms-ledger-writer'";
  while (((await asked.query(gone)).rowCount ?? 0) > 0) await delay(5);
  await asked.end();
}

test(`a process that writes to Postgres, killed ${crashes} times`, { timeout: 600_000 }, async (t) => {
  const where = await ownSchema();
  const killed = await killWriters(
    { store: "postgres", where, quiet: () => quiet(where) },
    await opened(where),
    crashes,
  );
  t.diagnostic(JSON.stringify(killed));
  assert.ok(killed.answered > crashes);
});

test("four processes on one hot account lose nothing, and none of them starves", async (t) => {
  const where = await ownSchema();
  const ledger = await opened(where);
  const each = 6_000;
  const range = { from: 0, to: each, inFlight: 16, wait: true };
  const writers = ["a", "b", "c", "d"].map((name) => write({ store: "postgres", where }, { name, ...range }));
  for (const { ready } of writers) await ready;
  for (const { child } of writers) child.stdin?.write("go");
  while (writers.every(({ answered }) => answered.size < each)) await delay(2);
  const shares = writers.map(({ answered }) => answered.size);
  t.diagnostic(`until the first was done: ${shares.join(", ")}`);
  assert.ok(Math.min(...shares) >= each / 20, `one of them starves: ${shares.join(", ")}`);
  await Promise.all(writers.map(({ ended }) => ended));
  for (const { answered } of writers) assert.equal(answered.size, each);
  // Each was answered what was left then: no two were answered the same.
  const answers = writers.flatMap(({ answered }) => [...answered.values()]);
  assert.equal(new Set(answers).size, 4 * each);
  await checkBooks(ledger(), 4 * each);
});

test("Postgres killed under load and started again", {
  skip: owns_servers ? false : "the server that DATABASE_URL names is not ours to kill",
}, async (t) => {
  const server: OwnServer = await ownServer();
  const ledger = await opened(server.url);
  const writing = ledger();
  const answered = new Map<string, number>();
  let [next, done] = [0, false];
  const caller = async (): Promise<void> => {
    while (!done) {
      const message = { id: `m-${next++}`, account: "acme", to: au_number, text: "hello" };
      answered.set(message.id, (await insist(() => writing.reserve(message))).available);
    }
  };
  const callers = Array.from({ length: 64 }, caller);
  for (let kill = 0; kill < crashes; kill++) {
    const before = answered.size;
    while (answered.size < before + 64) await delay(2);
    await delay(Math.random() * 100);
    await server.kill();
    await delay(Math.random() * 100);
    await server.start();
  }
  done = true;
  await Promise.all(callers);
  t.diagnostic(`${answered.size} reserves, ${crashes} kills`);
  assert.equal(answered.size, next);
  assert.equal(new Set(answered.values()).size, next);
  await checkBooks(ledger(), next);
});
