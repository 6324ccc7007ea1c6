/** Workers on the real `workerd`, which `wrangler dev` starts. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after } from "node:test";
import { freePort } from "../../../demo/hosts/port.ts";

const wrangler = path.join(import.meta.dirname, "../../../node_modules/wrangler/bin/wrangler.js");

/** How long `workerd` may take to be there. */
const start_ms_max = 60_000;
/** How long it may take to go once it is asked to. */
const stop_ms_max = 5_000;

/** A running worker. All that a file's tests have started are stopped after them. */
export class Worker {
  readonly #process: ChildProcess;
  /** Where it answers. */
  readonly base: string;
  #output = "";

  constructor(config: string, state: string, port: number) {
    this.base = `http://127.0.0.1:${port}`;
    const args = [wrangler, "dev", "--config", config, "--ip", "127.0.0.1", "--port", String(port)];
    args.push("--inspector-port", "0", "--persist-to", state, "--show-interactive-dev-session=false");
    this.#process = spawn(process.execPath, args, {
      cwd: path.dirname(state),
      // A group of its own, so that `workerd`, its child, ends with it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "true", NO_COLOR: "1" },
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#output += data.toString();
      });
    }
  }

  /** Starts the worker of a configuration on the data in a folder. */
  static async start(config: string, state: string): Promise<Worker> {
    const worker = new Worker(config, state, await freePort());
    running.add(worker);
    await worker.#ready();
    return worker;
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + start_ms_max;
    while (Date.now() < deadline && this.#process.exitCode === null) {
      const response = await fetch(`${this.base}/none`).catch(() => undefined);
      if (response?.status === 404) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the worker did not start:\n${this.#output}`);
  }

  /** What the worker answers, as JSON. */
  async get(part: string): Promise<unknown> {
    const response = await fetch(`${this.base}${part}`);
    const text = await response.text();
    assert.equal(response.status, 200, `${text}\n${this.#output}`);
    return JSON.parse(text);
  }

  async stop(): Promise<void> {
    running.delete(this);
    this.#signal("SIGTERM");
    const timer = setTimeout(() => this.#signal("SIGKILL"), stop_ms_max);
    if (this.#process.exitCode === null && this.#process.signalCode === null)
      await once(this.#process, "exit");
    clearTimeout(timer);
    this.#signal("SIGKILL");
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#process.pid !== undefined) process.kill(-this.#process.pid, signal);
    } catch {
      // The whole group is gone.
    }
  }
}

const running = new Set<Worker>();
after(async () => {
  for (const worker of running) await worker.stop();
});
