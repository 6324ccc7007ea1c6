/// <reference lib="es2024.string" />
/**
 * The few globals that every host has (Node, browsers, workers), typed here by their shape, so that no other file leans
 * on the types of one host. No rule lives here.
 */

/** Node.js's own view of memory, which writes a string at the speed of a copy. */
interface NodeBuffer {
  write(text: string, offset: number, encoding: "utf16le"): number;
}

interface Host {
  Buffer?: { from?(memory: ArrayBuffer, offset: number, length: number): NodeBuffer };
  queueMicrotask(job: () => void): void;
  setTimeout(job: () => void, milliseconds: number): unknown;
  clearTimeout(timer: unknown): void;
  atob(base64: string): string;
  performance: { now(): number };
  WebAssembly: { Module: new (bytes: Uint8Array) => object };
}

const host = globalThis as unknown as Host;

/** Runs `job` when the present tick is over. */
export const soon = (job: () => void): void => host.queueMicrotask(job);

/** Milliseconds since some instant, by a clock that nobody sets: it never runs backwards. */
export const elapsed = (): number => host.performance.now();

/** Fulfilled after about `milliseconds`. */
export const delay = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    host.setTimeout(resolve, milliseconds);
  });

/** What an answer comes to, or an error where it has not come after so long. */
export function within<T>(answer: PromiseLike<T>, milliseconds: number, problem: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`${problem} for ${milliseconds} ms`));
    const timer = host.setTimeout(late, milliseconds);
    answer.then(
      (value) => {
        host.clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        host.clearTimeout(timer);
        reject(error);
      },
    );
  });
}

const encoder = new TextEncoder();

/** The digest of a text's UTF-8, in hexadecimal. */
export async function digest(algorithm: "SHA-1" | "SHA-256", text: string): Promise<string> {
  const bytes = await crypto.subtle.digest(algorithm, encoder.encode(text));
  return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A WebAssembly module from its bytes, at once. */
export const compile = (bytes: Uint8Array): object => new host.WebAssembly.Module(bytes);

/** The bytes of a base64 text. */
export function fromBase64(base64: string): Uint8Array {
  const binary = host.atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}

/** Up to so many units a loop is quicker than a call of the host. */
const loop_units_max = 40;

/** Writes the units of a text into a piece of memory from `start` on, unchanged, lone surrogates included. */
export type Writer = (text: string, start: number) => void;

export function writer(units: Uint16Array<ArrayBuffer>): Writer {
  const buffer = host.Buffer?.from?.(units.buffer, units.byteOffset, units.byteLength);
  return (text, start) => {
    const { length } = text;
    if (buffer !== undefined && length > loop_units_max) {
      buffer.write(text, 2 * start, "utf16le");
      return;
    }
    let at = 0;
    // Four at a time: the loop itself costs as much as the copy.
    for (let to = start; at + 4 <= length; at += 4, to += 4) {
      units[to] = text.charCodeAt(at);
      units[to + 1] = text.charCodeAt(at + 1);
      units[to + 2] = text.charCodeAt(at + 2);
      units[to + 3] = text.charCodeAt(at + 3);
    }
    for (; at < length; at++) units[start + at] = text.charCodeAt(at);
  };
}
