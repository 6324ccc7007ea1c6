/** A ledger in D1 on the real `workerd`: the main job, and the laws of a store. */
import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, test } from "node:test";
import { temporaryFolder } from "../support/files.ts";
import { expected } from "./shared/expected.ts";
import { Worker } from "./shared/workerd.ts";

const config = path.join(import.meta.dirname, "d1/wrangler.jsonc");
const state = path.join(temporaryFolder(), "state");

describe("D1 on workerd", () => {
  let worker: Worker;
  before(async () => {
    worker = await Worker.start(config, state);
  });

  test("plays the main job as Node does", async () => {
    const { played, reviewed } = await expected();
    assert.deepEqual(await worker.get("/play"), played);
    assert.deepEqual(await worker.get("/review"), reviewed);
  });

  test("holds the laws of a store", async () => {
    const { held, broken, skipped } = (await worker.get("/laws")) as {
      held: number;
      broken: string[];
      skipped: { reason: string }[];
    };
    assert.deepEqual(broken, []);
    // The store commits to one account at a time; every other law is held.
    assert.deepEqual(new Set(skipped.map(({ reason }) => reason)), new Set(["the subject has no `many`"]));
    assert.ok(held >= 41, `${held} laws`);
  });
});
