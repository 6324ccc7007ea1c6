/**
 * The main job, played alike in Node, in a browser and in a worker: what each call answers is collected, so that the
 * runtimes can be compared to the letter. It must import nothing but types: the browser gets it as it stands.
 */
import type { Ledger, resolveRegions } from "sms-ledger";
import type { Law } from "sms-ledger/testing";

/** The instant at which the job is played everywhere. */
export const played_at = "2026-11-20T12:00:00Z";

const au = "+61412345678";
const us = "+12025550123";

/** The texts that a buyer should see counted right: the second has one curly quote more than the first. */
export const texts: readonly string[] = [
  "Your table is booked for 7 pm. Reply C to cancel.",
  `It's ready: ${"collect your order at the counter. ".repeat(3)}`,
  `It’s ready: ${"collect your order at the counter. ".repeat(3)}`,
  "See you soon 👋🏽",
  "€".repeat(80),
  "x".repeat(161),
];

/** Numbers of one region, of several, of none, and dialled in Australia. */
const numbers: readonly string[] = [
  "+64 21 123 456",
  "+447924123456",
  "+870773111632",
  "0011 1 416 555 0123",
  "0412 345 678",
  "+999123456789",
  "021",
];

type Step = () => unknown;

/** The answer of a call, or what it was refused with. */
async function outcome(step: Step): Promise<unknown> {
  try {
    return await step();
  } catch (error) {
    const { name, code, message, details, retryable } = error as Record<
      "name" | "code" | "message" | "details" | "retryable",
      unknown
    >;
    return { name, code, message, details, retryable };
  }
}

function steps(ledger: Ledger): readonly Step[] {
  const account = "acme";
  const buy =
    (id: string, offer: string, quantity: number): Step =>
    () => {
      const quote = ledger.quote({ offer, quantity });
      return ledger.purchase({ id, account, quote, payment: { reference: `card-${id}` } });
    };
  const reserve =
    (id: string, to: string, text: string): Step =>
    () =>
      ledger.reserve({ id, account, to, text });
  return [
    () =>
      ledger.openAccount({
        id: account,
        plan: "starter",
        billingAnchor: "2026-01-31T09:30:00Z",
        zone: "Australia/Sydney",
      }),
    ...texts.map(
      (text): Step =>
        () =>
          ledger.segments(text),
    ),
    ...texts.map(
      (text): Step =>
        () =>
          ledger.preview({ account, to: au, text }),
    ),
    () => ledger.quote({ offer: "pack-au", quantity: 150 }),
    buy("order-au", "pack-au", 300),
    buy("order-us", "pack-us", 100),
    buy("order-us", "pack-us", 100),
    ...texts.map((text, index) => reserve(`au-${index}`, au, text)),
    ...texts.map((text, index) => reserve(`us-${index}`, us, text)),
    () => ledger.report({ id: "au-0", account, stage: "delivered" }),
    () => ledger.report({ id: "au-0", account, stage: "delivered" }),
    () => ledger.report({ id: "au-0", account, stage: "rejected", code: "30003" }),
    () => ledger.report({ id: "us-1", account, stage: "rejected", code: "21610" }),
    () => ledger.report({ id: "us-2", account, stage: "accepted" }),
    () => ledger.settle({ id: "au-5", account, segments: 1 }),
    () => ledger.release({ id: "us-5", account }),
    reserve("de-0", "+4915112345678", "Hallo"),
    () => ledger.explain({ account, to: "+4915112345678", text: "Hallo" }),
    reserve("us-large", us, "x".repeat(30_000)),
    () => ledger.explain({ account, to: us, text: "x".repeat(30_000) }),
    () => ledger.balance({ account, at: "2027-02-15T00:00:00Z" }),
  ];
}

/** Plays the whole job, and resolves some numbers. */
export async function play(ledger: Ledger, resolve: typeof resolveRegions): Promise<unknown[]> {
  const resolved = resolve(numbers, { defaultRegion: "AU" });
  const results: unknown[] = numbers.map((_, index) => resolved.at(index));
  for (const step of steps(ledger)) results.push(await outcome(step));
  return results;
}

/** What is there afterwards, also after a restart; and the answers to what was said before. */
export async function review(ledger: Ledger): Promise<unknown> {
  const account = "acme";
  return {
    balance: await ledger.balance({ account }),
    packages: await ledger.packages({ account }),
    entries: await ledger.entries({ account }),
    verified: await ledger.verify({ account }),
    repeated: await ledger.reserve({ id: "au-3", account, to: au, text: texts[3] as string }),
  };
}

/** Runs laws one after the other; gives the number of those that hold, and what is wrong with the others. */
export async function hold(laws: readonly Law[]): Promise<{ held: number; broken: string[] }> {
  const broken: string[] = [];
  for (const { name, run } of laws) {
    try {
      await run();
    } catch (error) {
      broken.push(`${name}: ${String(error)}`);
    }
  }
  return { held: laws.length - broken.length, broken };
}
