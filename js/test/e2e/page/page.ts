/** The page: a preview that follows what one types, and the job and the laws for the test to call. */
import { createLedger, memoryStorage, resolveRegions } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { storageConformance } from "sms-ledger/testing";
import { hold, play, played_at, review } from "../shared/job.ts";

const ledger = createLedger({ storage: memoryStorage(), catalog: cloutly, now: () => played_at });

const page = {
  async job() {
    return { played: await play(ledger, resolveRegions), reviewed: await review(ledger) };
  },
  laws: () => hold(storageConformance({ open: () => memoryStorage() })),
};
Object.assign(globalThis, { page });

const text = document.querySelector("#text") as HTMLTextAreaElement;
const preview = document.querySelector("#preview") as HTMLOutputElement;
text.addEventListener("input", () => {
  const { segments, encoding, remaining } = ledger.segments(text.value);
  preview.value = `${segments} ${encoding} ${remaining}`;
});
