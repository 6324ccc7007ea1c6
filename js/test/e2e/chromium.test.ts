/**
 * The same in a real page of Chromium (`CHROMIUM` names the program), served from this process on loopback: the built
 * package as browsers get it, the laws of memory storage, and a preview that follows the typing.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { stripTypeScriptTypes } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { flags } from "./shared/browser.ts";
import { expected } from "./shared/expected.ts";

const { CHROMIUM = "chromium" } = process.env;
const here = import.meta.dirname;
const dist = path.join(here, "../../../pkg/dist");
const types = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".ts", "text/javascript; charset=utf-8"],
]);

/** The file behind a path of the site, and nothing outside of its folders. */
function fileOf(url: string): string | undefined {
  const { pathname } = new URL(url, "http://page");
  if (pathname === "/") return path.join(here, "page/index.html");
  if (pathname === "/page.ts") return path.join(here, "page/page.ts");
  if (pathname === "/shared/job.ts") return path.join(here, "shared/job.ts");
  return pathname.startsWith("/dist/")
    ? path.join(dist, path.normalize(pathname.slice("/dist".length)))
    : undefined;
}

async function serve(): Promise<Server> {
  const server = createServer(async (request, response) => {
    const file = fileOf(request.url ?? "/");
    try {
      const content = await readFile(file ?? "", "utf8");
      const served = file?.endsWith(".ts") ? stripTypeScriptTypes(content) : content;
      response.setHeader("content-type", types.get(path.extname(file ?? "")) ?? "text/plain");
      response.end(served);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return server;
}

describe("a page in Chromium", () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    server = await serve();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: flags });
    page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction("'page' in globalThis");
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  test("plays the main job as Node does", async () => {
    assert.deepEqual(await page.evaluate("page.job()"), await expected());
  });

  test("holds the laws of memory storage", async () => {
    const { held, broken } = (await page.evaluate("page.laws()")) as { held: number; broken: string[] };
    assert.deepEqual(broken, []);
    assert.ok(held >= 20, `${held} laws`);
  });

  test("counts while one types", async () => {
    const preview = page.locator("#preview");
    await page.locator("#text").pressSequentially("It's ready");
    assert.equal(await preview.textContent(), "1 GSM-7 150");
    await page.locator("#text").fill("It’s ready");
    assert.equal(await preview.textContent(), "1 UCS-2 60");
  });

  test("reports no error", () => {
    assert.deepEqual(problems, []);
  });
});
