/** The laws of a store on Deno KV and the main job, both within the Deno of the npm package `deno`. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { before, describe, test } from "node:test";
import { promisify } from "node:util";
import { memoryStorage } from "sms-ledger";
import { storageConformance } from "sms-ledger/testing";
import { temporaryFolder } from "../support/files.ts";
import { expected } from "./shared/expected.ts";

const run = promisify(execFile);
const js = path.join(import.meta.dirname, "../..");
const folder = temporaryFolder();

/** What a script says under Deno, which may touch what it needs and no network. */
async function deno(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(
    process.execPath,
    [
      ...[path.join(js, "node_modules/deno/bin.cjs"), "run", "--no-check", "--unstable-kv", "--no-prompt"],
      ...["--cached-only", "--allow-read", `--allow-write=${folder}`],
      ...[path.join(import.meta.dirname, "deno", script), ...args],
    ],
    {
      cwd: js,
      env: {
        ...process.env,
        DENO_DIR: path.join(folder, "deno"),
        DENO_NO_UPDATE_CHECK: "1",
        NO_COLOR: "1",
      },
    },
  );
  return stdout;
}

interface Outcome {
  name: string;
  problem?: unknown;
  /** Why it was left out. */
  reason?: string;
}

describe("Deno KV, a file on disk", () => {
  let outcomes: Outcome[] = [];
  before(async () => {
    const said = await deno("laws.ts", path.join(folder, "laws.db"));
    outcomes = said
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
  });

  const reopen = () => memoryStorage();
  const severable = () => ({ storage: memoryStorage(), sever: () => {} });
  const laws = storageConformance({ open: reopen, reopen, failing: reopen, severable });
  for (const name of [...laws.map(({ name }) => name), "a commit of the longest keys is applied whole"]) {
    test(name, () => {
      const outcome = outcomes.find((each) => each.name === name);
      assert.ok(outcome !== undefined, "it has not run");
      assert.equal(outcome.problem, undefined);
      assert.equal(outcome.reason, undefined);
    });
  }
});

describe("Deno on Deno KV", () => {
  test("plays the main job as memory does, and stands where it stood after restarts", async () => {
    const { played, reviewed } = await expected();
    const file = path.join(folder, "job.db");
    assert.deepEqual(JSON.parse(await deno("main.ts", "play", file)), played);
    assert.deepEqual(JSON.parse(await deno("main.ts", "review", file)), reviewed);
    assert.deepEqual(JSON.parse(await deno("main.ts", "review", file)), reviewed);
  });
});
