/**
 * What a user would write instead: balances, holds, a journal and idempotency keys in SQL, one transaction a message. It does
 * the work that the ledger does for the same message (a segment count, a region, who pays, a hold, an entry), so that
 * the comparison is fair; it has no group commit, no hash chain, no plans, no expiry and no split between packages.
 */

/** The columns that it reads. */
interface Row {
  id?: unknown;
  package?: unknown;
  segments?: unknown;
  available?: unknown;
}

/** What it uses of a database, so that the same code runs on `node:sqlite` and in a Durable Object. */
export interface Sql {
  all(sql: string, ...values: (string | number)[]): Row[];
  run(sql: string, ...values: (string | number)[]): void;
  transaction<T>(body: () => T): T;
}

const schema = [
  "CREATE TABLE IF NOT EXISTS package (account TEXT, id INTEGER, region TEXT, available INTEGER, held INTEGER, spent INTEGER, PRIMARY KEY (account, id)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS hold (account TEXT, id TEXT, state TEXT, package INTEGER, segments INTEGER, at INTEGER, PRIMARY KEY (account, id)) WITHOUT ROWID",
  "CREATE TABLE IF NOT EXISTS journal (account TEXT, sequence INTEGER, kind TEXT, reference TEXT, package INTEGER, segments INTEGER, available INTEGER, at INTEGER, PRIMARY KEY (account, sequence)) WITHOUT ROWID",
];

const prefixes: [string, string][] = [
  ["+61", "AU"],
  ["+44", "GB"],
  ["+64", "NZ"],
  ["+1", "US"],
];

const gsm = /^[\x20-\x5a\x61-\x7a\n\r@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ¤¡ÄÖÑÜ§¿äöñüà]*$/;

export function regionOf(to: string): string | undefined {
  return prefixes.find(([prefix]) => to.startsWith(prefix))?.[1];
}

export function segmentsOf(text: string): number {
  const [single, part] = gsm.test(text) ? [160, 153] : [70, 67];
  return text.length <= single ? 1 : Math.ceil(text.length / part);
}

export class HandWritten {
  readonly #sql: Sql;
  readonly #next = new Map<string, number>();

  constructor(sql: Sql) {
    this.#sql = sql;
    for (const statement of schema) sql.run(statement);
  }

  open(account: string, segments: number): void {
    this.#sql.run("INSERT INTO package VALUES (?, 1, 'AU', ?, 0, 0)", account, segments);
  }

  reserve(account: string, id: string, to: string, text: string): { segments: number; available: number } {
    return this.#sql.transaction(() => this.reserveWithin(account, id, to, text));
  }

  /** The same in the caller's transaction. */
  reserveWithin(
    account: string,
    id: string,
    to: string,
    text: string,
  ): { segments: number; available: number } {
    const segments = segmentsOf(text);
    const region = regionOf(to);
    if (region === undefined) throw new Error("no price");
    const [known] = this.#sql.all("SELECT segments FROM hold WHERE account = ? AND id = ?", account, id);
    if (known !== undefined) return { segments: Number(known.segments), available: 0 };
    const [paid] = this.#sql.all(
      "UPDATE package SET available = available - ?, held = held + ? WHERE account = ? AND id = (SELECT id FROM package WHERE account = ? AND region = ? AND available >= ? ORDER BY id LIMIT 1) RETURNING id, available",
      segments,
      segments,
      account,
      account,
      region,
      segments,
    );
    if (paid === undefined) throw new Error("nothing can pay");
    const at = Date.now();
    this.#sql.run(
      "INSERT INTO hold VALUES (?, ?, 'held', ?, ?, ?)",
      account,
      id,
      Number(paid.id),
      segments,
      at,
    );
    this.#enter(account, "reserve", id, Number(paid.id), segments, Number(paid.available), at);
    return { segments, available: Number(paid.available) };
  }

  settle(account: string, id: string): void {
    this.#sql.transaction(() => {
      const [hold] = this.#sql.all(
        "UPDATE hold SET state = 'settled' WHERE account = ? AND id = ? AND state = 'held' RETURNING package, segments",
        account,
        id,
      );
      if (hold === undefined) return;
      const segments = Number(hold.segments);
      const [paid] = this.#sql.all(
        "UPDATE package SET held = held - ?, spent = spent + ? WHERE account = ? AND id = ? RETURNING available",
        segments,
        segments,
        account,
        Number(hold.package),
      );
      this.#enter(account, "settle", id, Number(hold.package), segments, Number(paid?.available), Date.now());
    });
  }

  available(account: string): number {
    const [row] = this.#sql.all("SELECT SUM(available) AS available FROM package WHERE account = ?", account);
    return Number(row?.available);
  }

  #enter(
    account: string,
    kind: string,
    reference: string,
    packageId: number,
    segments: number,
    available: number,
    at: number,
  ): void {
    const sequence = (this.#next.get(account) ?? 0) + 1;
    this.#next.set(account, sequence);
    this.#sql.run(
      "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      account,
      sequence,
      kind,
      reference,
      packageId,
      segments,
      available,
      at,
    );
  }
}
