/** The story through a worker on the real `workerd`, which `wrangler dev` runs on this machine. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Balance, type ErrorCode, type ErrorDetails, LedgerError } from "sms-ledger";
import type { Clock } from "../clock.ts";
import type { Answer, Asked } from "../edge/worker.ts";
import type { AnyLedger, Host } from "./host.ts";
import { Wrangler } from "./wrangler.ts";

const config = fileURLToPath(new URL("../edge/wrangler.jsonc", import.meta.url));

const methods = [
  "openAccount",
  "segments",
  "quote",
  "purchase",
  "preview",
  "reserve",
  "settle",
  "confirmPayment",
  "grantVoucher",
  "vouchers",
  "release",
  "report",
  "balance",
  "packages",
  "endedPackages",
  "entries",
  "explain",
  "verify",
  "snapshot",
] as const satisfies readonly (keyof AnyLedger)[];

class WorkerdHost implements Host {
  readonly place = "a Durable Object on workerd";
  readonly restarting = "workerd is stopped and started again; the object finds its own storage.";
  readonly path: string;
  readonly ledger: AnyLedger;
  readonly #account: string;
  readonly #clock: Clock;
  #worker: Wrangler | undefined;

  constructor(account: string, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
    this.path = mkdtempSync(path.join(tmpdir(), "sms-ledger-demo-"));
    const ask = (name: keyof AnyLedger) => (input: unknown) => this.#ask(name, input);
    this.ledger = Object.fromEntries(methods.map((name) => [name, ask(name)])) as unknown as AnyLedger;
    // The last resort, for an end that nobody awaits.
    process.once("exit", () => {
      this.#worker?.kill();
      rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
    });
  }

  /** Starts the worker, and shows how long it takes on standard error. */
  async start(): Promise<void> {
    const began = performance.now();
    const progress = (text: string, ms: number, end: string): void => {
      process.stderr.write(`${process.stderr.isTTY ? "\r" : ""}${text} ${(ms / 1_000).toFixed(1)} s${end}`);
    };
    this.#worker = await Wrangler.start({
      config,
      state: path.join(this.path, "state"),
      ready: { path: "/ready", status: 200 },
      waiting(ms) {
        if (process.stderr.isTTY) progress("  workerd is starting:", ms, "");
      },
    });
    const end = process.stderr.isTTY ? "   \n" : "\n";
    progress("  workerd is ready after", performance.now() - began, end);
  }

  async restart(account: string): Promise<Balance> {
    await this.#stop();
    await this.start();
    return this.ledger.balance({ account });
  }

  async close(): Promise<void> {
    await this.#stop();
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
  }

  async #stop(): Promise<void> {
    await this.#worker?.stop();
    this.#worker = undefined;
  }

  /** Whose object a call is for: a quote is nobody's. */
  #owner(name: keyof AnyLedger, input: unknown): string {
    const { id, account } = input as { id?: string; account?: string };
    return (name === "openAccount" ? id : account) ?? this.#account;
  }

  async #ask(name: keyof AnyLedger, input: unknown): Promise<unknown> {
    const asked: Asked = { name, input, now: this.#clock.now() };
    if (this.#worker === undefined) throw new Error("the worker does not run");
    const reply = await fetch(
      `${this.#worker.url}/accounts/${encodeURIComponent(this.#owner(name, input))}`,
      {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(asked),
      },
    );
    if (!reply.ok) throw new Error(`the worker answered ${reply.status}: ${await reply.text()}`);
    const answer = (await reply.json()) as Answer;
    if ("ok" in answer) return answer.ok;
    const { code, message, details, retryable } = answer.error;
    throw new LedgerError(code as ErrorCode, message, details as ErrorDetails[ErrorCode], { retryable });
  }
}

/** A host whose worker keeps `account` in a Durable Object. */
export async function workerdHost(account: string, clock: Clock): Promise<Host> {
  const host = new WorkerdHost(account, clock);
  try {
    await host.start();
  } catch (error) {
    await host.close();
    throw error;
  }
  return host;
}
