/** The counters that are compiled for this machine: `bench-native` counts the same texts, in rounds of its own. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Case } from "./cases.ts";

export interface NativeFigures {
  counters: { name: string; nanoseconds: number[] }[];
  wrong: { name: string; asked: number; segments: number; encodings: number }[];
}

const root = fileURLToPath(new URL("../../../", import.meta.url));

export function native(cases: readonly Case[], vectors: URL, rounds: number): NativeFigures {
  const all = JSON.parse(readFileSync(vectors, "utf8")) as { text: string; options?: object }[];
  // Rust's strings cannot hold lone surrogates.
  const asked = all.filter(({ text, options }) => options === undefined && text.isWellFormed());
  const input = JSON.stringify({ rounds, cases: cases.map(({ texts }) => texts), vectors: asked });
  const told = execFileSync("cargo", ["run", "--release", "--quiet", "--package", "bench-native", "--", "text"], {
    cwd: root,
    input,
    encoding: "utf8",
    maxBuffer: 1 << 24,
    stdio: ["pipe", "pipe", "inherit"],
  });
  return JSON.parse(told) as NativeFigures;
}
