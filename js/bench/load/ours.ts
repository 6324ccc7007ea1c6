/** This ledger over a store. */
import { createLedger, type Ledger, type Storage } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { credits, inStrands, type Side, text, to, type Written } from "./side.ts";

export function ours(store: string, storage: Storage, close: () => Promise<void> | void = () => {}): Side {
  let ledger: Ledger = createLedger({ storage, catalog: cloutly });
  return {
    store,
    name: "sms-ledger",
    grouped: 1,
    close,
    async open(accounts) {
      await inStrands(256, accounts.length, async (index) => {
        const account = accounts[index] ?? "";
        await ledger.openAccount({ id: account });
        await ledger.adjust({ account, id: "given", segments: credits, region: "AU", reason: "benchmark" });
      });
    },
    begin() {
      ledger = createLedger({ storage, catalog: cloutly });
    },
    reserve: (account, [id = ""]) => ledger.reserve({ id, account, to, text }),
    async written(accounts) {
      const sum: Written = { available: 0, held: 0 };
      await inStrands(256, accounts.length, async (index) => {
        const { available, held } = await ledger.balance({ account: accounts[index] ?? "" });
        sum.available += available;
        sum.held += held;
      });
      return sum;
    },
  };
}
