/** The laws of a store on a real Postgres through `pg`. */
import assert from "node:assert/strict";
import { Socket } from "node:net";
import { describe, test } from "node:test";
import type { Storage } from "sms-ledger";
import { type PostgresOptions, postgres_schema, postgresStorage } from "sms-ledger/postgres";
import { failing_key, type Severable, type Subject } from "sms-ledger/testing";
import { hold } from "../support/conformance.ts";
import { ownSchema, pools } from "../support/postgres.ts";

const pool = pools();
const url = await ownSchema();
const migrating = pool(url);
await postgresStorage(migrating).migrate();
await migrating.query(`ALTER TABLE sms_ledger_document ADD CHECK (key <> '${failing_key}')`);

/** A store over connections whose sockets can be torn down, now and later. */
function severable(at: string, options: PostgresOptions): Severable {
  const sockets: Socket[] = [];
  let severed = false;
  const stream = () => {
    const socket = new Socket();
    sockets.push(socket);
    if (severed) socket.destroy();
    return socket;
  };
  return {
    storage: postgresStorage(pool(at, { stream }), options),
    sever() {
      severed = true;
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Two handles in turn; the check on the table fails every handle. */
function subject(at: string, options: PostgresOptions): Subject {
  const handles = [pool(at), pool(at)].map((each) => postgresStorage(each, options));
  let opened = 0;
  const open = () => handles[opened++ % handles.length] as Storage;
  return { open, reopen: open, failing: open, severable: () => severable(at, options), many: true };
}

/** The same database, in which transactions are of this level unless they say otherwise. */
function isolated(level: string): string {
  const at = new URL(url);
  const options = `${at.searchParams.get("options")} -c default_transaction_isolation=${level.replace(" ", "\\ ")}`;
  at.searchParams.set("options", options);
  return at.href;
}

describe("Postgres", () => hold(subject(url, {})));

describe("Postgres without prepared statements, where a transaction is a repeatable read", () =>
  hold(subject(isolated("repeatable read"), { prepare: false })));

describe("Postgres where transactions are serializable", () => hold(subject(isolated("serializable"), {})));

test("what is read together is what is read by itself, also of many accounts and in any order", async () => {
  const storage = postgresStorage(pool(url));
  const names = Array.from({ length: 600 }, (_, index) => `together-${(index * 7) % 600}`);
  await storage.commitMany(
    names.slice(0, 500).map((partition) => ({
      partition,
      batch: {
        checks: [],
        writes: ["k/b", "k/a", "k/\0", "l"].map((key) => ({ op: "put", key, value: partition + key })),
      },
    })),
  );
  const keys = ["l", "nothing", "k/\0", "l"];
  const got = await Promise.all(names.map((partition) => storage.get(partition, keys)));
  const listed = await Promise.all(
    names.map((partition, at) =>
      storage.list(partition, { prefix: at % 3 === 0 ? "k/" : "", limit: 2, reverse: at % 5 === 0 }),
    ),
  );
  for (const [at, partition] of names.entries()) {
    const there = at < 500;
    const [nothing, value] = [null, (key: string) => partition + key];
    assert.deepEqual(
      got[at]?.map((entry) => (entry === null ? null : entry.value)),
      there ? [value("l"), nothing, value("k/\0"), value("l")] : [nothing, nothing, nothing, nothing],
    );
    const range = at % 3 === 0 ? ["k/\0", "k/a", "k/b"] : ["k/\0", "k/a", "k/b", "l"];
    const shown = (at % 5 === 0 ? range.toReversed() : range).slice(0, 2);
    assert.deepEqual(
      listed[at]?.map((entry) => [entry.key, entry.value]),
      there ? shown.map((key) => [key, value(key)]) : [],
    );
  }
});

test("what is made already is not made again: not while a report runs, and by no role without the right to make it", async (t) => {
  const report = await migrating.connect();
  await report.query("BEGIN; SELECT count(*) FROM sms_ledger_entries");
  await postgresStorage(pool(url), { timeoutMs: 2_000 }).migrate();
  await report.query("ROLLBACK");
  report.release();

  const at = new URL(url);
  const schema = (await migrating.query<{ schema: string }>("SELECT current_schema() AS schema")).rows[0]
    ?.schema;
  const role = `${schema}_app`;
  try {
    await migrating.query(`CREATE ROLE ${role}`);
  } catch {
    return t.skip("the server's user may make no role");
  }
  await migrating.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
  await migrating.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role}`);
  at.searchParams.set("options", `${at.searchParams.get("options")} -c role=${role}`);
  const storage = postgresStorage(pool(at.href));
  await storage.migrate();
  const writes = [{ op: "put" as const, key: "k", value: "v" }];
  assert.ok((await storage.commit("role", { checks: [], writes })).ok);
  await migrating.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
});

test("without its tables the store says what to do", async () => {
  const storage = postgresStorage(pool(await ownSchema()));
  await assert.rejects(
    storage.get("a", ["k"]),
    /sms_ledger_document.*call `await storage\.migrate\(\)` once/,
  );
});

test("views of another version are made anew, and the schema as text makes the same", async () => {
  const old = pool(await ownSchema());
  const storage = postgresStorage(old);
  await old.query("CREATE VIEW sms_ledger_holds AS SELECT 1 AS another");
  await old.query("CREATE VIEW sms_ledger_schema AS SELECT 'an older one'::text AS version");
  await storage.migrate();
  const columns = async (of: typeof old): Promise<unknown[]> => {
    const { rows } = await of.query(
      "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, ordinal_position",
    );
    return rows;
  };
  const fresh = pool(await ownSchema());
  await fresh.query(postgres_schema);
  assert.deepEqual(await columns(old), await columns(fresh));
  assert.ok((await columns(fresh)).length > 50);
  await postgresStorage(fresh).migrate();
});

test("long values are stored as they are", async () => {
  const { rows } = await pool(url).query(
    "SELECT attstorage FROM pg_attribute WHERE attrelid = 'sms_ledger_document'::regclass AND attname = 'value'",
  );
  assert.deepEqual(rows, [{ attstorage: "e" }]);
});

test("commits share plans, so that none is planned for itself: large ones one, small ones one for each set of counts", async () => {
  const one = pool(url, { max: 1 });
  const storage = postgresStorage(one);
  const plans = async (kind: string): Promise<number[]> => {
    const { rows } = await one.query<{ generic_plans: number }>(
      "SELECT generic_plans::int FROM pg_prepared_statements WHERE name LIKE $1",
      [`sms_ledger_${kind}`],
    );
    return rows.map(({ generic_plans }) => generic_plans);
  };
  const commit = (count: number): Promise<unknown> => {
    const writes = Array.from({ length: count }, (_, at) => ({
      op: "put" as const,
      key: `${at}`,
      value: "",
    }));
    return storage.commit("plans", { checks: [], writes });
  };
  for (let count = 7; count <= 18; count++) await commit(count);
  const [large = 0, ...others] = await plans("commit\\_%");
  assert.deepEqual([large > 5, others], [true, []], `${large}`);
  for (let round = 0; round < 12; round++) for (const count of [1, 6]) await commit(count);
  const small = await plans("commit\\_0\\_0\\__\\_0%");
  assert.deepEqual(
    small.map((plans) => plans > 5),
    [true, true],
    `${small}`,
  );
});
