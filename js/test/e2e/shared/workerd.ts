/** Workers of the tests on the real `workerd`. */
import assert from "node:assert/strict";
import { after } from "node:test";
import { Wrangler } from "../../../demo/hosts/wrangler.ts";

/** A running worker. All that a file's tests have started are stopped after them. */
export class Worker {
  readonly #wrangler: Wrangler;

  private constructor(wrangler: Wrangler) {
    this.#wrangler = wrangler;
  }

  /** Starts the worker of a configuration on the data in a folder. */
  static async start(config: string, state: string): Promise<Worker> {
    const ready = { path: "/none", status: 404 };
    const worker = new Worker(await Wrangler.start({ config, state, ready }));
    running.add(worker);
    return worker;
  }

  /** Where it answers. */
  get base(): string {
    return this.#wrangler.url;
  }

  /** What the worker answers, as JSON. */
  async get(part: string): Promise<unknown> {
    const response = await fetch(`${this.base}${part}`);
    const text = await response.text();
    assert.equal(response.status, 200, `${text}\n${this.#wrangler.output}`);
    return JSON.parse(text);
  }

  async stop(): Promise<void> {
    running.delete(this);
    await this.#wrangler.stop();
  }
}

const running = new Set<Worker>();
after(async () => {
  for (const worker of running) await worker.stop();
});
