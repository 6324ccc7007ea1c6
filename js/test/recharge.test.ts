/** Auto-recharge through the package: what is ordered by itself is charged by itself, once, whenever the process stops. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createLedger,
  createLedgerSync,
  createPreview,
  isLedgerError,
  type LedgerError,
  memoryStorage,
  type Payments,
  type SyncLedger,
  type SyncStorage,
} from "sms-ledger";
import { catalog, delay, noon, slow, au_number as to } from "./support/ledgers.ts";
import { Process, Provider } from "./support/payments.ts";

const now = () => noon;
const account = "acme";
/** Two segments. */
const two = "a".repeat(161);

function ledgerOver(storage: SyncStorage, payments?: Payments): SyncLedger {
  return createLedgerSync({ storage, catalog, now, ...(payments === undefined ? {} : { payments }) });
}

/** An account with so many segments, and a recharge. */
function opened(segments: number): SyncStorage {
  const storage = memoryStorage();
  const ledger = ledgerOver(storage);
  ledger.openAccount({ id: account });
  ledger.adjust({ id: "stock", account, segments, reason: "test" });
  ledger.setRecharge({ account, offer: "pack-au", method: "card" });
  return storage;
}

function told(call: () => unknown): LedgerError {
  try {
    call();
  } catch (error) {
    assert.ok(isLedgerError(error));
    return error;
  }
  throw new Error("must be refused");
}

describe("an order that is placed by itself", () => {
  test("is paid before a call returns that answers at once", () => {
    const provider = new Provider();
    const ledger = ledgerOver(opened(1), provider);
    ledger.reserve({ id: "m1", account, to, text: "hello" });
    assert.deepEqual(
      provider.charged.map(({ idempotencyKey, amount, currency, method, quantity }) => [
        idempotencyKey,
        amount,
        currency,
        method,
        quantity,
      ]),
      [["acme recharge-4", "6.20", "USD", "card", 100]],
    );
    assert.equal(ledger.balance({ account }).available, 100);
    const order = ledger.order({ account, id: "recharge-4" });
    assert.deepEqual([order.state, order.recharge, order.package], ["fulfilled", true, "p2"]);
    assert.equal(ledger.settings({ account }).recharges[0]?.state, "armed");
    const [event] = ledger.eventPage({ account, after: 3 }).events;
    assert.deepEqual([event?.id, event?.recharge?.trigger], ["recharge/4", "threshold"]);
  });

  test("is told by an estimate, and neither placed nor paid for it", () => {
    const provider = new Provider();
    const ledger = ledgerOver(opened(1), provider);
    const messages = [{ to, text: "hello" }];
    const order = { region: "AU", offer: "pack-au", quantity: 100, total: "6.20", currency: "USD" };
    const expected = [{ ...order, trigger: "threshold" }];
    assert.deepEqual(ledger.estimate({ account, messages }).recharges, expected);
    const preview = createPreview({
      snapshot: ledger.snapshot({ account }),
      catalog: JSON.stringify(catalog),
      now,
    });
    assert.deepEqual(preview.estimate({ account, messages }).recharges, expected);
    assert.deepEqual([provider.charged.length, ledger.orders({ account }).orders.length], [0, 0]);
  });

  test("is placed and paid by advance, once the cooldown of a declined one is over", () => {
    let at = new Date(noon);
    let paid = false;
    const payments: Payments = {
      charge: () => (paid ? { status: "paid", reference: "pay" } : { status: "declined" }),
    };
    const ledger = createLedgerSync({ storage: opened(1), catalog, now: () => at, payments });
    ledger.reserve({ id: "m1", account, to, text: "hello" });
    const { state, coolUntil } = ledger.settings({ account }).recharges[0] ?? {};
    assert.equal(state, "cooling");
    paid = true;
    assert.equal(ledger.advance({ account }).available, 0);
    at = new Date(coolUntil ?? "");
    ledger.advance({ account });
    assert.equal(ledger.balance({ account }).available, 100);
  });

  test("lets the message that waits for it through on retry", () => {
    const provider = new Provider();
    const ledger = ledgerOver(opened(1), provider);
    const message = { id: "m1", account, to, text: two };
    const waits = told(() => ledger.reserve(message));
    assert.ok(waits.code === "TOP_UP_REQUIRED" && waits.retryable);
    assert.deepEqual(waits.details.order, {
      id: "recharge-3",
      amount: "6.20",
      currency: "USD",
      quantity: 100,
    });
    assert.equal(ledger.reserve(message).available, 99);
    assert.equal(provider.charged.length, 1);
  });

  test("is paid beside the calls of a ledger that answers later", async () => {
    const provider = new Provider();
    const later: Payments = {
      async charge(charge) {
        await delay(2);
        return provider.charge(charge);
      },
    };
    const ledger = createLedger({ storage: slow(opened(3)), catalog, now, payments: later });
    let waiting = Array.from({ length: 120 }, (_, index) => ({ id: `m${index}`, to, text: "hello" }));
    for (let tries = 0; waiting.length > 0; tries++) {
      assert.ok(tries < 500, `${waiting.length} wait`);
      const { results } = await ledger.reserveBatch({ account, messages: waiting, mode: "per_message" });
      for (const { error } of results) if (error !== undefined) assert.equal(error.code, "TOP_UP_REQUIRED");
      waiting = waiting.filter((_, index) => results[index]?.error !== undefined);
      await delay(2);
    }
    assert.equal((await ledger.balance({ account })).held, 120);
    assert.ok((await ledger.verify({ account })).ok);
    assert.deepEqual(
      provider.charged.map(({ quantity }) => quantity),
      [100, 100],
    );
  });

  test("that is declined is left alone, and after three of them all is", () => {
    let time = noon;
    const provider = new Provider(() => ({ status: "declined", reason: "no funds" }));
    const asked: string[] = [];
    const payments: Payments = {
      charge(charge) {
        asked.push(charge.order);
        return provider.charge(charge);
      },
    };
    const ledger = createLedgerSync({ storage: opened(1), catalog, now: () => time, payments });
    for (let day = 0; day < 6; day++) {
      const message = { id: `m${day}`, account, to, text: two };
      const first = told(() => ledger.reserve(message));
      assert.equal(first.code, day < 3 ? "TOP_UP_REQUIRED" : "INSUFFICIENT_BALANCE", `${day}`);
      const again = told(() => ledger.reserve(message));
      assert.equal(again.details.recharge, day < 2 ? "cooling" : "halted", `${day}`);
      time += 86_400_000;
    }
    assert.equal(asked.length, 3);
    assert.equal(ledger.settings({ account }).recharges[0]?.halted, "declined");
  });

  test("waits for the host where the ledger has no payments", () => {
    const ledger = ledgerOver(opened(1));
    ledger.reserve({ id: "m1", account, to, text: "hello" });
    const [order] = ledger.orders({ account, undecided: true }).orders;
    assert.equal(order?.state, "placed");
    const outcome = { status: "paid", reference: "hook-1" } as const;
    ledger.confirmPayment({ account, order: order.id, outcome });
    assert.equal(ledger.balance({ account }).available, 100);
  });
});

describe("a process that stops while it recharges", () => {
  test("leaves what can be finished, and nobody is charged twice", () => {
    const message = { id: "m1", account, to, text: two };
    const seen: string[] = [];
    let finished = false;
    for (let at = 1; !finished; at++) {
      for (const after of [false, true]) {
        const storage = opened(1);
        const provider = new Provider();
        const process = new Process(at, after);
        const dying = ledgerOver(process.storage(storage), process.payments(provider));
        for (let times = 0; times < 2; times++) {
          try {
            dying.reserve(message);
          } catch {}
        }
        finished = !process.stopped;
        seen.push(`${process.calls.at(-1)} ${after ? "after" : "before"}`);
        const next = ledgerOver(storage, provider);
        const { failed } = next.resumeOrders({ account });
        assert.deepEqual(failed, []);
        // The message has waited, or asks now: one order pays for it.
        try {
          next.reserve(message);
        } catch (error) {
          assert.ok(isLedgerError(error) && error.code === "TOP_UP_REQUIRED", `${at} ${after}: ${error}`);
          next.reserve(message);
        }
        assert.equal(provider.charged.length, 1, `${at} ${after}`);
        const { orders } = next.orders({ account });
        assert.deepEqual(
          orders.map(({ state }) => state),
          ["fulfilled"],
        );
        assert.equal(next.balance({ account }).available, 99);
        assert.ok(next.verify({ account }).ok);
      }
    }
    for (const call of ["list", "get", "commit", "charge"])
      for (const when of ["before", "after"]) assert.ok(seen.includes(`${call} ${when}`), `${call} ${when}`);
  });
});

describe("a preview", () => {
  test("says what would be ordered, and orders nothing", () => {
    const storage = opened(1);
    const ledger = ledgerOver(storage);
    const waits = told(() => ledger.preview({ account, to, text: two }));
    assert.equal(waits.code, "TOP_UP_REQUIRED");
    assert.deepEqual(waits.details.order, { amount: "6.20", currency: "USD", quantity: 100 });
    assert.deepEqual(ledger.orders({ account }).orders, []);
  });

  test("of a snapshot answers as the ledger will", () => {
    const ledger = ledgerOver(opened(1));
    const preview = createPreview({ snapshot: ledger.snapshot({ account }), catalog, now });
    const message = { id: "m1", account, to, text: two };
    const shown = told(() => preview.reserve(message));
    const bill = told(() => ledger.reserve(message));
    assert.deepEqual([shown.code, shown.message, shown.details], [bill.code, bill.message, bill.details]);
    const outcome = { status: "paid", reference: "r" } as const;
    for (const each of [preview, ledger]) each.confirmPayment({ account, order: "recharge-3", outcome });
    assert.deepEqual(preview.reserve(message), ledger.reserve(message));
    assert.deepEqual(preview.settings({ account }), ledger.settings({ account }));
  });
});
