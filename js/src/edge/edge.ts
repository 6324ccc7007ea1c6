/** The entry for Cloudflare: accounts that are Durable Objects, and the ledger in front of them. */
export type { EdgeLedger } from "./calls.ts";
export { createEdgeLedger, type LedgerNamespace, type LedgerReply, type LedgerStub } from "./ledger.ts";
export { type LedgerObject, type LedgerObjectContext, ledgerObject, type MakeLedger } from "./object.ts";
