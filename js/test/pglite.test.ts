/** The laws of a store on PGlite, the Postgres that runs in this process. */
import { after, describe } from "node:test";
import { PGlite } from "@electric-sql/pglite";
import { postgresStorage } from "sms-ledger/postgres";
import { failing_key } from "sms-ledger/testing";
import { hold } from "./support/conformance.ts";

const database = await PGlite.create();
after(() => database.close());
await postgresStorage(database).migrate();
await database.exec(`ALTER TABLE sms_ledger_document ADD CHECK (key <> '${failing_key}')`);

describe("PGlite", () => {
  const open = () => postgresStorage(database);
  hold({ open, reopen: open, failing: open, many: true });
});
