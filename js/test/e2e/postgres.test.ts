/** The laws of a store on a real Postgres through `pg`. */
import { Socket } from "node:net";
import { describe } from "node:test";
import type { Storage } from "sms-ledger";
import { type PostgresOptions, postgresStorage } from "sms-ledger/postgres";
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
