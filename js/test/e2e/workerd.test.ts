/** The same in a SQLite-backed Durable Object on the real `workerd`, started by `wrangler dev`, and over its restart. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after, describe, test } from "node:test";
import { freePort } from "../../demo/hosts/port.ts";
import { temporaryFolder } from "../support/files.ts";
import { expected } from "./shared/expected.ts";

const wrangler = path.join(import.meta.dirname, "../../node_modules/wrangler/bin/wrangler.js");
const config = path.join(import.meta.dirname, "worker/wrangler.jsonc");
const folder = temporaryFolder();

/** How long `workerd` may take to be there. */
const start_ms_max = 60_000;
/** How long it may take to go once it is asked to. */
const stop_ms_max = 5_000;

/** A running worker. */
class Worker {
  readonly #process: ChildProcess;
  readonly #base: string;
  #output = "";

  constructor(port: number) {
    this.#base = `http://127.0.0.1:${port}`;
    const args = [wrangler, "dev", "--config", config, "--ip", "127.0.0.1", "--port", String(port)];
    args.push(
      "--inspector-port",
      "0",
      "--persist-to",
      path.join(folder, "state"),
      "--show-interactive-dev-session=false",
    );
    this.#process = spawn(process.execPath, args, {
      cwd: folder,
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

  static async start(): Promise<Worker> {
    const worker = new Worker(await freePort());
    running.add(worker);
    await worker.#ready();
    return worker;
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + start_ms_max;
    while (Date.now() < deadline && this.#process.exitCode === null) {
      const response = await fetch(`${this.#base}/none`).catch(() => undefined);
      if (response?.status === 404) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the worker did not start:\n${this.#output}`);
  }

  async get(part: string): Promise<unknown> {
    const response = await fetch(`${this.#base}${part}`);
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

describe("a Durable Object on workerd", () => {
  test("plays the main job as Node does, and stands where it stood after a restart", async () => {
    const { played, reviewed } = await expected();
    const first = await Worker.start();
    assert.deepEqual(await first.get("/play"), played);
    assert.deepEqual(await first.get("/review"), reviewed);
    assert.deepEqual(await first.get("/sync"), (reviewed as { balance: unknown }).balance);
    await first.stop();
    const second = await Worker.start();
    assert.deepEqual(await second.get("/review"), reviewed);
    await second.stop();
  });

  test("holds the laws of a store", async () => {
    const worker = await Worker.start();
    const { held, broken } = (await worker.get("/laws?object=laws")) as { held: number; broken: string[] };
    assert.deepEqual(broken, []);
    assert.ok(held >= 20, `${held} laws`);
    await worker.stop();
  });
});
