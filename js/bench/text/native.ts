/** The counters that are compiled for this machine: `bench-native` counts the same texts, in rounds of its own. */
import { readFileSync } from "node:fs";
import { native as run } from "../native.ts";
import type { Case } from "./cases.ts";

export interface NativeFigures {
  counters: { name: string; nanoseconds: number[] }[];
  wrong: { name: string; asked: number; segments: number; encodings: number }[];
}

export function native(cases: readonly Case[], vectors: URL, rounds: number): NativeFigures {
  const all = JSON.parse(readFileSync(vectors, "utf8")) as { text: string; options?: object }[];
  // Rust's strings cannot hold lone surrogates.
  const asked = all.filter(({ text, options }) => options === undefined && text.isWellFormed());
  const input = JSON.stringify({ rounds, cases: cases.map(({ texts }) => texts), vectors: asked });
  return run(["text"], input) as NativeFigures;
}
