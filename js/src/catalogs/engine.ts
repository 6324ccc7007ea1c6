/** An engine of one catalog, without a ledger: made anew after a trap, and freed by whoever needs it no longer. */
import { answerOf, LedgerError } from "../errors.ts";
import type { Engine, Module } from "../module.ts";
import { prepareCatalog } from "../shape.ts";
import type { Catalog } from "../types.ts";

/** Runs what does no more than call exports. */
export function run<T>(module: Module, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    if (cause instanceof LedgerError) throw cause;
    throw module.failed(cause);
  }
}

export class CatalogEngine {
  /** A copy: what becomes of the caller's object changes no price. */
  readonly catalog: Catalog;
  readonly #module: Module;
  #engine: Engine | undefined;
  #generation = -1;

  /** Throws a `LedgerError` where the catalog cannot be used. */
  constructor(module: Module, catalog: unknown) {
    this.#module = module;
    this.catalog = prepareCatalog(catalog) as unknown as Catalog;
    this.use(() => undefined);
  }

  /** A question that is answered as tagged JSON. */
  ask(question: (engine: Engine) => string): unknown {
    return answerOf(this.use(question));
  }

  /** A question that is answered as it is. */
  use<T>(question: (engine: Engine) => T): T {
    return run(this.#module, () => question(this.#current()));
  }

  free(): void {
    const engine = this.#engine;
    this.#engine = undefined;
    if (this.#generation === this.#module.generation) engine?.free?.();
  }

  #current(): Engine {
    if (this.#engine !== undefined && this.#generation === this.#module.generation) return this.#engine;
    const engine = this.#module.engine({});
    answerOf(engine.loadCatalog(this.catalog));
    this.#engine = engine;
    this.#generation = this.#module.generation;
    return engine;
  }
}
