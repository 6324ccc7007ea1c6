/// <reference lib="es2024.string" />
/**
 * The few globals that every host has (Node, browsers, workers), typed here by their shape, so that no other file leans
 * on the types of one host. No rule lives here.
 */

interface Host {
  queueMicrotask(job: () => void): void;
  setTimeout(job: () => void, milliseconds: number): unknown;
  atob(base64: string): string;
  WebAssembly: { Module: new (bytes: Uint8Array) => object };
}

const host = globalThis as unknown as Host;

/** Runs `job` when the present tick is over. */
export const soon = (job: () => void): void => host.queueMicrotask(job);

/** Fulfilled after about `milliseconds`. */
export const delay = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => {
    host.setTimeout(resolve, milliseconds);
  });

/** A WebAssembly module from its bytes, at once. */
export const compile = (bytes: Uint8Array): object => new host.WebAssembly.Module(bytes);

/** The bytes of a base64 text. */
export function fromBase64(base64: string): Uint8Array {
  const binary = host.atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
  return bytes;
}
