/**
 * The feed of an account's events, page after page: what has happened until now, and then it ends. Where it ended, the last
 * event's `sequence` is where the next look begins.
 */
import type { EventPage, LedgerEvent } from "./types.ts";

type Input = Readonly<Record<string, unknown>>;

/** Over a store that may answer later. */
export async function* follow(
  input: Input,
  read: (page: Input) => Promise<EventPage>,
): AsyncGenerator<LedgerEvent, void, undefined> {
  for (let page = await read(input); ; page = await read({ ...input, after: page.cursor })) {
    yield* page.events;
    if (!page.more) return;
  }
}

/** Over a store that answers at once. */
export function* followSync(
  input: Input,
  read: (page: Input) => EventPage,
): Generator<LedgerEvent, void, undefined> {
  for (let page = read(input); ; page = read({ ...input, after: page.cursor })) {
    yield* page.events;
    if (!page.more) return;
  }
}
