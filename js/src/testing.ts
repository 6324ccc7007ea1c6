/**
 * The laws of a store as tests, for whoever writes an adapter. No framework and no host is needed: each law has a name
 * and runs by itself, in Node, a worker or a browser.
 *
 *     for (const { name, run } of storageConformance({ open })) test(name, run);
 *     for (const { name, reason } of skippedLaws({ open })) test(name, { skip: reason });
 */
import { commit_laws } from "./testing/commits.ts";
import { failing_laws, fault_laws, severing_laws } from "./testing/faults.ts";
import { limit_laws } from "./testing/limits.ts";
import { alone_laws, many_laws } from "./testing/many.ts";
import { reading_laws } from "./testing/reading.ts";
import { reopening_laws } from "./testing/reopening.ts";
import { checkSubject, type Laws, type Need, opened, type Subject } from "./testing/store.ts";
import { value_laws } from "./testing/values.ts";
import { writer_laws } from "./testing/writers.ts";

export { failing_key, type Severable, type Subject } from "./testing/store.ts";

/** One test; `run` rejects where the law is broken. */
export interface Law {
  name: string;
  run(): Promise<void>;
}

/** A law that is not held to, and why. */
export interface SkippedLaw {
  name: string;
  reason: string;
}

/** What every store is held to. */
const laws: Laws = {
  ...reading_laws,
  ...value_laws,
  ...commit_laws,
  ...limit_laws,
  ...writer_laws,
  ...fault_laws,
};

/** What a store is held to if the subject says how. */
const further: Readonly<Record<Need, Laws>> = {
  reopen: reopening_laws,
  failing: failing_laws,
  severable: severing_laws,
  many: many_laws,
};

/** Every law of docs/storage.md that the subject allows for, as a test of its own. */
export function storageConformance(subject: Subject): Law[] {
  checkSubject(subject);
  const chosen = { ...laws, ...(subject.many === undefined ? alone_laws : {}) };
  for (const [need, more] of Object.entries(further))
    if (subject[need as Need] !== undefined) Object.assign(chosen, more);
  return Object.entries(chosen).map(([name, body]) => ({
    name,
    run: async () => body(await opened(subject), subject),
  }));
}

/** The laws that `storageConformance` leaves out, because the subject does not say how. */
export function skippedLaws(subject: Subject): SkippedLaw[] {
  checkSubject(subject);
  return Object.entries(further).flatMap(([need, more]) =>
    subject[need as Need] === undefined
      ? Object.keys(more).map((name) => ({ name, reason: `the subject has no \`${need}\`` }))
      : [],
  );
}
