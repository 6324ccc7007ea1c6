/**
 * What a user would write over Postgres, each with the work that the ledger does for the same message: a segment count, a region,
 * who pays, a hold under the message's id (its idempotency key) and a line of a journal.
 */
import { Pool } from "pg";
import { postgresStorage } from "sms-ledger/postgres";
import { regionOf, segmentsOf } from "../handwritten.ts";
import { ours } from "./ours.ts";
import { credits, type Side, text, to, type Written } from "./side.ts";

/** As many connections as serve a machine of a few cores best. */
const connections = 16;

/** Connections to a schema of their own. */
async function connected(url: string, schema: string): Promise<Pool> {
  const options = `-c search_path=${schema}`;
  const pool = new Pool({ connectionString: url, max: connections, options });
  // Whoever waits for an answer is told; a connection that nobody uses may end.
  pool.on("error", () => {});
  await pool.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  return pool;
}

export async function oursOnPostgres(url: string, schema: string): Promise<Side> {
  const pool = await connected(url, schema);
  const storage = postgresStorage(pool);
  await storage.migrate();
  return ours("Postgres", storage, () => pool.end());
}

const tables = [
  "CREATE TABLE IF NOT EXISTS package (account text, region text, available bigint, held bigint, entries bigint, PRIMARY KEY (account, region))",
  "CREATE TABLE IF NOT EXISTS hold (account text, id text, state text, segments int, at timestamptz, PRIMARY KEY (account, id))",
  "CREATE TABLE IF NOT EXISTS journal (account text, sequence bigint, kind text, reference text, segments int, available bigint, at timestamptz, PRIMARY KEY (account, sequence))",
];

const hold_sql = "INSERT INTO hold VALUES ($1, $2, 'held', $3, now())";
const journal_sql = "INSERT INTO journal VALUES ($1, $2, 'reserve', $3, $4, $5, now())";

const conditional_sql = `WITH
  paid AS (
    UPDATE package SET available = available - $4, held = held + $4, entries = entries + 1
    WHERE account = $1 AND region = $2 AND available >= $4 RETURNING available, entries
  ),
  hold AS (INSERT INTO hold SELECT $1, $3, 'held', $4, now() FROM paid)
  INSERT INTO journal SELECT $1, entries, 'reserve', $3, $4, available, now() FROM paid RETURNING available`;

const grouped_sql = `WITH
  asked AS (SELECT id, segments, ordinality AS place, sum(segments) OVER (ORDER BY ordinality) AS so_far
    FROM unnest($3::text[], $4::int[]) WITH ORDINALITY AS asked (id, segments)),
  paid AS (
    UPDATE package SET available = available - $5, held = held + $5, entries = entries + cardinality($3::text[])
    WHERE account = $1 AND region = $2 AND available >= $5 RETURNING available, entries
  ),
  hold AS (INSERT INTO hold SELECT $1, asked.id, 'held', asked.segments, now() FROM asked CROSS JOIN paid)
  INSERT INTO journal
  SELECT $1, paid.entries - cardinality($3::text[]) + place, 'reserve', asked.id, asked.segments,
    paid.available + $5 - so_far, now()
  FROM asked CROSS JOIN paid RETURNING available`;

type Way = "SELECT … FOR UPDATE" | "conditional statement" | "100 grouped by hand";

export async function handWrittenPostgres(url: string, schema: string, way: Way): Promise<Side> {
  const pool = await connected(url, `${schema}_${way.replaceAll(/[^A-Za-z]+/g, "_").toLowerCase()}`);
  for (const statement of tables) await pool.query(statement);
  const region = (): string => {
    const found = regionOf(to);
    if (found === undefined) throw new Error("no price");
    return found;
  };
  const paid = (rows: readonly unknown[], messages: number): void => {
    if (rows.length !== messages) throw new Error("nothing can pay");
  };
  const ways: Record<Way, Side["reserve"]> = {
    async "SELECT … FOR UPDATE"(account, [id = ""]) {
      const [segments, client] = [segmentsOf(text), await pool.connect()];
      try {
        await client.query("BEGIN");
        const found = await client.query({
          name: "lock",
          text: "SELECT available, entries FROM package WHERE account = $1 AND region = $2 FOR UPDATE",
          values: [account, region()],
        });
        const [row] = found.rows as { available: string; entries: string }[];
        const available = Number(row?.available) - segments;
        if (!(available >= 0)) throw new Error("nothing can pay");
        const entries = Number(row?.entries) + 1;
        await client.query({
          name: "pay",
          text: "UPDATE package SET available = $3, held = held + $4, entries = $5 WHERE account = $1 AND region = $2",
          values: [account, region(), available, segments, entries],
        });
        await client.query({ name: "hold", text: hold_sql, values: [account, id, segments] });
        const line = [account, entries, id, segments, available];
        await client.query({ name: "enter", text: journal_sql, values: line });
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
    async "conditional statement"(account, [id = ""]) {
      const values = [account, region(), id, segmentsOf(text)];
      const { rows } = await pool.query({ name: "reserve", text: conditional_sql, values });
      paid(rows, 1);
    },
    async "100 grouped by hand"(account, ids) {
      const segments = ids.map(() => segmentsOf(text));
      const sum = segments.reduce((sum, each) => sum + each, 0);
      const values = [account, region(), ids, segments, sum];
      const { rows } = await pool.query({ name: "grouped", text: grouped_sql, values });
      paid(rows, ids.length);
    },
  };
  return {
    store: "Postgres",
    name: `hand-written: ${way}`,
    grouped: way === "100 grouped by hand" ? 100 : 1,
    async open(accounts) {
      await pool.query("INSERT INTO package SELECT unnest($1::text[]), $2, $3, 0, 0", [
        accounts,
        region(),
        credits,
      ]);
    },
    reserve: ways[way],
    async written() {
      const { rows } = await pool.query(
        "SELECT sum(available)::float8 AS available, sum(held)::float8 AS held FROM package",
      );
      return rows[0] as Written;
    },
    close: () => pool.end(),
  };
}
