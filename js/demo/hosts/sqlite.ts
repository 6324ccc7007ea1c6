/** The story in this process, on a SQLite file in a new temporary folder. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Balance, createLedger, createLedgerSync, type Ledger } from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import type { Clock } from "../clock.ts";
import { CardTerminal, shop } from "../shop.ts";
import type { Host } from "./host.ts";

const main = fileURLToPath(new URL("../main.ts", import.meta.url));
const restart_ms_max = 60_000;

class SqliteHost implements Host {
  readonly place = "a SQLite file";
  readonly restarting = "The database is closed, and a new process opens the same file.";
  readonly path: string;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #terminal = new CardTerminal();
  #database: DatabaseSync;
  #ledger: Ledger;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#folder = mkdtempSync(path.join(tmpdir(), "sms-ledger-demo-"));
    this.path = path.join(this.#folder, "ledger.sqlite");
    this.#database = new DatabaseSync(this.path);
    this.#ledger = this.#opened();
  }

  get ledger(): Ledger {
    return this.#ledger;
  }

  async restart(account: string): Promise<Balance> {
    this.#database.close();
    const flags = ["--disable-warning=ExperimentalWarning", main];
    const asked = [`--balance-of=${account}`, `--file=${this.path}`, `--at=${this.#clock.now()}`];
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, ...asked], {
      timeout: restart_ms_max,
    });
    this.#database = new DatabaseSync(this.path);
    this.#ledger = this.#opened();
    return JSON.parse(stdout) as Balance;
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #opened(): Ledger {
    return createLedger({
      storage: sqliteStorage(this.#database),
      catalog: shop,
      payments: this.#terminal,
      now: this.#clock.now,
    });
  }
}

export function sqliteHost(clock: Clock): Host {
  return new SqliteHost(clock);
}

/** What the new process of a restart does: prints an account's balance at an instant. */
export function printBalance(account: string, file: string, at: number): void {
  const database = new DatabaseSync(file);
  const ledger = createLedgerSync({ storage: sqliteStorage(database), catalog: shop, now: () => at });
  process.stdout.write(`${JSON.stringify(ledger.balance({ account }))}\n`);
  database.close();
}
