/** The README's example runs and prints what the README says; its tables name what is really used. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");

function block(language: string, text = readme): string {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(text)?.[1];
  assert.ok(found !== undefined, `no ${language} block`);
  return found;
}

/** What a document's first example prints, in a folder of its own, in the last of so many runs there. */
function printedBy(example: string, files: Readonly<Record<string, string>> = {}, runs = 1): string {
  const folder = mkdtempSync(join(tmpdir(), "sms-ledger-readme-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    writeFileSync(join(folder, "example.mjs"), example);
    symlinkSync(join(root, "js/node_modules"), join(folder, "node_modules"), "dir");
    const run = (): string =>
      execFileSync(process.execPath, ["--disable-warning=ExperimentalWarning", "example.mjs"], {
        cwd: folder,
        encoding: "utf8",
        env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined },
      });
    for (let earlier = 1; earlier < runs; earlier++) run();
    return run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test("the README's example prints what the README says", () => {
  const example = block("js");
  assert.ok(example.trim().split("\n").length <= 22, "the example is about 20 lines");
  assert.equal(printedBy(example), block("text"));
  assert.equal(printedBy(example, {}, 2), block("text"), "the second run");
});

test("the README's sizes are those of the package", async () => {
  const module = readFileSync(join(root, "pkg/dist/sms_ledger.wasm"));
  const alone = [module.length, gzipSync(module, { level: 9 }).length] as const;
  const script = async (entry: string, names: string) => {
    const contents = `export { ${names} } from "${entry}"; export { default } from "sms-ledger/catalogs/cloutly";`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: join(root, "js") },
      bundle: true,
      minify: true,
      format: "esm",
      platform: "browser",
      write: false,
    });
    const bytes = outputFiles[0]?.contents ?? new Uint8Array();
    return [bytes.length, gzipSync(bytes, { level: 9 }).length] as const;
  };
  const slim = await script("sms-ledger/slim", "createLedger, initialize");
  const measured = [
    alone,
    await script("sms-ledger", "createLedger"),
    [slim[0] + alone[0], slim[1] + alone[1]] as const,
  ];
  const rows = [...section(readme, "## Sizes").matchAll(/\| ([\d,.]+) KB \| ([\d,.]+) KB \|$/gm)];
  const kilobytes = (said: string | undefined): number => 1_000 * Number(said?.replaceAll(",", ""));
  assert.equal(rows.length, measured.length);
  for (const [at, bytes] of measured.entries()) {
    for (const [column, size] of bytes.entries()) {
      const said = kilobytes(rows[at]?.[column + 1]);
      assert.ok(Math.abs(said - size) <= 0.02 * size, `${said} is said, ${size} is so`);
    }
  }
});

test("the examples of docs/catalog.md run, and print what it says", () => {
  const docs = readFileSync(join(root, "docs/catalog.md"), "utf8");
  assert.equal(printedBy(block("js", docs), { "example.json": block("json", docs) }), block("text", docs));
  const models = docs.slice(docs.indexOf("## Earlier charge models"));
  assert.equal(printedBy(block("js", models)), block("text", models));
  const pricing = docs.slice(docs.indexOf("## Quotes"));
  assert.match(printedBy(block("js", pricing)), /^\d+ x \d+ of [\s\S]* CNY, \d+ expire\n$/);
  const sheet = docs.slice(docs.indexOf("## From a spreadsheet"));
  assert.equal(printedBy(block("js", sheet)), block("text", sheet));
});

test("the examples of docs/api.md print what they say", () => {
  const docs = readFileSync(join(root, "docs/api.md"), "utf8");
  for (const heading of ["## Migration", "## Forecasts", "## Estimates"]) {
    const part = docs.slice(docs.indexOf(`\n${heading}`));
    assert.equal(printedBy(block("js", part)), block("text", part));
  }
});

test("the example of docs/recharge.md prints what it says", () => {
  const docs = readFileSync(join(root, "docs/recharge.md"), "utf8");
  const part = docs.slice(docs.indexOf("In a shop whose"));
  assert.equal(printedBy(block("js", part)), block("text", part));
});

test("the example of docs/orders.md prints what it says", () => {
  const docs = section(
    readFileSync(join(root, "docs/orders.md"), "utf8"),
    "## An order that can be repeated",
  );
  assert.equal(printedBy(block("js", docs)), block("text", docs));
});

test("the store of docs/storage.md passes the suite", () => {
  const docs = readFileSync(join(root, "docs/storage.md"), "utf8");
  assert.equal(printedBy(block("js", docs)), block("text", docs));
});

test("docs/edge.md shows the example that runs on workerd", () => {
  const docs = readFileSync(join(root, "docs/edge.md"), "utf8");
  assert.equal(block("js", docs), readFileSync(join(root, "js/examples/edge/worker.js"), "utf8"));
});

test("the example of docs/receipts.md prints what it says", () => {
  const docs = readFileSync(join(root, "docs/receipts.md"), "utf8");
  assert.equal(printedBy(block("js", docs)), block("text", docs));
});

/** The part of a page under a heading, up to the next of its level. */
function section(page: string, heading: string): string {
  const from = page.indexOf(`\n${heading}\n`);
  assert.ok(from >= 0, `no ${heading}`);
  const level = /^#+ /.exec(heading)?.[0] ?? "";
  const to = page.indexOf(`\n${level}`, from + 1 + heading.length);
  return page.slice(from, to < 0 ? undefined : to);
}

/** The closed list of codes. */
const codes = ((): string[] => {
  const errors = readFileSync(join(root, "js/src/errors.ts"), "utf8");
  const list = /const codes: [^{]*\{([^}]*)\}/.exec(errors)?.[1] ?? "";
  return [...list.matchAll(/([A-Z_]+): true/g)].map(([, code]) => code as string);
})();

test("docs/errors.md has every code, and no other", () => {
  const docs = readFileSync(join(root, "docs/errors.md"), "utf8");
  const named = [...docs.matchAll(/^\| ((?:`[A-Z_]+`(?:, )?)+) \|/gm)].flatMap(
    ([, row]) => row?.match(/[A-Z_]+/g) ?? [],
  );
  assert.ok(codes.length > 30);
  assert.deepEqual(named.sort(), [...codes].sort());
});

describe("docs/operations.md", () => {
  const docs = readFileSync(join(root, "docs/operations.md"), "utf8");
  const headings = docs.match(/^## .*/gm) ?? [];

  test("its examples print what they say, and each is run", () => {
    let ran = 0;
    for (const heading of headings) {
      const part = section(docs, heading);
      if (!part.includes("```js")) continue;
      assert.equal(printedBy(block("js", part)), block("text", part), heading);
      ran += 1;
    }
    assert.equal(ran, docs.split("```js").length - 1);
    assert.ok(ran >= 3, `${ran} examples`);
  });

  test("its table of HTTP statuses has every code once", () => {
    const rows = section(docs, "## HTTP statuses").matchAll(/^\| (\d{3}) \| (.*) \|$/gm);
    const named = [...rows].flatMap(([, , codes]) => codes?.match(/[A-Z_]{3,}/g) ?? []);
    assert.deepEqual(named.sort(), [...codes].sort());
  });

  test("its table of sizes has the defaults of the code", () => {
    const sizes = section(docs, "## Sizing");
    const facade = readFileSync(join(root, "js/src/facade.ts"), "utf8");
    const engine = readFileSync(join(root, "src/engine/sequencer/mod.rs"), "utf8");
    const said = (option: string) =>
      new RegExp(`\\| \`${option}\` \\| ([\\d,]+)`).exec(sizes)?.[1]?.replaceAll(",", "");
    assert.equal(said("calls"), /const calls_max = ([\d_]+);/.exec(facade)?.[1]?.replaceAll("_", ""));
    assert.equal(said("queue"), /queue_max: ([\d_]+),/.exec(engine)?.[1]?.replaceAll("_", ""));
    assert.match(engine, new RegExp(`cache_bytes_max: ${said("cacheBytes")} \\* 1024 \\* 1024`));
  });
});

test("every link in the package's pages leads to a file of the package", () => {
  const pkg = join(root, "pkg");
  const { files } = JSON.parse(readFileSync(join(pkg, "package.json"), "utf8")) as { files: string[] };
  const shipped = new Set([...files, "README.md", "package.json"]);
  const pages = readdirSync(join(pkg, "docs")).map((page) => `docs/${page}`);
  let links = 0;
  for (const page of ["README.md", "CHANGELOG.md", ...pages]) {
    const text = readFileSync(join(pkg, page), "utf8");
    for (const [, link] of text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (link === undefined || /^https?:/.test(link)) continue;
      const target = join(dirname(page), link);
      assert.ok(existsSync(join(pkg, target)), `${page}: ${link}`);
      assert.ok(shipped.has(target.split("/")[0] ?? ""), `${page}: ${link} is not shipped`);
      links += 1;
    }
  }
  assert.ok(links > 20, `${links} links`);
});

test("the README's table of dependencies names each one", () => {
  const table = readme.slice(readme.indexOf("## Dependencies"), readme.indexOf("## Licence"));
  const npm = JSON.parse(readFileSync(join(root, "js/package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  const named = Object.keys(npm.devDependencies).filter((name) => name !== "sms-ledger");
  for (const manifest of [
    "Cargo.toml",
    "bench-native/Cargo.toml",
    "histories/Cargo.toml",
    "xtask/Cargo.toml",
  ]) {
    let listing = false;
    for (const line of readFileSync(join(root, manifest), "utf8").split("\n")) {
      if (line.startsWith("[")) listing = line.endsWith("dependencies]");
      const name = /^([a-z][\w-]*) = /.exec(line)?.[1];
      if (listing && name !== undefined && name !== "sms-ledger") named.push(name);
    }
  }
  assert.ok(named.length > 15);
  for (const name of named)
    assert.ok(table.includes(`\`${name}\``), `\`${name}\` is not in the README's table`);
});

test("the README shows the storage contract as it is", () => {
  const contract = readFileSync(join(root, "js/src/storage/contract.ts"), "utf8");
  for (const member of [
    "get(partition: string, keys: readonly string[])",
    "list(partition: string, range:",
    "commit(partition: string, batch: Batch)",
    "commitMany?(commits: readonly",
    "readonly exclusive?: boolean",
  ]) {
    assert.ok(contract.includes(member), member);
    assert.ok(readme.includes(member), member);
  }
});
