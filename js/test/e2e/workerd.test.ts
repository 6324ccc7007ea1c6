/** The same in a SQLite-backed Durable Object on the real `workerd`, started by `wrangler dev`, and over its restart. */
import assert from "node:assert/strict";
import path from "node:path";
import { describe, test } from "node:test";
import { temporaryFolder } from "../support/files.ts";
import { expected } from "./shared/expected.ts";
import { Worker } from "./shared/workerd.ts";

const config = path.join(import.meta.dirname, "worker/wrangler.jsonc");
const state = path.join(temporaryFolder(), "state");
const start = (): Promise<Worker> => Worker.start(config, state);

describe("a Durable Object on workerd", () => {
  test("plays the main job as Node does, and stands where it stood after a restart", async () => {
    const { played, reviewed } = await expected();
    const first = await start();
    assert.deepEqual(await first.get("/play"), played);
    assert.deepEqual(await first.get("/review"), reviewed);
    assert.deepEqual(await first.get("/sync"), (reviewed as { balance: unknown }).balance);
    await first.stop();
    const second = await start();
    assert.deepEqual(await second.get("/review"), reviewed);
    await second.stop();
  });

  test("holds the laws of a store", async () => {
    const worker = await start();
    const { held, broken } = (await worker.get("/laws?object=laws")) as { held: number; broken: string[] };
    assert.deepEqual(broken, []);
    assert.ok(held >= 20, `${held} laws`);
    await worker.stop();
  });
});
