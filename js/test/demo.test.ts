/** The demo as a person starts it: the story checks itself and says so, and the page needs nobody but this machine. */
import assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { width } from "../demo/terminal/width.ts";

const main = fileURLToPath(new URL("../demo/main.ts", import.meta.url));
const flags = ["--disable-warning=ExperimentalWarning", main];
const columns_max = 80;

describe("the story", () => {
  let output = "";
  before(async () => {
    // A non-zero exit code rejects.
    output = (await promisify(execFile)(process.execPath, [...flags, "--once"])).stdout;
  });

  test("holds what it promises and says so", () => {
    assert.match(output, /All \d+ expectations held\.\n$/);
    assert.doesNotMatch(output, /✗/);
  });

  test("tells the main job", () => {
    for (const line of [
      "straight: 1 segment, curly: 2 segments",
      "12.40 + 1.00 USD bought 300 segments",
      "900 would cost more than 1000",
      "each voucher applies, or says why it does not",
      "then 97.20 USD bought 1000",
      "the preview is the bill",
      "1 Starter plan + 1 Australia pack",
      "visit-3 is refused with INSUFFICIENT_BALANCE",
      "the balance is the same, in every number and every region",
      "verified: 59 entries",
    ])
      assert.ok(output.includes(line), line);
  });

  test("fits the terminal, without colour where there is none", () => {
    assert.ok(!output.includes("\u001b"), "there are escape sequences in a pipe");
    for (const line of output.split("\n")) assert.ok(width(line) <= columns_max, line);
  });

  test("is the same each time", async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [...flags, "--once"]);
    assert.equal(stdout, output);
  });
});

describe("the page", () => {
  let child: ChildProcess;
  let url = "";
  before(async () => {
    child = spawn(process.execPath, [...flags, "--port=0"], { stdio: ["ignore", "pipe", "inherit"] });
    url = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
        if (found !== null) resolve(found[0]);
      });
      child.once("exit", (code) => reject(new Error(`the demo ended with ${code}:\n${said}`)));
    });
  });
  after(async () => {
    child.removeAllListeners("exit");
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGINT");
    assert.deepEqual(await ended, [0, null], "Ctrl-C ends the demo cleanly");
  });

  const get = (path: string): Promise<Response> => fetch(new URL(path, url));

  test("is served with its scripts and styles, and names no other host", async () => {
    const html = await (await get("/")).text();
    const linked = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    const script = await (await get("/app.ts")).text();
    const imported = [...script.matchAll(/from "\.(\/[^"]+)"/g)].map(([, path]) => path ?? "");
    assert.ok(linked.includes("/app.ts") && imported.length > 0);
    for (const path of ["/", ...linked, ...imported]) {
      const reply = await get(path);
      assert.equal(reply.status, 200, path);
      const text = (await reply.text()).replaceAll('xmlns="http://www.w3.org/2000/svg"', "");
      assert.doesNotMatch(text, /https?:\/\/|["'(]\/\/\w/, path);
    }
    for (const [, path] of html.matchAll(/: "(\/sms-ledger\/[^"]+)"/g)) {
      assert.equal((await get(path ?? "")).headers.get("content-type"), "text/javascript; charset=utf-8");
    }
  });

  test("allows the browser nothing but its own files", async () => {
    const policy = (await get("/")).headers.get("content-security-policy") ?? "";
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|\*/);
  });

  test("gives the account, and takes a message once for one id", async () => {
    const told = await (await get("/api/account")).json();
    assert.equal(told.snapshot.partition, told.account);
    const body = JSON.stringify({ id: "test-1", to: "+61491570006", text: "Hello" });
    const send = async (): Promise<unknown> => {
      const headers = { "content-type": "application/json" };
      return (await fetch(new URL("/api/reserve", url), { method: "POST", headers, body })).json();
    };
    const first = await send();
    assert.deepEqual(await send(), first);
    assert.equal((first as { ok: { available: number } }).ok.available, 297);
  });

  test("refuses what is no call, and what comes from another site", async () => {
    assert.equal((await get("/api/constructor")).status, 404);
    assert.equal((await get("/../package.json")).status, 404);
    const form = await fetch(new URL("/api/reserve", url), { method: "POST", body: "{}" });
    assert.equal(form.status, 415);
  });
});
