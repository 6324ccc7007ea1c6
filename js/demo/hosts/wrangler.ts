/** `wrangler dev` and the real `workerd` that it starts on this machine, as one group of processes. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { freePort } from "./port.ts";

const wrangler = fileURLToPath(new URL("../../node_modules/wrangler/bin/wrangler.js", import.meta.url));

/** How long `workerd` may take to be there, and to go once it is asked to. */
const ready_ms_max = 90_000;
const stop_ms_max = 8_000;
const poll_ms = 100;
/** Units of what wrangler wrote that an error repeats. */
const output_units_max = 8_000;

export interface WranglerOptions {
  /** The worker's `wrangler.jsonc`. */
  config: string;
  /** The folder of its data, and of wrangler's logs. */
  state: string;
  /** What the worker answers with `status` once it is there. */
  ready: { path: string; status: number };
  /** Called again and again until then, with the milliseconds that have gone by. */
  waiting?: (ms: number) => void;
}

/** A running worker. */
export class Wrangler {
  /** Where it answers. */
  readonly url: string;
  readonly #child: ChildProcess;
  #output = "";

  private constructor(port: number, { config, state }: WranglerOptions) {
    this.url = `http://127.0.0.1:${port}`;
    const at = ["--ip", "127.0.0.1", "--port", String(port), "--inspector-port", "0"];
    const quiet = "--show-interactive-dev-session=false";
    const command = [wrangler, "dev", "--config", config, ...at, "--persist-to", state, quiet];
    this.#child = spawn(process.execPath, command, {
      // A group of its own: a signal to it reaches wrangler and the `workerd` that wrangler started.
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        CI: "1",
        NO_COLOR: "1",
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_LOG_PATH: `${state}-logs`,
      },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (data: Buffer) => {
        this.#output = (this.#output + data.toString()).slice(-output_units_max);
      });
    }
  }

  /** Starts a worker, and waits until it answers. */
  static async start(options: WranglerOptions): Promise<Wrangler> {
    const worker = new Wrangler(await freePort(), options);
    try {
      await worker.#ready(options);
    } catch (error) {
      await worker.stop();
      throw error;
    }
    return worker;
  }

  async #ready({ ready, waiting }: WranglerOptions): Promise<void> {
    const began = performance.now();
    for (;;) {
      const reply = await fetch(`${this.url}${ready.path}`).catch(() => undefined);
      await reply?.body?.cancel();
      if (reply?.status === ready.status) return;
      const ms = performance.now() - began;
      if (this.#hasEnded() || ms > ready_ms_max) {
        const why = this.#hasEnded() ? "ended" : `did not answer within ${ready_ms_max / 1_000} s`;
        throw new Error(`\`wrangler dev\` ${why}; it said:\n${this.output}`);
      }
      waiting?.(ms);
      await new Promise((resolve) => setTimeout(resolve, poll_ms));
    }
  }

  /** What it has said last. */
  get output(): string {
    return this.#output.trim();
  }

  async stop(): Promise<void> {
    if (!this.#hasEnded()) {
      const late = setTimeout(() => this.kill(), stop_ms_max);
      const ended = once(this.#child, "exit");
      this.#signal("SIGTERM");
      await ended;
      clearTimeout(late);
    }
    // Whatever of the group has outlived wrangler.
    this.kill();
  }

  /** Ends it at once: the last resort, for an end that nobody awaits. */
  kill(): void {
    this.#signal("SIGKILL");
  }

  #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #signal(name: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, name);
    } catch {
      // The whole group is gone.
    }
  }
}
