/** A second customer of the same seller: tiers, a voucher, and a card that is declined. */
import type { Order, Quote } from "sms-ledger";
import type { Clock } from "./clock.ts";
import type { Host } from "./hosts/host.ts";
import { empty_card } from "./shop.ts";
import type { Screen } from "./terminal/screen.ts";

/** The customer of this step. */
const account = "kiwi-dental";
const offer = "bulk-nz";
const agreement = { id: "bulk-terms", version: "3" };

export async function buysInBulk(host: Host, clock: Clock, screen: Screen): Promise<void> {
  screen.step(
    "Tiers, a voucher and a declined card",
    "Another practice buys in bulk. Its order is stored before its card is charged, and answered when that is settled.",
  );
  const { ledger } = host;
  clock.set("2026-11-20T09:04:00Z");
  await ledger.openAccount({ id: account });
  const quotes = [];
  for (const quantity of [800, 900, 1_000, 10_000]) quotes.push(await ledger.quote({ offer, quantity }));
  screen.table(
    [
      { title: "Segments", align: "right" },
      { title: "USD per 100", align: "right" },
      { title: "Total", align: "right" },
      { title: "Cheaper is" },
    ],
    quotes.map((quote) => [String(quote.quantity), quote.lines[0]?.price ?? "", quote.total, cheaper(quote)]),
  );
  screen.expect(
    quotes.map(cheaper).join() === ",1000 for 108.00,,",
    "900 would cost more than 1000, and the quote says so",
  );
  await voucher(host, screen);
}

const cheaper = ({ cheaperAt }: Quote): string =>
  cheaperAt === undefined ? "" : `${cheaperAt.quantity} for ${cheaperAt.total}`;

async function voucher({ ledger }: Host, screen: Screen): Promise<void> {
  for (const granted of [
    { id: "welcome", percent: "10", cap: "20.00", currency: "USD" },
    { id: "big-order", amount: "100", currency: "USD", minSpend: "500" },
    { id: "spring", percent: "25", currency: "USD", from: "2027-03-01T00:00:00Z" },
  ])
    await ledger.grantVoucher({ account, voucher: granted });
  const wanted = { offer, quantity: 1_000 };
  const { vouchers } = await ledger.vouchers({ account, for: wanted });
  screen.lines([""]);
  screen.table(
    [{ title: "Voucher" }, { title: "Takes off 1000", align: "right" }, { title: "Or why not" }],
    vouchers.map(({ voucher: own, discount, reason }) => [own.id, discount ?? "", reason ?? ""]),
  );
  const welcome = vouchers.find(({ voucher: own }) => own.id === "welcome")?.voucher;
  screen.expect(
    vouchers.map(({ reason }) => reason ?? "applies").join() === "below_min_spend,not_yet_valid,applies",
    "each voucher applies, or says why it does not",
  );
  if (welcome === undefined) return;
  const quote = await ledger.quote({ ...wanted, voucher: welcome });
  const buy = (id: string, method: string) =>
    ledger.purchase({ id, account, quote, agreement, payment: { method } });
  const declined = await buy("bulk-1", empty_card);
  await ledger.confirmPayment({ account, order: "bulk-1", outcome: { status: "cancelled" } });
  const paid = await buy("bulk-2", "card ending 4242");
  const again = await buy("bulk-2", "card ending 4242");
  screen.lines([""]);
  screen.table(
    [
      { title: "Order" },
      { title: "Paid with" },
      { title: "USD", align: "right" },
      { title: "State" },
      { title: "Package" },
    ],
    [declined, paid].map((order) => [
      order.id,
      order.payment.method ?? "",
      order.total,
      stateOf(order),
      order.package ?? "",
    ]),
  );
  const { available } = await ledger.balance({ account });
  screen.expect(
    declined.state === "declined" &&
      paid.state === "fulfilled" &&
      paid.total === "97.20" &&
      available === 1_000,
    "declined: no package, and the voucher back; then 97.20 USD bought 1000 segments",
  );
  screen.expect(
    JSON.stringify(again) === JSON.stringify(paid) && (await ledger.packages({ account })).length === 1,
    "the same order again is the same order: nothing is charged twice",
  );
}

const stateOf = ({ state, payment }: Order): string =>
  payment.reason === undefined ? state : `${state}: ${payment.reason}`;
