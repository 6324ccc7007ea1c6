/** Orders on their way to payment: a process that stops at every call to its host, outcomes of every kind, and races. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, test } from "node:test";
import {
  type Charge,
  createLedger,
  createLedgerSync,
  isLedgerError,
  type Ledger,
  memoryStorage,
  type Order,
  type PaymentOutcome,
  type Payments,
  type SyncLedger,
  type SyncStorage,
} from "sms-ledger";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { databases, temporaryFolder } from "./support/files.ts";
import { catalog as cloutly, noon } from "./support/ledgers.ts";
import { Process, Provider } from "./support/payments.ts";

const now = () => noon;
const account = "acme";
const [pack, ...others] = cloutly.offers;
assert.ok(pack !== undefined);
const catalog = { ...cloutly, offers: [{ ...pack, vouchers: true }, ...others] };

function ledgerOver(storage: SyncStorage, payments?: Payments): Ledger {
  return createLedger({ storage, catalog, now, ...(payments === undefined ? {} : { payments }) });
}

/** An account with a voucher of 5 USD, and a quote with it. */
async function opened(storage: SyncStorage) {
  const ledger = ledgerOver(storage);
  await ledger.openAccount({ id: account });
  await ledger.grantVoucher({ account, voucher: { id: "v1", amount: "5", currency: "USD" } });
  return ledger.quote({ account, offer: "pack-au", quantity: 200, voucher: "v1" });
}

const purchaseOf = (quote: Awaited<ReturnType<typeof opened>>, id = "o1") => ({
  id,
  account,
  quote,
  voucher: "v1",
  payment: { method: "card" },
});

/** What must hold of an order wherever the process was stopped: charged at most once, and a package exactly where it is said. */
async function holds(ledger: Ledger, provider: Provider): Promise<Order | undefined> {
  const { orders } = await ledger.orders({ account });
  const packages = await ledger.packages({ account });
  assert.ok(provider.charged.length <= 1);
  const fulfilled = orders.filter((order) => order.state === "fulfilled");
  assert.equal(packages.length, fulfilled.length);
  if (fulfilled.length > 0) assert.equal(provider.charged.length, 1);
  const { vouchers } = await ledger.vouchers({ account });
  assert.deepEqual([vouchers[0]?.order], [orders[0]?.id]);
  assert.ok((await ledger.verify({ account })).ok);
  return orders[0];
}

/** Ways on for whoever comes after a crash. */
const recoveries: Record<
  string,
  (ledger: Ledger, quote: Awaited<ReturnType<typeof opened>>) => Promise<unknown>
> = {
  "orders are resumed": (ledger) => ledger.resumeOrders({ account }),
  "the purchase is repeated": (ledger, quote) => ledger.purchase(purchaseOf(quote)),
  "a webhook is first": async (ledger) => {
    const outcome = { status: "paid", reference: "pay-o1" } as const;
    await ledger.confirmPayment({ account, order: "o1", outcome }).catch((error: unknown) => {
      assert.ok(isLedgerError(error) && error.code === "UNKNOWN_ORDER");
    });
  },
};

describe("a process that stops during a purchase", () => {
  for (const [recovery, recover] of Object.entries(recoveries)) {
    test(`leaves what can be finished, where ${recovery}`, async () => {
      const seen: string[] = [];
      let finished = false;
      for (let at = 1; !finished; at++) {
        for (const after of [false, true]) {
          const storage = memoryStorage();
          const quote = await opened(storage);
          const provider = new Provider();
          const process = new Process(at, after);
          const dying = ledgerOver(process.storage(storage), process.payments(provider));
          const order = await dying.purchase(purchaseOf(quote)).catch(() => undefined);
          finished = !process.stopped;
          if (finished) assert.equal(order?.state, "fulfilled");
          seen.push(`${process.calls.at(-1)} ${after ? "after" : "before"}`);
          const next = ledgerOver(storage, provider);
          await holds(next, provider);
          // A webhook comes only of a charge.
          if (recovery !== "a webhook is first" || provider.charged.length > 0) await recover(next, quote);
          const left = await holds(next, provider);
          if (recovery === "orders are resumed" && left !== undefined) assert.equal(left.state, "fulfilled");
          // Whatever happened, the buyer who asks again gets the one package of the one charge.
          const done = await ledgerOver(storage, provider).purchase(purchaseOf(quote));
          assert.equal(done.state, "fulfilled", `${at} ${after}`);
          assert.equal(done.total, "7.40");
          await holds(next, provider);
          assert.deepEqual(
            provider.charged.map(({ amount, currency, method }) => [amount, currency, method]),
            [["7.40", "USD", "card"]],
          );
        }
      }
      // The table is of the calls that a purchase makes, and none of them is missing.
      for (const call of ["list", "get", "commit", "charge"])
        for (const when of ["before", "after"])
          assert.ok(seen.includes(`${call} ${when}`), `${call} ${when}`);
    });
  }

  test("with SIGKILL, on SQLite, leaves what can be finished", { timeout: 120_000 }, async () => {
    const folder = temporaryFolder();
    const open = databases();
    const script = path.join(import.meta.dirname, "support/buyer.ts");
    let killed = 0;
    for (let at = 1; ; at++) {
      const file = path.join(folder, `killed-${at}.sqlite`);
      const charges = path.join(folder, `charges-${at}`);
      const storage = sqliteStorage(open(file));
      await ledgerOver(storage).openAccount({ id: account });
      const run = () =>
        new Promise<string>((resolve) => {
          const flags = ["--disable-warning=ExperimentalWarning", script, file, charges, String(at)];
          const child = execFile(process.execPath, flags, (_error, stdout) => {
            resolve(child.signalCode ?? stdout);
          });
        });
      const end = await run();
      const lines = () => readFileSync(charges, { encoding: "utf8", flag: "a+" }).split("\n").filter(Boolean);
      assert.ok(lines().length <= 1);
      const again = await ledgerOver(storage, {
        charge: ({ idempotencyKey }) => {
          if (lines().length === 0) throw new Error("the buyer was not charged");
          assert.equal(lines()[0], idempotencyKey);
          return { status: "paid", reference: "pay-o1" };
        },
      }).resumeOrders({ account });
      const fulfilled = await ledgerOver(storage).packages({ account });
      assert.equal(fulfilled.length, lines().length, `${at}: ${end} ${JSON.stringify(again)}`);
      assert.ok((await ledgerOver(storage).verify({ account })).ok);
      if (end === "fulfilled") break;
      assert.equal(end, "SIGKILL");
      killed++;
    }
    assert.ok(killed >= 8, `${killed} kills`);
  });
});

describe("the host's charge", () => {
  const says = async (outcome: unknown, sync = false): Promise<[Order, Charge[]]> => {
    const storage = memoryStorage();
    const asked: Charge[] = [];
    const payments = {
      charge(charge: Charge) {
        asked.push(charge);
        if (typeof outcome === "function") return (outcome as () => PaymentOutcome)();
        return outcome as PaymentOutcome;
      },
    };
    const options = { storage, catalog, now, payments };
    const ledger: Ledger | SyncLedger = sync ? createLedgerSync(options) : createLedger(options);
    await ledger.openAccount({ id: account });
    const quote = ledger.quote({ offer: "pack-au", quantity: 100 });
    return [await ledger.purchase({ id: "o1", account, quote, payment: { method: "visa" } }), asked];
  };

  test("is told all that a payment provider asks for", async () => {
    const [order, asked] = await says({ status: "paid", reference: "pi_1" });
    assert.deepEqual(asked, [
      {
        idempotencyKey: "acme o1",
        account: "acme",
        order: "o1",
        amount: "6.20",
        currency: "USD",
        method: "visa",
        offer: "pack-au",
        region: "AU",
        quantity: 100,
      },
    ]);
    assert.deepEqual(order.payment, { method: "visa", reference: "pi_1" });
  });

  const outcomes: Record<string, [unknown, string, RegExp | undefined]> = {
    "that is paid": [{ status: "paid", reference: "r" }, "fulfilled", undefined],
    "that is declined": [{ status: "declined", reason: "no funds" }, "declined", /^no funds$/],
    "that says more than is asked": [
      { status: "paid", reference: 4242, reason: "", raw: { id: 1n }, at: new Date(Number.NaN) },
      "fulfilled",
      undefined,
    ],
    "that says at length why": [
      { status: "declined", reason: "é".repeat(400), reference: "r" },
      "declined",
      /^é{128}$/,
    ],
    "whose parts cannot be read": [
      {
        get status() {
          throw new Error("no status");
        },
      },
      "unknown",
      /no status/,
    ],
    "that is cancelled": [{ status: "cancelled" }, "cancelled", undefined],
    "that is timed out": [{ status: "timed_out" }, "timed_out", undefined],
    "that is unknown": [{ status: "unknown" }, "unknown", undefined],
    "that throws": [
      () => {
        throw new Error("socket hang up");
      },
      "unknown",
      /socket hang up/,
    ],
    "that throws more than fits": [
      () => {
        throw new Error("é\ud800".repeat(500));
      },
      "unknown",
      /^é/,
    ],
    "that answers nothing": [undefined, "unknown", /no outcome/],
    "that answers with a word": ["paid", "unknown", /no outcome/],
    "that is paid without a proof": [{ status: "paid" }, "fulfilled", undefined],
    "that is paid with an empty proof": [{ status: "paid", reference: "" }, "fulfilled", undefined],
    "that is paid with a proof that is none": [
      { status: "paid", reference: Number.NaN },
      "fulfilled",
      undefined,
    ],
    "that is paid with a long proof": [
      { status: "paid", reference: `tok_${"x".repeat(300)}` },
      "fulfilled",
      undefined,
    ],
    "that is paid with an endless proof": [
      { status: "paid", reference: "\ud800".repeat(100_000) },
      "fulfilled",
      undefined,
    ],
    "that misspells": [{ status: "payed", reference: "r" }, "unknown", /status/],
    "that is paid with what is no data": [{ status: "paid", reference: Symbol("r") }, "fulfilled", undefined],
    "that answers with what is no data": [{ status: Symbol("paid") }, "unknown", /no outcome/],
  };
  for (const [name, [outcome, state, reason]] of Object.entries(outcomes)) {
    for (const sync of [false, true]) {
      test(`${name}${sync ? ", at once" : ""}: ${state}`, async () => {
        const [order] = await says(outcome, sync);
        assert.equal(order.state, state);
        assert.equal(order.package !== undefined, state === "fulfilled");
        if (reason !== undefined) assert.match(order.payment.reason ?? "", reason);
        for (const text of [order.payment.reason, order.payment.reference])
          assert.ok(new TextEncoder().encode(text ?? "").length <= 256);
        const named = (outcome as { reference?: unknown } | undefined)?.reference;
        if (state === "fulfilled" && (typeof named !== "string" || named === ""))
          assert.equal(
            order.payment.reference,
            typeof named === "number" && named > 0 ? `${named}` : "no-reference",
          );
      });
    }
  }

  test("that answers later: a ledger waits, a synchronous one cannot", async () => {
    const paid = async () => ({ status: "paid", reference: "r" });
    const failed = async () => {
      throw new Error("no route to host");
    };
    assert.equal((await says(paid))[0].state, "fulfilled");
    const [unreachable] = await says(failed);
    assert.equal(unreachable.payment.reason, "no route to host");
    const [late] = await says(paid, true);
    assert.match(late.payment.reason ?? "", /synchronous ledger cannot wait/);
    assert.equal((await says(failed, true))[0].state, "unknown");
  });
});

describe("orders of two accounts with one id", () => {
  test("are charged each under a key of its own", async () => {
    const storage = memoryStorage();
    const provider = new Provider();
    const ledger = ledgerOver(storage, provider);
    for (const id of ["acme", "other"]) await ledger.openAccount({ id });
    const quote = ledger.quote({ offer: "pack-au", quantity: 100 });
    for (const id of ["acme", "other"]) {
      const order = await ledger.purchase({ id: "o1", account: id, quote });
      assert.equal(order.state, "fulfilled");
    }
    assert.deepEqual(
      provider.charged.map((charge) => charge.idempotencyKey),
      ["acme o1", "other o1"],
    );
  });
});

describe("several processes", () => {
  test("that buy, resume and hear of one order at once charge it once", async () => {
    for (let round = 0; round < 20; round++) {
      const storage = memoryStorage();
      const quote = await opened(storage);
      const provider = new Provider();
      const slow: Payments = {
        charge: async (charge) => {
          const said = provider.charge(charge);
          await new Promise((resolve) => setTimeout(resolve, round % 3));
          return said;
        },
      };
      const ledgers = [1, 2, 3].map(() => ledgerOver(storage, slow));
      const [first, second, third] = ledgers as [Ledger, Ledger, Ledger];
      const orders = await Promise.all([
        first.purchase(purchaseOf(quote)),
        second.purchase(purchaseOf(quote)),
        third.resumeOrders({ account }).then(() => third.purchase(purchaseOf(quote))),
        first.purchase(purchaseOf(quote)),
      ]);
      for (const order of orders) assert.deepEqual(order, orders[0]);
      assert.equal(orders[0]?.state, "fulfilled");
      await holds(first, provider);
    }
  });

  test("that spend one voucher on two orders: one of them gets it", async () => {
    const storage = memoryStorage();
    const quote = await opened(storage);
    const provider = new Provider();
    const ledgers = [1, 2].map(() => ledgerOver(storage, provider));
    const ends = await Promise.allSettled(
      ledgers.map((ledger, index) => ledger.purchase(purchaseOf(quote, `o${index}`))),
    );
    assert.deepEqual(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    assert.equal(provider.charged.length, 1);
  });
});

describe("resumed orders", () => {
  test("are all that are undecided, page after page, and only those", async () => {
    const storage = memoryStorage();
    const waiting = ledgerOver(storage);
    await waiting.openAccount({ id: account });
    const quote = waiting.quote({ offer: "pack-au", quantity: 100 });
    const ids = Array.from({ length: 230 }, (_, index) => `o${String(index).padStart(3, "0")}`);
    await Promise.all(ids.map((id) => waiting.purchase({ id, account, quote })));
    await waiting.confirmPayment({ account, order: "o007", outcome: { status: "declined" } });
    const provider = new Provider(({ order }) =>
      order === "o100" ? { status: "unknown" } : { status: "paid", reference: `pay-${order}` },
    );
    const ledger = ledgerOver(storage, provider);
    const resumed = await ledger.resumeOrders({ account });
    assert.deepEqual(
      resumed.orders.map(({ id }) => id),
      ids.filter((id) => id !== "o007"),
    );
    assert.deepEqual(resumed.failed, []);
    assert.equal(provider.charged.length, 228);
    const { orders } = await ledger.orders({ account, undecided: true });
    assert.deepEqual(
      orders.map(({ id, state }) => [id, state]),
      [["o100", "unknown"]],
    );
    assert.equal((await ledger.balance({ account })).available, 22_800);
  });

  test("are those of the account that was asked for, whatever becomes of the caller's object", async () => {
    const storage = memoryStorage();
    const waiting = ledgerOver(storage);
    const ids = Array.from({ length: 130 }, (_, index) => `o${String(index).padStart(3, "0")}`);
    for (const id of ["alice", "bob"]) {
      await waiting.openAccount({ id });
      const quote = waiting.quote({ offer: "pack-au", quantity: 100 });
      await Promise.all(ids.map((order) => waiting.purchase({ id: `${id}-${order}`, account: id, quote })));
    }
    const charged: Charge[] = [];
    const ledger = ledgerOver(storage, {
      async charge(charge) {
        charged.push(charge);
        return { status: "paid", reference: charge.order };
      },
    });
    const input = { account: "alice" };
    const alice = ledger.resumeOrders(input);
    input.account = "bob";
    const bob = ledger.resumeOrders(input);
    for (const resumed of [await alice, await bob])
      assert.deepEqual([resumed.orders.length, resumed.failed], [130, []]);
    for (const { account: charge, order } of charged)
      assert.ok(order.startsWith(charge), `${charge} ${order}`);
    assert.equal(charged.length, 260);
    for (const wrong of [
      { account, after: "o1" },
      { account, limit: 1 },
      { account, undecided: false },
    ])
      await assert.rejects(ledger.resumeOrders(wrong), { code: "INVALID_INPUT" });
  });

  for (const sync of [false, true])
    test(`are not held up by one that is contradicted${sync ? ", at once" : ""}`, async () => {
      const storage = memoryStorage();
      const waiting = createLedgerSync({ storage, catalog, now });
      waiting.openAccount({ id: account });
      const quote = waiting.quote({ offer: "pack-au", quantity: 100 });
      for (const id of ["o1", "o2", "o3"]) waiting.purchase({ id, account, quote });
      const payments: Payments = {
        charge({ order }) {
          // A webhook of an earlier charge comes in between.
          if (order === "o2")
            waiting.confirmPayment({ account, order, outcome: { status: "paid", reference: "earlier" } });
          return { status: "paid", reference: `later ${order}` };
        },
      };
      const options = { storage, catalog, now, payments };
      const ledger: Ledger | SyncLedger = sync ? createLedgerSync(options) : createLedger(options);
      const { orders, failed } = await ledger.resumeOrders({ account });
      assert.deepEqual(
        orders.map(({ id, state }) => `${id} ${state}`),
        ["o1 fulfilled", "o3 fulfilled"],
      );
      assert.deepEqual(
        failed.map(({ order, error }) => [order, error.code, error.details["reference"]]),
        [["o2", "ORDER_DECIDED", "earlier"]],
      );
      assert.deepEqual(await ledger.resumeOrders({ account }), { orders: [], failed: [] });
    });

  test("say what has come of them where the store fails, and leave the others", async () => {
    const storage = memoryStorage();
    const waiting = ledgerOver(storage);
    await waiting.openAccount({ id: account });
    const quote = waiting.quote({ offer: "pack-au", quantity: 100 });
    for (const id of ["o1", "o2", "o3"]) await waiting.purchase({ id, account, quote });
    const provider = new Provider();
    // Lists, reads and writes o1; then the store is gone.
    for (let at = 1; ; at++) {
      const process = new Process(at, false);
      const dying = ledgerOver(process.storage(storage), provider);
      const ended = await dying.resumeOrders({ account }).catch((error: unknown) => error);
      if (isLedgerError(ended)) {
        assert.equal(ended.code, "STORAGE_UNAVAILABLE");
        continue;
      }
      const { orders, failed } = ended as Awaited<ReturnType<Ledger["resumeOrders"]>>;
      assert.deepEqual([...orders.map(({ id }) => id), ...failed.map(({ order }) => order)], ["o1", "o2"]);
      assert.equal(failed[0]?.error.code, "STORAGE_UNAVAILABLE");
      break;
    }
    const left = await ledgerOver(storage, provider).resumeOrders({ account });
    assert.deepEqual(
      left.orders.map(({ id }) => id),
      ["o2", "o3"],
    );
    assert.equal(provider.charged.length, 3);
  });

  test("need payments, and an account", async () => {
    const storage = memoryStorage();
    await assert.rejects(ledgerOver(storage).resumeOrders({ account }), {
      code: "INVALID_INPUT",
      message: /^`payments` is missing/,
    });
    await assert.rejects(ledgerOver(storage, new Provider()).resumeOrders({ account }), {
      code: "UNKNOWN_ACCOUNT",
    });
    const unchecked = { payments: { pay() {} } } as unknown as { payments: Payments };
    assert.throws(() => createLedger({ storage, catalog, ...unchecked }), { code: "INVALID_INPUT" });
  });
});
