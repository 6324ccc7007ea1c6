/** A ledger in IndexedDB in real pages of Chromium: the laws of a store, tabs that write at once, tabs that go, and no room left. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { flags } from "./shared/browser.ts";
import { expected } from "./shared/expected.ts";
import { type Site, serve } from "./shared/site.ts";

const { CHROMIUM = "chromium" } = process.env;

describe("IndexedDB in Chromium", () => {
  let site: Site;
  let browser: Browser;
  let context: BrowserContext;
  let first: Page;
  let second: Page;
  const problems: string[] = [];

  /** A tab of the one site, with the one database. */
  const tab = async (): Promise<Page> => {
    const page = await context.newPage();
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(message.text());
    });
    await page.goto(`${site.url}stores`);
    await page.waitForFunction("'page' in globalThis");
    return page;
  };

  before(async () => {
    site = await serve();
    browser = await chromium.launch({ executablePath: CHROMIUM, args: flags });
    context = await browser.newContext();
    [first, second] = await Promise.all([tab(), tab()]);
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });

  test("plays the main job as Node does, and stands where it stood in another tab and after a reload", async () => {
    const { played, reviewed } = await expected();
    assert.deepEqual(await first.evaluate("page.job()"), { played, reviewed });
    assert.deepEqual(await second.evaluate("page.review()"), reviewed);
    await first.reload();
    await first.waitForFunction("'page' in globalThis");
    assert.deepEqual(await first.evaluate("page.review()"), reviewed);
  });

  test("holds every law of a store", async () => {
    const { held, broken, skipped } = (await first.evaluate("page.laws()")) as {
      held: number;
      broken: string[];
      skipped: { reason: string }[];
    };
    assert.deepEqual(broken, []);
    // The store commits to one account at a time; every other law is held.
    assert.deepEqual(new Set(skipped.map(({ reason }) => reason)), new Set(["the subject has no `many`"]));
    assert.ok(held >= 40, `${held} laws`);
  });

  test("of twenty writers in two tabs none loses what it has written", async () => {
    const race = "page.race('race', 10, 5)";
    const tries = (await Promise.all([first.evaluate(race), second.evaluate(race)])) as number[];
    assert.equal(await first.evaluate("page.counter('race')"), "100");
    assert.ok(
      tries.every((count) => count > 50),
      `each tab has lost races: ${tries}`,
    );
  });

  test("two tabs reserve from one account at once, to the segment", async () => {
    await first.evaluate("page.open('shared')");
    const reserved = await Promise.all([
      first.evaluate("page.reserve('shared', 'first', 20)"),
      second.evaluate("page.reserve('shared', 'second', 20)"),
    ]);
    assert.deepEqual(reserved, [20, 20]);
    for (const page of [first, second]) {
      const { available, held } = (await page.evaluate("page.balance('shared')")) as Record<string, number>;
      assert.deepEqual([available, held], [10, 40]);
      assert.equal(((await page.evaluate("page.verify('shared')")) as { ok: boolean }).ok, true);
    }
  });

  for (const end of ["closed", "killed"] as const) {
    test(`a tab that is ${end} in the middle of its commits leaves each whole, and no lock`, async () => {
      for (let round = 0; round < 2; round++) {
        const name = `${end}-${round}`;
        const writer = await tab();
        const writing = writer.evaluate(`page.write('${name}')`).catch(() => {});
        await first.waitForTimeout(80 + 60 * round);
        if (end === "closed") await writer.close();
        else {
          const session = await context.newCDPSession(writer);
          const crashed = writer.waitForEvent("crash");
          // Its renderer is gone before it could answer.
          session.send("Page.crash").catch(() => {});
          await crashed;
          await writer.close();
        }
        await writing;
        const { whole, partial } = (await first.evaluate(`page.written('${name}')`)) as Record<
          string,
          number
        >;
        assert.equal(partial, 0);
        assert.ok((whole ?? 0) > 0, "commits were on their way");
      }
    });
  }

  test("a site that has no more room is told so, and has written nothing of the commit", async () => {
    // The browser looks at a site's quota when it first writes: in a profile of its own.
    const poor = await browser.newContext();
    const page = await poor.newPage();
    const session = await poor.newCDPSession(page);
    await session.send("Storage.overrideQuotaForOrigin", {
      origin: new URL(site.url).origin,
      quotaSize: 3_000_000,
    });
    await page.goto(`${site.url}stores`);
    await page.waitForFunction("'page' in globalThis");
    await page.evaluate("page.race('race', 1, 1)");
    assert.deepEqual(await page.evaluate("page.fill('full')"), {
      said: "the browser gives this site no more room: nothing of the commit is stored",
      cause: "QuotaExceededError",
      left: 0,
    });
    assert.equal(await page.evaluate("page.counter('race')"), "1");
    await poor.close();
  });

  test("a commit is strict unless it is said to be relaxed", async () => {
    assert.deepEqual(await first.evaluate("page.durability({})"), ["strict"]);
    assert.deepEqual(await first.evaluate("page.durability({ durability: 'relaxed' })"), ["relaxed"]);
  });

  test("a store lets go of a database that is deleted or brought into a later form", async () => {
    assert.deepEqual(await first.evaluate("page.deleted()"), { before: 1, after: 0 });
    assert.equal(
      await first.evaluate("page.outdated()"),
      "the database `outdated` has a later form: reload the page, which is older than another tab",
    );
  });

  test("a database that cannot be opened is not waited for without end", async () => {
    assert.equal(
      await first.evaluate("page.kept()"),
      "another tab has kept the database `kept` from being opened for 5000 ms",
    );
  });

  test("reports no error", () => {
    assert.deepEqual(problems, []);
  });
});
