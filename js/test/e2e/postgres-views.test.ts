/**
 * The views for people who report with SQL say what the API says: after random histories of every command, each package,
 * order, entry and message is the same in both. A document that has changed fails this.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import {
  createLedgerSync,
  type Entry,
  isLedgerError,
  memoryStorage,
  type Order,
  type Package,
  type Reserved,
  type SyncLedger,
} from "sms-ledger";
import { postgresStorage } from "sms-ledger/postgres";
import { type Call, type History, histories } from "../support/histories.ts";
import { contents } from "../support/ledgers.ts";
import { ownSchema, pools } from "../support/postgres.ts";

const account = "acme";
const pool = pools()(await ownSchema());
const storage = postgresStorage(pool);
// As when several processes start at once.
await Promise.all([storage.migrate(), storage.migrate(), storage.migrate()]);

/** The columns that are looked at one by one. */
type Column =
  | "id"
  | "package"
  | "state"
  | "region"
  | "encoding"
  | "segments"
  | "draws"
  | "at"
  | "available"
  | "spent"
  | "released"
  | "expired"
  | "decided_at";
type Row = Partial<Record<Column, unknown>>;

/** A row without what is null, its counts as numbers and its instants as texts. */
function told(row: Record<string, unknown>): Record<string, unknown> {
  const shown = (value: unknown) => (value instanceof Date ? value.toISOString() : value);
  return Object.fromEntries(
    Object.entries(row)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name, shown(value)]),
  );
}

function present(row: Record<string, unknown>): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined));
}

/** Counts, which `pg` gives as texts. */
const counts = (of: Row) => {
  const names = ["issued", "available", "held", "spent", "expired", "adjusted"];
  return Object.fromEntries(names.map((name) => [name, String(of[name as Column])]));
};

/** Amounts are numeric in SQL: `12.40` is 12.4. */
const amount = (text: string | undefined) => (text === undefined ? undefined : Number(text));

const byPackage = (given: Package): Row =>
  present({
    id: given.id,
    source: given.source,
    name: given.name,
    region: given.region,
    purpose: given.purpose,
    project: given.project,
    category: given.category,
    ...counts(given as unknown as Row),
    issued_at: given.issuedAt,
    effective_at: given.effectiveAt,
    expires_at: given.expiresAt,
    grace_until: given.graceUntil,
    exchanged: given.exchanged === undefined ? undefined : String(given.exchanged),
  });

const byOrder = (given: Order): Row =>
  present({
    id: given.id,
    state: given.state,
    offer: given.offer,
    catalog: given.catalog.id,
    catalog_revision: String(given.catalog.revision),
    region: given.region,
    purpose: given.purpose,
    project: given.project,
    quantity: String(given.quantity),
    total: amount(given.total),
    currency: given.currency,
    price_list: given.priceList,
    discount: amount(given.discount),
    voucher: given.voucher,
    agreement: given.agreement?.id,
    agreement_version: given.agreement?.version,
    payment_method: given.payment.method,
    payment_reference: given.payment.reference,
    payment_reason: given.payment.reason,
    placed_at: given.placedAt,
    package: given.package,
    paid_at: given.package === undefined ? undefined : given.purchasedAt,
    refunded: given.state === "refunded" ? amount(given.refunded.amount) : undefined,
    refunded_segments: given.state === "refunded" ? String(given.refunded.segments) : undefined,
    refunded_at: given.state === "refunded" ? given.refunded.at : undefined,
    source: given.recharge ? "recharge" : "purchase",
  });

const byEntry = (given: Entry): Row =>
  present({
    sequence: String(given.sequence),
    kind: given.kind,
    reference: given.reference,
    recorded_at: given.recordedAt,
    effective_at: given.effectiveAt,
    postings: given.postings,
    ...counts(given.balance as unknown as Row),
    amount: amount(given.amount),
    currency: given.currency,
    discount: amount(given.discount),
    voucher: given.voucher,
    price_list: given.priceList,
    reason: given.reason,
    expiring_days: given.expiring && String(given.expiring.days),
    expiring_segments: given.expiring && String(given.expiring.segments),
    expiring_at: given.expiring?.expiresAt,
    terms: given.terms,
    hash: given.hash,
  });

async function rows(
  view: string,
  partition: string,
  order: string,
): Promise<(Row & Record<string, unknown>)[]> {
  const found = await pool.query(`SELECT * FROM ${view} WHERE account = $1 ORDER BY ${order}`, [partition]);
  return found.rows.map((row: Record<string, unknown>) => {
    const { account: _, key, ...columns } = told(row);
    assert.equal(typeof key, "string");
    for (const money of ["total", "discount", "refunded", "amount"])
      if (columns[money] !== undefined) columns[money] = Number(columns[money]);
    return columns;
  });
}

/** All pages of a listing. */
function pages<T>(read: (after: never) => Record<string, unknown>, name: string): T[] {
  const all: T[] = [];
  for (let after: unknown; ; ) {
    const { next, ...page } = read(after as never);
    all.push(...(page[name] as T[]));
    after = next;
    if (after === undefined) return all;
  }
}

/** What each message was answered when it was reserved. */
function reserved({ steps }: History): Map<string, Reserved> {
  const answers = steps
    .filter((step): step is Call => "call" in step && step.call === "reserve")
    .map(({ answer }) => JSON.parse(answer) as Reserved);
  return new Map(answers.filter(({ draws }) => draws !== undefined).map((answer) => [answer.id, answer]));
}

/** A message's row beside what the API says of it now. */
function sameMessage(row: Row, copy: SyncLedger, answer: Reserved | undefined): void {
  if (answer !== undefined) {
    assert.deepEqual(
      [row.region, row.encoding, row.segments, row.draws, row.at, row.available],
      [
        answer.region,
        answer.encoding,
        String(answer.segments),
        answer.draws,
        answer.at,
        String(answer.available),
      ],
    );
  }
  const id = row.id as string;
  if (row.state === "held") {
    assert.ok(copy.release({ account, id }).applied, `${id} is held`);
    return;
  }
  try {
    const { state, spent, released, expired, at } = copy.report({ account, id, stage: "unknown" });
    assert.deepEqual(
      [row.state, row.spent, row.released, row.expired, row.decided_at],
      [state, String(spent), String(released), String(expired), at],
    );
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    assert.equal(row.state, "refused", `${id}: ${error.message}`);
  }
}

/** The ledger at the end of a history, everything due done. */
function ended({ steps, stored }: History): { memory: ReturnType<typeof memoryStorage>; ledger: SyncLedger } {
  const catalog = steps.findLast((step) => "ledger" in step) as { ledger: string };
  const { now } = steps.at(-1) as Call;
  const entries = stored.map(([key, value]) => ({ key, value }));
  const memory = memoryStorage({ partition: account, entries });
  const ledger = createLedgerSync({ storage: memory, catalog: catalog.ledger, now: () => now });
  ledger.advance({ account });
  return { memory, ledger };
}

async function same(history: History): Promise<Record<string, number>> {
  const partition = `history-${history.seed}`;
  const { memory, ledger } = ended(history);
  const writes = contents(memory).map(({ key, value }) => ({ op: "put" as const, key, value }));
  assert.ok((await storage.commit(partition, { checks: [], writes })).ok);

  const { state, plan, openedAt, renewsAt, gates } = ledger.account({ account });
  const balance = ledger.balance({ account });
  const [shownAccount] = await rows("sms_ledger_accounts", partition, "account");
  const named = [
    "state",
    "plan",
    "opened_at",
    "renews_at",
    "gates",
    "available",
    "held",
    "spent",
    "issued",
    "expired",
    "adjusted",
  ];
  const { available, held, spent, issued, expired, adjusted } = balance;
  assert.deepEqual(
    named.map((name) => shownAccount?.[name]),
    [
      state,
      plan,
      openedAt,
      renewsAt,
      gates ?? [],
      ...[available, held, spent, issued, expired, adjusted].map(String),
    ],
  );

  const packages = [
    ...ledger.packages({ account }),
    ...pages<Package>((after) => ledger.endedPackages({ account, after }) as never, "packages"),
  ];
  const shown = (await rows("sms_ledger_packages", partition, "length(id), id")).map(
    ({ reference: _, ...row }) => row,
  );
  assert.deepEqual(
    shown,
    packages.map(byPackage).sort((a, b) => number(a) - number(b)),
  );

  const orders = pages<Order>((after) => ledger.orders({ account, after }) as never, "orders");
  const placed = (await rows("sms_ledger_orders", partition, "id")).map(({ name: _, ...row }) => row);
  assert.deepEqual(
    placed,
    orders.map(byOrder).sort((a, b) => ((a.id as string) < (b.id as string) ? -1 : 1)),
  );

  const entries = pages<Entry>((after) => ledger.entries({ account, after }) as never, "entries");
  assert.deepEqual(await rows("sms_ledger_entries", partition, "sequence"), entries.map(byEntry));

  const answers = reserved(history);
  const messages = await rows("sms_ledger_holds", partition, "id");
  const written = writes.filter(({ key }) => key.startsWith("hold/"));
  assert.deepEqual(
    messages.map(({ id }) => `hold/${id}`),
    written.map(({ key }) => key),
  );
  for (const row of messages) sameMessage(row, ledger, answers.get(row.id as string));
  return {
    packages: packages.length,
    orders: orders.length,
    entries: entries.length,
    messages: messages.length,
  };
}

const number = (row: Row) => Number((row.id as string).slice(1));

test("the views say what the API says", async () => {
  const seen: Record<string, number> = {};
  for await (const history of histories(["1", "24", "150"])) {
    for (const [what, count] of Object.entries(await same(history))) seen[what] = (seen[what] ?? 0) + count;
  }
  for (const what of ["packages", "orders", "entries", "messages"])
    assert.ok((seen[what] ?? 0) > 50, JSON.stringify(seen));
});

test("the statements of the docs are answered", async () => {
  const docs = readFileSync(path.join(import.meta.dirname, "../../../docs/storage.md"), "utf8");
  const blocks = [...docs.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = ""]) =>
    sql.replaceAll("'acme'", "'history-1'"),
  );
  const statements = blocks.flatMap((sql) => sql.split(/;.*\n/)).filter((sql) => sql.includes("sms_ledger"));
  const found = await Promise.all(statements.map(async (sql) => (await pool.query(sql)).rows.length));
  assert.equal(found.length, 4);
  // Entries, who pays, and sums by month; no message of the histories is called `m-17`.
  assert.ok(found.filter((rows) => rows > 0).length >= 2, `${found}`);
});
