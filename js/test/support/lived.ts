/** An account with a past: messages in every state, orders, a voucher, an adjustment, alarms. */
import type { Ledger } from "sms-ledger";
import { au_number, us_number } from "./ledgers.ts";

/** Messages that the account sends. */
export const lived_messages = 260;

export async function live(ledger: Ledger, account: string = "acme"): Promise<void> {
  await ledger.openAccount({ id: account, plan: "starter", zone: "Australia/Sydney" });
  const quote = ledger.quote({ offer: "pack-au", quantity: 300 });
  await ledger.purchase({ id: "o-1", account, quote, payment: { reference: "card-1" } });
  await ledger.purchase({ id: "o-2", account, quote, payment: { method: "card" } });
  await ledger.grantVoucher({ account, voucher: { id: "v-1", amount: "5", currency: "USD" } });
  await ledger.adjust({ id: "a-1", account, segments: 40, reason: "世界 “thanks” \u2028 \u0001 😀" });
  await ledger.setAlarms({ account, thresholds: [{ below: 500 }, { below: 20 }] });
  const ids = Array.from({ length: lived_messages }, (_, index) => `m-${index}`);
  await Promise.all(
    ids.map((id) => ledger.reserve({ id, account, to: au_number, text: `hello ${id}` }).catch(() => {})),
  );
  await ledger.reserve({ id: "too-long", account, to: us_number, text: "x".repeat(30_000) }).catch(() => {});
  for (const id of ids.slice(0, 60)) await ledger.report({ id, account, stage: "delivered" });
  for (const id of ids.slice(60, 70)) await ledger.release({ id, account });
}

/** Everything that an account answers. */
export async function told(ledger: Ledger, account: string = "acme"): Promise<unknown> {
  return JSON.parse(
    JSON.stringify([
      await ledger.account({ account }),
      await ledger.balance({ account }),
      await ledger.packages({ account }),
      await ledger.entries({ account, limit: 1_000 }),
      await ledger.orders({ account }),
      await ledger.vouchers({ account }),
      await ledger.settings({ account }),
      await ledger.verify({ account }),
    ]),
  );
}
