/** `--edge`: the demo's story on a Durable Object of the real `workerd`, with the same expectations and the same journal. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const main = fileURLToPath(new URL("../../demo/main.ts", import.meta.url));

async function told(...flags: string[]): Promise<string> {
  const all = ["--disable-warning=ExperimentalWarning", main, "--once", ...flags];
  return (await promisify(execFile)(process.execPath, all)).stdout;
}

const verified = /verified: .*/;

test("the story on workerd ends as it does on SQLite, to the journal's hash", async () => {
  const edge = await told("--edge");
  assert.match(edge, /All \d+ expectations held\.\n$/);
  assert.equal(verified.exec(edge)?.[0], verified.exec(await told())?.[0]);
});
