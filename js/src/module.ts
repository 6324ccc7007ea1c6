/**
 * The only file that touches the module's glue: starting the WebAssembly instance, making engines in it, and replacing it
 * after a trap. All ledgers of a program share the one instance, so a trap in one of them costs the others their engine
 * too; `generation` tells them.
 */
import { LedgerError } from "./errors.ts";
import { zoneOffset } from "./zone.ts";

/** What an engine may count on; see docs/boundary.md. */
export interface EngineLimits {
  checks?: number;
  writes?: number;
  valueBytes?: number;
  exclusive?: boolean;
  cacheBytes?: number;
  queue?: number;
}

/** The class that the module exports; see docs/boundary.md. */
export interface Engine {
  loadCatalog(catalog: unknown): string;
  reserve(
    ticket: number,
    now: number,
    account: string,
    id: string,
    to: string,
    text: string,
    attempt: number,
    preview: boolean,
    purpose: string | undefined,
    project: string | undefined,
  ): void;
  reserveBatch(
    ticket: number,
    now: number,
    account: string,
    all: boolean,
    text: string,
    words: Uint32Array,
  ): void;
  estimate(ticket: number, now: number, account: string, at: number, text: string, words: Uint32Array): void;
  settle(ticket: number, now: number, account: string, id: string, segments: number): void;
  release(ticket: number, now: number, account: string, id: string): void;
  report(
    ticket: number,
    now: number,
    account: string,
    id: string,
    stage: string,
    code: string | undefined,
    segments: number,
  ): void;
  enqueue(ticket: number, now: number, name: string, input: unknown): void;
  forget(account: string): void;
  counting(): string;
  quote(now: number, input: unknown): string;
  quotes(now: number, asked: Uint32Array): Uint32Array;
  totals(now: number, asked: Uint32Array): Uint32Array;
  poll(): Uint32Array;
  text(): string;
  loaded(read: number, text: string, lengths: Uint32Array): void;
  readFailed(read: number, message: string): void;
  committed(commit: number, revision: string): void;
  refused(commit: number, stale: string[]): void;
  unknown(commit: number, message: string): void;
  free?(): void;
}

/** The exports that need no engine; see docs/boundary.md. */
export interface Numbering {
  resolveRegion(number: string, place: number): number;
  resolveRegions(numbers: string, place: number): Uint32Array;
  regionNames(): string;
}

/** The export that checks a catalog; see docs/boundary.md. */
export interface CatalogCheck {
  validateCatalog(zoneOffset: (zone: string, epochMs: number) => number, catalog: unknown): string;
}

/** The class that counts texts by themselves; see docs/boundary.md. */
export interface TextScratch {
  memory(): { readonly buffer: ArrayBuffer };
  units(): number;
  lengths(): number;
  columns(): number;
  sizes(): number;
  keep(clusters: Uint32Array): void;
  count(length: number, layout: number, national: number, charactersMax: number): number;
  countAll(texts: number, layout: number, national: number, charactersMax: number): Uint32Array;
  analyze(length: number, layout: number, national: number, charactersMax: number): number;
}

/** The glue that is generated beside the module. */
export interface Glue {
  Texts: new () => TextScratch;
  Engine: new (zoneOffset: (zone: string, epochMs: number) => number, limits: EngineLimits) => Engine;
  initSync(options: { module: object }): unknown;
  /** Puts a fresh instance in the place of a trapped one. */
  __wbg_reset_state?(): void;
}

/** The module of one entry of the package. */
export class Module {
  /** Rises with every trap: an engine made under another generation is gone. */
  generation = 0;
  readonly #glue: Glue;
  #started = false;
  #trapped = false;

  constructor(glue: Glue) {
    this.#glue = glue;
  }

  /** Starts the instance, from a compiled `WebAssembly.Module` or the module's bytes. A second start changes nothing. */
  start(module: object): void {
    if (this.#started) return;
    this.#glue.initSync({ module });
    this.#started = true;
  }

  /** A new engine in the present instance, or in a fresh one after a trap. */
  engine(limits: EngineLimits): Engine {
    return new (this.#ready().Engine)(zoneOffset, limits);
  }

  /** A scratch for texts in the present instance, or in a fresh one after a trap. */
  texts(): TextScratch {
    return new (this.#ready().Texts)();
  }

  /** The exports that need no engine. */
  numbering(): Numbering {
    return this.#ready() as Glue & Numbering;
  }

  /** What is wrong or odd with a catalog, as tagged JSON. */
  validateCatalog(catalog: unknown): string {
    return (this.#ready() as Glue & CatalogCheck).validateCatalog(zoneOffset, catalog);
  }

  #ready(): Glue {
    if (!this.#started) {
      throw new LedgerError("ENGINE_FAILED", "the module is not started; call `initialize` first", {});
    }
    if (this.#trapped) {
      this.#glue.__wbg_reset_state?.();
      this.#trapped = false;
    }
    return this.#glue;
  }

  /**
   * An exception came out of the instance: what is in its memory can no longer be trusted. Gives what the module itself
   * said of it, if anything: WebAssembly's own exception says no more than `unreachable`.
   */
  trapped(): string | undefined {
    this.generation += 1;
    this.#trapped = true;
    return takePanic();
  }

  /** After an exception out of a call that no ledger waits for: what its caller is told. */
  failed(cause: unknown): LedgerError {
    const panic = this.trapped();
    const message = "the module failed and is started anew by the next call";
    return new LedgerError("ENGINE_FAILED", message, panic === undefined ? {} : { panic }, {
      retryable: true,
      cause,
    });
  }
}

/** Where the module leaves the message of a panic before it traps. */
function takePanic(): string | undefined {
  const left = globalThis as { __smsLedgerPanic?: unknown };
  const panic = left.__smsLedgerPanic;
  delete left.__smsLedgerPanic;
  return typeof panic === "string" ? panic : undefined;
}
