/** What the page and its server say to each other. */
import type { Package, Snapshot } from "sms-ledger";

/** The account of the moment. */
export interface Account {
  account: string;
  /** Where it is kept, such as `a SQLite file`. */
  place: string;
  /** The server's clock, in milliseconds since the epoch. */
  now: number;
  /** What a preview works on. */
  snapshot: Snapshot;
  /** In draw order. */
  packages: Package[];
}

export interface Refused {
  code: string;
  message: string;
  /** Of an error's details, those that the page speaks of. */
  details: { region?: string; needed?: number; available?: number; nearest?: number[] };
}
export type Answer<T> = { ok: T } | { error: Refused };

/** The server did not answer at all. */
export const unreachable: Refused = {
  code: "UNREACHABLE",
  message: "the demo's server does not answer",
  details: {},
};

async function ask<T>(path: string, options?: RequestInit): Promise<T | undefined> {
  try {
    const reply = await fetch(`/api/${path}`, options);
    return reply.ok ? ((await reply.json()) as T) : undefined;
  } catch {
    return undefined;
  }
}

export function account(): Promise<Account | undefined> {
  return ask<Account>("account");
}

/** A command on the real account. */
export async function command<T>(name: "reserve" | "purchase", body: object): Promise<Answer<T>> {
  const answer = await ask<Answer<T>>(name, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer ?? { error: unreachable };
}
