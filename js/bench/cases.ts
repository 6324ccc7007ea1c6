/** The cases of the benchmark, each a function that does so many reserve-and-settle pairs and checks the balance after. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { createLedger, createLedgerSync, type Ledger, memoryStorage, type Storage } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { HandWritten } from "./handwritten.ts";
import { sqlOver } from "./sql.ts";

export interface Case {
  name: string;
  /** Commands that wait for an answer at once; 1 = one after another. */
  inFlight: number;
  /** Pairs in one round. */
  pairs: number;
  round(pairs: number): Promise<void> | void;
}

const account = "bench";
const to = "+61491570006";
const text = "Your code is 481 516. It is valid for ten minutes; never tell it to anyone.";
const credits = 1_000_000;

let last = 0;
const nextId = (): string => `message-${++last}`;

async function opened(storage: Storage): Promise<Ledger> {
  const ledger = createLedger({ storage, catalog: cloutly });
  await ledger.openAccount({ id: account });
  for (const id of ["order-1", "order-2", "order-3", "order-4"]) {
    const quote = ledger.quote({ offer: "pack-au", quantity: credits });
    await ledger.purchase({ id, account, quote, payment: { reference: id } });
  }
  return ledger;
}

async function expectSpent(ledger: Ledger, before: number, pairs: number): Promise<void> {
  const { available, held } = await ledger.balance({ account });
  if (available !== before - pairs || held !== 0)
    throw new Error(`the balance is off by ${before - pairs - available}`);
}

async function ours(name: string, storage: Storage, inFlight: number, pairs: number): Promise<Case> {
  const ledger = await opened(storage);
  const round = async (count: number): Promise<void> => {
    const { available } = await ledger.balance({ account });
    for (let done = 0; done < count; done += inFlight) {
      const ids = Array.from({ length: Math.min(inFlight, count - done) }, nextId);
      await Promise.all(ids.map((id) => ledger.reserve({ id, account, to, text })));
      await Promise.all(ids.map((id) => ledger.settle({ id, account })));
    }
    await expectSpent(ledger, available, count);
  };
  return { name, inFlight, pairs, round };
}

function oursSync(name: string, pairs: number): Case {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog: cloutly });
  ledger.openAccount({ id: account });
  for (const id of ["order-1", "order-2", "order-3", "order-4"]) {
    const quote = ledger.quote({ offer: "pack-au", quantity: credits });
    ledger.purchase({ id, account, quote, payment: { reference: id } });
  }
  const round = (count: number): void => {
    const before = ledger.balance({ account }).available;
    for (let done = 0; done < count; done++) {
      const id = nextId();
      ledger.reserve({ id, account, to, text });
      ledger.settle({ id, account });
    }
    if (ledger.balance({ account }).available !== before - count) throw new Error("the balance is off");
  };
  return { name, inFlight: 1, pairs, round };
}

function handWritten(name: string, database: DatabaseSync, pairs: number): Case {
  const peer = new HandWritten(sqlOver(database));
  peer.open(account, 4 * credits);
  const round = (count: number): void => {
    const before = peer.available(account);
    for (let done = 0; done < count; done++) {
      const id = nextId();
      peer.reserve(account, id, to, text);
      peer.settle(account, id);
    }
    if (peer.available(account) !== before - count) throw new Error("the balance is off");
  };
  return { name, inFlight: 1, pairs, round };
}

function durable(folder: string, name: string): DatabaseSync {
  const file = join(folder, `${name}.sqlite`);
  rmSync(file, { force: true });
  const database = new DatabaseSync(file);
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
  return database;
}

/** Every case that runs in this process. */
export async function cases(folder: string): Promise<Case[]> {
  const sqlite = (inFlight: number, pairs: number): Promise<Case> =>
    ours("SQLite, durable: sms-ledger", sqliteStorage(durable(folder, `ours-${inFlight}`)), inFlight, pairs);
  return [
    await ours("memory: sms-ledger", memoryStorage(), 256, 20_480),
    await ours("memory: sms-ledger", memoryStorage(), 1, 5_000),
    oursSync("memory: sms-ledger, synchronous", 5_000),
    handWritten("memory: hand-written, SQLite `:memory:`", new DatabaseSync(":memory:"), 5_000),
    await sqlite(256, 5_120),
    await sqlite(16, 1_600),
    await sqlite(1, 400),
    handWritten("SQLite, durable: hand-written", durable(folder, "peer"), 400),
  ];
}
