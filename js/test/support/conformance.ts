/** The suite of `sms-ledger/testing` under node:test. */
import { test } from "node:test";
import { type Subject, skippedLaws, storageConformance } from "sms-ledger/testing";

/** Each law that the subject allows for as a test, and the others as skipped ones. */
export function hold(subject: Subject): void {
  for (const { name, run } of storageConformance(subject)) test(name, run);
  for (const { name, reason } of skippedLaws(subject)) test(name, { skip: reason });
}
