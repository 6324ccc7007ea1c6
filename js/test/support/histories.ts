/** Random histories of every command, as the program `histories` writes them down: each call, its answer, and what is stored in the end. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";

export interface Call {
  now: number;
  call: string;
  input: Record<string, unknown>;
  answer: string;
}

interface Line extends Partial<Call> {
  catalog?: string;
  history?: number;
  ledger?: number;
  stored?: [key: string, value: string][];
}

export interface History {
  seed: number;
  steps: (Call | { ledger: string })[];
  stored: [key: string, value: string][];
}

/** So many histories from a seed on, of so many calls each, one after the other, while they are being made. */
export async function* histories(choice: readonly string[]): AsyncGenerator<History> {
  const native = spawn("cargo", ["run", "--quiet", "--package", "histories", "--", ...choice], {
    cwd: path.join(import.meta.dirname, "../../.."),
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(native, "exit");
  const catalogs: string[] = [];
  let history: History = { seed: 0, steps: [], stored: [] };
  for await (const text of createInterface({ input: native.stdout })) {
    const line = JSON.parse(text) as Line;
    if (line.catalog !== undefined) catalogs.push(line.catalog);
    if (line.history !== undefined) history = { seed: line.history, steps: [], stored: [] };
    if (line.ledger !== undefined) history.steps.push({ ledger: catalogs[line.ledger] as string });
    if (line.call !== undefined) history.steps.push(line as Call);
    if (line.stored !== undefined) yield { ...history, stored: line.stored };
  }
  assert.deepEqual(await ended, [0, null], "the native ledger failed");
}
