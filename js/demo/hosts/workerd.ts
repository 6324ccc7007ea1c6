/** The story through a worker on the real `workerd`, which `wrangler dev` runs on this machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { type Balance, type ErrorCode, type ErrorDetails, LedgerError } from "sms-ledger";
import type { Clock } from "../clock.ts";
import type { Answer, Asked } from "../edge/worker.ts";
import type { AnyLedger, Host } from "./host.ts";
import { freePort } from "./port.ts";

const wrangler = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));
const config = fileURLToPath(new URL("../edge/wrangler.jsonc", import.meta.url));

const ready_ms_max = 90_000;
const stop_ms_max = 8_000;
const poll_ms = 150;
/** Units of what wrangler wrote that an error repeats. */
const output_units_max = 4_000;

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
  #child: ChildProcess | undefined;
  #output = "";
  #url = "";

  constructor(account: string, clock: Clock) {
    this.#account = account;
    this.#clock = clock;
    this.path = mkdtempSync(path.join(tmpdir(), "sms-ledger-demo-"));
    const ask = (name: keyof AnyLedger) => (input: unknown) => this.#ask(name, input);
    this.ledger = Object.fromEntries(methods.map((name) => [name, ask(name)])) as unknown as AnyLedger;
    // The last resort, for an end that nobody awaits.
    process.once("exit", () => {
      if (this.#child !== undefined) signal(this.#child, "SIGKILL");
      rmSync(this.path, { recursive: true, force: true, maxRetries: 3 });
    });
  }

  async start(): Promise<void> {
    const began = performance.now();
    const port = await freePort();
    this.#url = `http://127.0.0.1:${port}`;
    this.#output = "";
    // A group of its own: a signal to it reaches wrangler and the workerd that wrangler started.
    const child = spawn(process.execPath, this.#command(port), {
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        CI: "1",
        NO_COLOR: "1",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_LOG_PATH: path.join(this.path, "logs"),
      },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-output_units_max);
      });
    }
    await this.#ready(child, began);
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

  #command(port: number): string[] {
    const at = ["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"];
    return [wrangler, "dev", "--config", config, ...at, "--persist-to", path.join(this.path, "state")];
  }

  /** Waits until the worker answers, and shows how long it has taken on standard error. */
  async #ready(child: ChildProcess, began: number): Promise<void> {
    const progress = (text: string, end: string): void => {
      const seconds = ((performance.now() - began) / 1_000).toFixed(1);
      process.stderr.write(`${process.stderr.isTTY ? "\r" : ""}${text} ${seconds} s${end}`);
    };
    for (;;) {
      const reply = await fetch(`${this.#url}/ready`).catch(() => undefined);
      await reply?.body?.cancel();
      if (reply?.ok === true) break;
      const late = performance.now() - began > ready_ms_max;
      if (child.exitCode !== null || child.signalCode !== null || late) {
        const why = late ? `did not answer within ${ready_ms_max / 1_000} s` : "ended";
        throw new Error(`\`wrangler dev\` ${why}; it said:\n${this.#output.trim()}`);
      }
      if (process.stderr.isTTY) progress("  workerd is starting:", "");
      await new Promise((resolve) => setTimeout(resolve, poll_ms));
    }
    progress("  workerd is ready after", process.stderr.isTTY ? "   \n" : "\n");
  }

  async #stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    signal(child, "SIGTERM");
    const late = setTimeout(() => signal(child, "SIGKILL"), stop_ms_max);
    await ended;
    clearTimeout(late);
    // Whatever of the group outlived wrangler.
    signal(child, "SIGKILL");
  }

  /** Whose object a call is for: a quote is nobody's. */
  #owner(name: keyof AnyLedger, input: unknown): string {
    const { id, account } = input as { id?: string; account?: string };
    return (name === "openAccount" ? id : account) ?? this.#account;
  }

  async #ask(name: keyof AnyLedger, input: unknown): Promise<unknown> {
    const asked: Asked = { name, input, now: this.#clock.now() };
    const reply = await fetch(`${this.#url}/accounts/${encodeURIComponent(this.#owner(name, input))}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(asked),
    });
    if (!reply.ok) throw new Error(`the worker answered ${reply.status}: ${await reply.text()}`);
    const answer = (await reply.json()) as Answer;
    if ("ok" in answer) return answer.ok;
    const { code, message, details, retryable } = answer.error;
    throw new LedgerError(code as ErrorCode, message, details as ErrorDetails[ErrorCode], { retryable });
  }
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group is gone already.
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
