/** The main job in Node on an SQLite file, over a restart of the process. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { temporaryFolder } from "../support/files.ts";
import { expected } from "./shared/expected.ts";

const run = promisify(execFile);
const main = path.join(import.meta.dirname, "node/main.ts");
const file = path.join(temporaryFolder(), "ledger.sqlite");

async function start(part: "play" | "review"): Promise<unknown> {
  const { stdout } = await run(process.execPath, ["--disable-warning=ExperimentalWarning", main, part, file]);
  return JSON.parse(stdout);
}

describe("Node on SQLite", () => {
  test("plays the main job as memory does, and stands where it stood after restarts", async () => {
    const { played, reviewed } = await expected();
    assert.deepEqual(await start("play"), played);
    assert.deepEqual(await start("review"), reviewed);
    assert.deepEqual(await start("review"), reviewed);
  });

  test("the job comes to what it should", async () => {
    const { played, reviewed } = await expected();
    const codes = played.flatMap((result) => (result as { code?: string }).code ?? []);
    assert.deepEqual(codes, ["INVALID_QUANTITY", "UNKNOWN_REGION", "INSUFFICIENT_BALANCE"]);
    const { balance, verified } = reviewed as { balance: Record<string, number>; verified: { ok: boolean } };
    assert.equal(verified.ok, true);
    const { issued, available, held, spent } = balance;
    // 50 of the plan, 300 and 100 bought. Sent to each country: 1, 1, 2, 1, 1 and 2 segments.
    assert.deepEqual([issued, available, held, spent], [450, 438, 10, 2]);
  });
});
