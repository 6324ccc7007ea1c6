/** What is measured: a ledger over a store, its accounts opened, that reserves one message at a time. */

export const credits = 10_000_000;
export const to = "+61491570006";
export const text = "Your code is 481 516. It is valid for ten minutes; never tell it to anyone.";

export interface Side {
  /** The store; sides of one store are compared. */
  store: string;
  name: string;
  /** How many messages one call reserves: 1, or as many as are grouped by hand. */
  grouped: number;
  /** Most calls that are worth waiting for at once; absent = any. One for what answers before another call is made. */
  callsMax?: number;
  /** Opens accounts with `credits` segments each. */
  open(accounts: readonly string[]): Promise<void>;
  /** Before it is measured: nothing of what it has opened is at hand in this process. */
  begin?(): void;
  /** Reserves a segment for each message, all of them for one account; resolves once that is durable. */
  reserve(account: string, ids: readonly string[]): Promise<unknown> | unknown;
  /** Segments of these accounts that are left and that are held. */
  written(accounts: readonly string[]): Promise<Written>;
  close(): Promise<void> | void;
}

export interface Written {
  available: number;
  held: number;
}

/** The first error of work that is done in so many strands at once. */
export async function inStrands(
  strands: number,
  count: number,
  work: (index: number) => unknown,
): Promise<void> {
  let next = 0;
  const strand = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(strands, count) }, strand));
}
