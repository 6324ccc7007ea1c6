/**
 * The same in a real page of Chromium (`CHROMIUM` names the program), served from this process on loopback: the built
 * package as browsers get it, the laws of memory storage, and a preview that follows the typing.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Browser, chromium, type Page } from "playwright-core";
import { flags } from "./shared/browser.ts";
import { expected } from "./shared/expected.ts";
import { type Site, serve } from "./shared/site.ts";

const { CHROMIUM = "chromium" } = process.env;
describe("a page in Chromium", () => {
  let site: Site;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];

  before(async () => {
    site = await serve();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: flags });
    page = await browser.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(site.url);
    await page.waitForFunction("'page' in globalThis");
  });
  after(async () => {
    await browser?.close();
    site?.close();
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
