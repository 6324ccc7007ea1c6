/**
 * Makes the npm package's `dist/` of the module (`generated/`), the sources (`src/`) and the catalogs.
 * `cargo xtask build` runs it after the module is built.
 */

import { spawnSync } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const js = import.meta.dirname;
const generated = path.join(js, "generated");
const profiles = path.join(js, "../src/catalog/profiles");
const dist = path.join(js, "../pkg/dist");

/** The public entries: the name in `dist/`, the source, and whether CommonJS gets it as well. */
const entries = [
  { name: "index", source: "src/entry/embedded.ts", cjs: true },
  { name: "workerd", source: "src/entry/workerd.ts", cjs: false },
  { name: "slim", source: "src/entry/slim.ts", cjs: true },
  { name: "node-sqlite", source: "src/storage/node-sqlite.ts", cjs: true },
  { name: "deno-kv", source: "src/storage/deno-kv.ts", cjs: false },
  { name: "redis", source: "src/storage/redis.ts", cjs: true },
  { name: "indexeddb", source: "src/storage/indexeddb.ts", cjs: false },
  { name: "postgres", source: "src/storage/postgres.ts", cjs: true },
  { name: "d1", source: "src/storage/d1.ts", cjs: false },
  { name: "durable-object", source: "src/storage/durable-object.ts", cjs: false },
  { name: "edge", source: "src/edge/edge.ts", cjs: false },
  { name: "testing", source: "src/testing.ts", cjs: true },
];

const relativeImport = /\b(?:from|import)\s*\(?\s*"(\.{1,2}\/[^"]+)"/g;
const withoutExtension = (specifier) => specifier.replace(/(?:\.d)?\.[cm]?[jt]s$/, "");

await rm(dist, { recursive: true, force: true });
await mkdir(path.join(dist, "catalogs"), { recursive: true });
await embedModule();
await bundle("esm", ".js", entries);
await bundle(
  "cjs",
  ".cjs",
  entries.filter((entry) => entry.cjs),
);
await declare();
await catalogs();
await copyFile(path.join(generated, "sms_ledger_bg.wasm"), path.join(dist, "sms_ledger.wasm"));
await pages();

/** What people read. Links to what the package does not hold become words. */
async function pages() {
  const root = path.join(js, "..");
  const docs = (await readdir(path.join(root, "docs"))).map((page) => path.join("docs", page));
  await rm(path.join(root, "pkg/docs"), { recursive: true, force: true });
  await mkdir(path.join(root, "pkg/docs"));
  for (const page of ["README.md", "CHANGELOG.md", "LICENSE-MIT", "LICENSE-APACHE", ...docs]) {
    const text = await readFile(path.join(root, page), "utf8");
    const outside = /\[([^\]]+)\]\((?:\.\.\/)*(?:js|src|tests)\/[^)]*\)/g;
    await writeFile(path.join(root, "pkg", page), text.replace(outside, "$1 (in the repository)"));
  }
}

/** The module as text, for the entry that carries it along. */
async function embedModule() {
  const bytes = await readFile(path.join(generated, "sms_ledger_bg.wasm"));
  await writeFile(
    path.join(generated, "wasm-base64.js"),
    `export const wasmBase64 = "${bytes.toString("base64")}";\n`,
  );
  await writeFile(
    path.join(generated, "wasm-base64.d.ts"),
    "/** The module's bytes. */\nexport declare const wasmBase64: string;\n",
  );
}

/** One file an entry, for any runtime: only what the runtime itself brings stays outside. */
async function bundle(format, extension, chosen) {
  await build({
    absWorkingDir: js,
    entryPoints: chosen.map(({ name, source }) => ({ in: source, out: name })),
    outdir: dist,
    outExtension: { ".js": extension },
    bundle: true,
    format,
    platform: "neutral",
    target: "es2022",
    external: ["node:*", "cloudflare:*", "*.wasm"],
    legalComments: "none",
    logLevel: "warning",
  });
}

/** The declarations that the entries reach, once for ES modules and once for CommonJS. */
async function declare() {
  const out = path.join(generated, "types");
  await rm(out, { recursive: true, force: true });
  const compiler = path.join(js, "node_modules/typescript/bin/tsc");
  const { status } = spawnSync(process.execPath, [compiler, "--project", "tsconfig.build.json"], {
    cwd: js,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
  const reached = new Set();
  const waiting = entries.map(({ source }) => source.replace(/\.ts$/, ""));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const text = await declaration(name);
    for (const [, specifier] of text.matchAll(relativeImport)) {
      waiting.push(path.posix.join(path.posix.dirname(name), withoutExtension(specifier)));
    }
    for (const [module, types] of [
      ["js", "ts"],
      ["cjs", "cts"],
    ]) {
      const file = path.join(dist, "types", `${name}.d.${types}`);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(
        file,
        text.replace(relativeImport, (whole, specifier) =>
          whole.replace(specifier, `${withoutExtension(specifier)}.${module}`),
        ),
      );
    }
  }
}

/** A declaration file: the compiler's, or wasm-bindgen's own. */
function declaration(name) {
  const folder = name.startsWith("generated/") ? js : path.join(generated, "types");
  return readFile(path.join(folder, `${name}.d.ts`), "utf8");
}

/** The catalogs as data and as modules. */
async function catalogs() {
  const files = (await readdir(profiles)).filter((file) => file.endsWith(".json"));
  for (const file of files) {
    const name = path.basename(file, ".json");
    const text = (await readFile(path.join(profiles, file), "utf8")).trim();
    const write = (extension, content) =>
      writeFile(path.join(dist, "catalogs", `${name}${extension}`), content);
    const type = (extension) => `import type { Catalog } from "../types/src/types.${extension}";
/** The catalog \`${name}\`, a parsed \`${file}\`. */
declare const catalog: Catalog;
`;
    await write(".json", `${text}\n`);
    await write(".js", `export default ${text};\n`);
    await write(".cjs", `module.exports = ${text};\n`);
    await write(".d.ts", `${type("js")}export default catalog;\n`);
    await write(".d.cts", `${type("cjs")}export = catalog;\n`);
  }
}
