/** A process that ends: it waits for what is under way, and closes the database then. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLedger, type Ledger, memoryStorage, type PaymentOutcome, type Payments } from "sms-ledger";
import { catalog, noon, slow, au_number as to } from "./support/ledgers.ts";

const account = "acme";
const now = () => noon;

function ledgerOver(payments?: Payments) {
  return createLedger({
    storage: slow(memoryStorage()),
    catalog,
    now,
    ...(payments === undefined ? {} : { payments }),
  });
}

/** A provider that answers when it is told to. */
function provider() {
  const waiting: ((outcome: PaymentOutcome) => void)[] = [];
  return {
    waiting,
    charge: () => new Promise<PaymentOutcome>((resolve) => waiting.push(resolve)),
    pay() {
      for (const resolve of waiting.splice(0)) resolve({ status: "paid", reference: "pay-1" });
    },
  };
}

/** Whether a promise is settled, without waiting for it. */
function watched(promise: Promise<unknown>): { settled: boolean } {
  const state = { settled: false };
  const settle = (): void => {
    state.settled = true;
  };
  promise.then(settle, settle);
  return state;
}

const tick = (milliseconds = 30) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test("a ledger that nothing is asked of is idle", async () => {
  await ledgerOver().idle();
});

test("waits for every call, answered or refused, and for messages of a batch", async () => {
  const ledger = ledgerOver();
  const calls = [
    ledger.openAccount({ id: account, plan: "starter" }),
    ...Array.from({ length: 50 }, (_, id) => ledger.reserve({ id: `m${id}`, account, to, text: "hello" })),
    ledger.reserve({ id: "other", account: "nobody", to, text: "hello" }),
    ledger.reserveBatch({
      account,
      mode: "per_message",
      messages: [{ id: "b1", to, text: "hello" }],
    }),
    ledger.forecast({ account, days: 3 }),
  ].map(watched);
  assert.ok(calls.every(({ settled }) => !settled));
  await ledger.idle();
  assert.ok(calls.every(({ settled }) => settled));
});

test("waits for whoever goes on at once with another call", async () => {
  const ledger = ledgerOver();
  const chain = watched(
    (async () => {
      await ledger.openAccount({ id: account, plan: "starter" });
      await ledger.reserve({ id: "m1", account, to, text: "hello" });
      await ledger.report({ id: "m1", account, stage: "delivered" });
    })(),
  );
  await ledger.idle();
  assert.ok(chain.settled);
});

/** That the ledger is not idle before the payment that it waits for. */
async function idlesOncePaid(ledger: Ledger, payments: ReturnType<typeof provider>): Promise<void> {
  const idle = ledger.idle();
  const state = watched(idle);
  await tick();
  assert.equal(state.settled, false);
  payments.pay();
  await idle;
}

test("waits for a purchase whose charge is under way", async () => {
  const payments = provider();
  const ledger = ledgerOver(payments);
  await ledger.openAccount({ id: account });
  const order = ledger.purchase({
    id: "order-1",
    account,
    quote: ledger.quote({ offer: "pack-au", quantity: 100 }),
  });
  while (payments.waiting.length === 0) await tick(1);
  await idlesOncePaid(ledger, payments);
  assert.equal((await order).state, "fulfilled");
});

test("waits for a charge of auto-recharge, of which no call says when it is over", async () => {
  const payments = provider();
  const ledger = ledgerOver(payments);
  await ledger.openAccount({ id: account });
  await ledger.adjust({ id: "stock", account, segments: 1, reason: "test" });
  await ledger.setRecharge({ account, offer: "pack-au", method: "card" });
  await ledger.reserve({ id: "m1", account, to, text: "hello" });
  await idlesOncePaid(ledger, payments);
  assert.equal((await ledger.balance({ account })).available, 100);
});

test("waits for an import", async () => {
  const from = ledgerOver();
  await from.openAccount({ id: account, plan: "starter" });
  const to = ledgerOver();
  const imported = watched(to.importAccount(from.exportAccount({ account })));
  await to.idle();
  assert.ok(imported.settled);
});
