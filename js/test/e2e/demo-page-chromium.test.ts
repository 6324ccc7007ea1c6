/** The demo's page in a real Chromium: it shows what a text costs while one types, and the bill is the preview. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { flags } from "./shared/browser.ts";

/** The browser, and where screenshots go, if anywhere. */
const { CHROMIUM: program, SCREENSHOTS: pictures } = process.env;
const main = fileURLToPath(new URL("../../demo/main.ts", import.meta.url));

describe("the demo's page", { skip: program === undefined && "CHROMIUM names no browser" }, () => {
  let child: ChildProcess;
  let browser: Browser;
  let page: Page;
  const problems: string[] = [];
  const elsewhere: string[] = [];

  before(async () => {
    child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", main, "--port=0"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        const found = /http:\/\/127\.0\.0\.1:\d+\//.exec(said);
        if (found !== null) resolve(found[0]);
      });
      child.once("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
    });
    browser = await chromium.launch({ executablePath: program as string, args: flags });
    page = await browser.newPage({ viewport: { width: 1180, height: 900 } });
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") problems.push(message.text());
    });
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith(url)) elsewhere.push(request.url());
    });
    await page.goto(url);
    await page.getByText("2 segments", { exact: true }).waitFor();
  });

  after(async () => {
    await browser?.close();
    child.removeAllListeners("exit");
    if (child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
  });

  const picture = async (name: string): Promise<void> => {
    if (pictures === undefined) return;
    await mkdir(pictures, { recursive: true });
    await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  };
  const said = (selector: string): Promise<string> => page.locator(selector).innerText();
  const bill = (row: string, column: number): Promise<string> =>
    page.locator("#bill tr", { hasText: row }).locator("td").nth(column).innerText();

  test("counts segments while one types", async () => {
    assert.equal(await said("#count"), "2 segments");
    assert.match(await said("#encoding"), /^UCS-2/);
    await picture("light");
    await page.getByRole("button", { name: "1 character costs you 1 more segment: replace it" }).click();
    assert.equal(await said("#count"), "1 segment");
    assert.match(await said("#encoding"), /^GSM-7/);
    await page.getByLabel("Text", { exact: true }).fill("Thank you");
    assert.equal(await bill("Segments", 0), "1");
    await page.getByLabel("Text", { exact: true }).pressSequentially(" 😀");
    assert.match(await said("#encoding"), /^UCS-2/);
  });

  test("bills what the preview said, once for one id", async () => {
    await page.getByLabel("Text", { exact: true }).fill("See you on Tuesday at 9:30.");
    assert.equal(await bill("Paid by", 0), "Australia pack");
    assert.equal(await bill("Balance after", 0), "297");
    await page.getByRole("button", { name: "Send", exact: true }).click();
    await page.getByText("The bill is what the preview said").waitFor();
    for (const row of ["Region", "Encoding", "Segments", "Paid by", "Balance after"])
      assert.equal(await bill(row, 1), await bill(row, 0), row);
    await picture("sent");
    await page.getByRole("button", { name: "Send the same again" }).click();
    await page.getByText("nothing was taken twice").waitFor();
    assert.equal(await said("#available"), "297 segments");
  });

  test("says what to do where nothing pays, and a pack helps", async () => {
    await page.getByRole("button", { name: "UK", exact: true }).click();
    assert.match(await said("#problem"), /Buy a pack for UK/);
    assert.ok(await page.getByRole("button", { name: "Send", exact: true }).isDisabled());
    await picture("refused");
    await page.getByLabel("Segments", { exact: true }).fill("150");
    assert.ok(await page.getByRole("button", { name: "Buy" }).isDisabled());
    await page.getByRole("button", { name: "200 segments" }).click();
    assert.match(await said("#price"), /^12\.60 USD/);
    await page.getByRole("button", { name: "Buy" }).click();
    await page.getByText("Bought 200 segments for UK: 12.60 USD").first().waitFor();
    assert.match(await said("#price"), /Bought 200 segments for UK/);
    assert.ok(await page.getByRole("button", { name: "Bought" }).isDisabled());
    // The field's Enter key buys nothing more, another quantity does.
    const available = await said("#available");
    await page.getByLabel("Segments", { exact: true }).press("Enter");
    assert.equal(await said("#available"), available);
    await page.getByLabel("Segments", { exact: true }).fill("100");
    assert.ok(await page.getByRole("button", { name: "Buy", exact: true }).isEnabled());
    assert.equal(await bill("Paid by", 0), "UK pack");
    await page.getByRole("button", { name: "Canada", exact: true }).click();
    assert.match(await said("#problem"), /no price for Canada/);
    await page.getByLabel("To", { exact: true }).fill("12");
    assert.match(await said("#problem"), /country code/);
  });

  test("shows no numbers of an earlier text where there is none, or too much of it", async () => {
    await page.getByRole("button", { name: "Australia", exact: true }).click();
    const field = page.getByLabel("Text", { exact: true });
    const sends = page.getByRole("button", { name: "Send", exact: true });
    const shown = ["Region", "Encoding", "Segments", "Paid by", "Balance after"];
    for (const [typed, counted, problem] of [
      ["a".repeat(40_000), "–", /Shorten it/],
      ["", "no text yet", /^$/],
    ] as const) {
      await field.fill("It’s Tuesday");
      assert.equal(await bill("Segments", 0), "1");
      await field.fill(typed);
      assert.equal(await said("#count"), counted);
      assert.match(await said("#problem"), problem);
      for (const row of shown) assert.equal(await bill(row, 0), "–", row);
      assert.equal(await said("#after"), "");
      assert.ok(await page.locator("#forced").isHidden());
      assert.ok(await sends.isDisabled());
    }
    await field.fill("Hello");
    assert.ok(await sends.isEnabled());
  });

  test("fits a narrow screen, in the dark as well", async () => {
    await page.getByRole("button", { name: "Australia", exact: true }).click();
    await page.getByLabel("Text", { exact: true }).fill("It’s 😀 — “quoted” ".repeat(9));
    await page.emulateMedia({ colorScheme: "dark" });
    await picture("dark");
    await page.setViewportSize({ width: 360, height: 740 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 360, `the page is ${wide} px wide`);
    await picture("narrow");
  });

  test("asks nobody else and complains of nothing", () => {
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(problems, []);
  });
});
