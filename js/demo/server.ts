/**
 * The page's server, on loopback only: the page's own files, the package's browser build, and three calls on the real
 * account. It holds no rule of the ledger: the browser previews with the same module, the account decides.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isLedgerError, type Purchase, type Reserve } from "sms-ledger";
import type { Clock } from "./clock.ts";
import type { Host } from "./hosts/host.ts";
import type { Account, Answer, Refused } from "./page/wire.ts";
import { account } from "./texts.ts";

const first_port = 4173;
/** Ports that are tried one after the other where none is asked for. */
const ports_tried_max = 50;
const body_bytes_max = 64 * 1024;

const page = fileURLToPath(new URL("page/", import.meta.url));
const dist = path.dirname(fileURLToPath(import.meta.resolve("sms-ledger")));

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".ts": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

/** Every file that is served, by its path on the server. */
const files: Readonly<Record<string, string>> = {
  "/": path.join(page, "index.html"),
  ...Object.fromEntries(
    ["app.ts", "dom.ts", "meter.ts", "wire.ts", "wording.ts", "style.css", "icon.svg"].map((name) => [
      `/${name}`,
      path.join(page, name),
    ]),
  ),
  "/sms-ledger/index.js": path.join(dist, "index.js"),
  "/sms-ledger/catalogs/cloutly.js": path.join(dist, "catalogs/cloutly.js"),
};

export interface Served {
  url: string;
  close(): Promise<void>;
}

/** Serves the page on `port`, or else on the first free one from 4173. */
export async function serve(host: Host, clock: Clock, port: number | undefined): Promise<Served> {
  const server = createServer((request, response) => {
    respond(host, clock, request, response).catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      if (!response.headersSent) send(response, 500, "text/plain", "the demo's server failed");
    });
  });
  const bound = port === undefined ? await firstFree(server) : await listen(server, port);
  return {
    url: `http://127.0.0.1:${bound}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function firstFree(server: Server): Promise<number> {
  for (let port = first_port; port < first_port + ports_tried_max; port++) {
    try {
      return await listen(server, port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
  throw new Error(
    `no port from ${first_port} to ${first_port + ports_tried_max - 1} is free: name one with --port`,
  );
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

async function respond(
  host: Host,
  clock: Clock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // Another site's name that leads here is not answered, nor a form that another site sends.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? ""))
    return send(response, 421, "text/plain", "this server is called 127.0.0.1");
  const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
  if (pathname.startsWith("/api/")) return answer(host, clock, pathname.slice(5), request, response);
  const file = files[pathname];
  if (file === undefined) return send(response, 404, "text/plain", "there is no such file");
  if (request.method !== "GET" && request.method !== "HEAD")
    return send(response, 405, "text/plain", "files are only read");
  const text = await readFile(file, "utf8");
  const extension = path.extname(file);
  if (extension === ".html") response.setHeader("content-security-policy", policy(text));
  send(
    response,
    200,
    types[extension] ?? "text/plain",
    extension === ".ts" ? stripTypeScriptTypes(text) : text,
  );
}

/** Nothing but this server's own files, and the import map that stands in the page. */
function policy(html: string): string {
  const map = /<script type="importmap">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "";
  const hash = createHash("sha256").update(map).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'self' 'wasm-unsafe-eval' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

async function answer(
  host: Host,
  clock: Clock,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (value: unknown): void => send(response, 200, "application/json", JSON.stringify(value));
  if (name === "account" && request.method === "GET") return reply(await state(host, clock));
  const calls: Readonly<Record<string, (body: never) => unknown>> = {
    reserve: (body: Omit<Reserve, "account">) => host.ledger.reserve({ ...body, account }),
    purchase: (body: Omit<Purchase, "account">) => host.ledger.purchase({ ...body, account }),
  };
  const call = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (call === undefined || request.method !== "POST")
    return send(response, 404, "text/plain", "there is no such call");
  if (request.headers["content-type"] !== "application/json")
    return send(response, 415, "text/plain", "a call is sent as application/json");
  const body = await read(request);
  if (body === undefined) return send(response, 400, "text/plain", "the call is no JSON object, or too long");
  return reply(await outcome(() => call(body as never)));
}

async function outcome(call: () => unknown): Promise<Answer<unknown>> {
  try {
    return { ok: await call() };
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    const { code, message, details } = error;
    return { error: { code, message, details: details as Refused["details"] } };
  }
}

/** The account as the page needs it: what a preview works on, and what its packages are called. */
async function state({ ledger, place }: Host, clock: Clock): Promise<Account> {
  return {
    account,
    place,
    now: clock.now(),
    snapshot: await ledger.snapshot({ account }),
    packages: await ledger.packages({ account }),
  };
}

async function read(request: IncomingMessage): Promise<object | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > body_bytes_max) return undefined;
    chunks.push(chunk);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(chunks).toString());
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, {
    "content-type": type,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
  });
  response.end(text);
}
