import { createLedger, isLedgerError } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { createEdgeLedger, ledgerObject } from "sms-ledger/edge";

// Each account is an object of this class, in which its ledger runs.
export const LedgerObject = ledgerObject((storage) => createLedger({ storage, catalog: cloutly }));

export default {
  async fetch(request, env) {
    const account = await authenticated(request);
    if (account === undefined) return new Response("who are you?", { status: 401 });
    const ledger = createEdgeLedger(env.LEDGER);
    try {
      switch (`${request.method} ${new URL(request.url).pathname}`) {
        case "PUT /account": // at sign-up; the same again changes nothing
          return Response.json(await ledger.openAccount({ id: account, plan: "starter" }));
        case "POST /messages": // { id, to, text }
          return Response.json(await ledger.reserve({ ...(await request.json()), account }));
        case "GET /export": {
          await ledger.account({ account }); // refuses what is not opened, before the 200 below
          return new Response(streamOf(ledger.exportAccount({ account })));
        }
        default:
          return new Response("no such page", { status: 404 });
      }
    } catch (error) {
      if (!isLedgerError(error)) throw error;
      return Response.json(error, { status: error.retryable ? 503 : 422 });
    }
  },
};

// Line by line, each when it is asked for. An error on the way breaks the answer off, and the importer refuses what is cut.
function streamOf(lines) {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await lines.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
  });
}

// Your own: a session, a token, an API key.
async function authenticated(request) {
  return /^Bearer key-of-([a-z]+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
}
