import { createLedger, isLedgerError } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { createEdgeLedger, ledgerObject } from "sms-ledger/edge";

// Each account is an object of this class, in which its ledger runs.
export const LedgerObject = ledgerObject((storage) => createLedger({ storage, catalog: cloutly }));

export default {
  // POST /messages { id, to, text }, by a caller whose account the worker knows.
  async fetch(request, env) {
    const account = await authenticated(request);
    if (account === undefined) return new Response("who are you?", { status: 401 });
    const ledger = createEdgeLedger(env.LEDGER);
    try {
      return Response.json(await ledger.reserve({ ...(await request.json()), account }));
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      return Response.json(error, { status: error.retryable ? 503 : 422 });
    }
  },
};

// Your own: a session, a token, an API key.
async function authenticated(request) {
  return /^Bearer key-of-([a-z]+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
}
