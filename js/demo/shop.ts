/** What the demo's seller sells, and the card terminal that its buyers pay at. */
import type { Catalog, Charge, PaymentOutcome, Payments } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";

/** The shipped catalog and one offer more: in tiers, for vouchers, under terms that a buyer accepts. */
export const shop: Catalog = {
  ...cloutly,
  offers: [
    ...cloutly.offers,
    {
      id: "bulk-nz",
      name: "New Zealand bulk pack",
      regions: ["NZ"],
      quantity: { step: 100, min: 100, max: 100_000 },
      price: {
        model: "volume",
        per: 100,
        tiers: [
          { from: 1, up_to: 999, amount: "12.60" },
          { from: 1_000, up_to: 9_999, amount: "10.80" },
          { from: 10_000, amount: "9.90" },
        ],
      },
      agreement: { id: "bulk-terms", version: "3" },
      vouchers: true,
      refund: { model: "unused", within: { days: 14 } },
    },
  ],
};

/** The card that has nothing on it. */
export const empty_card = "card ending 0002";

/** Declines one card and takes every other; a key that it knows it answers as before. */
export class CardTerminal implements Payments {
  readonly #said = new Map<string, PaymentOutcome>();

  charge({ idempotencyKey, method, order }: Charge): PaymentOutcome {
    const said = this.#said.get(idempotencyKey);
    if (said !== undefined) return said;
    const outcome: PaymentOutcome =
      method === empty_card
        ? { status: "declined", reason: "insufficient funds" }
        : { status: "paid", reference: `terminal-${order}` };
    this.#said.set(idempotencyKey, outcome);
    return outcome;
  }
}
