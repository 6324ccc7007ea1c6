/** The two answers of the hot path, which cross as words rather than as JSON; their shapes are those of `types.ts`. */
import type { Draw, Outcome, Preview, Reserved, Stage } from "./types.ts";
import type { Words } from "./words.ts";

/** Halves of a count: the low one first. */
const wide = (words: Words): number => words.number() + words.number() * 0x1_0000_0000;

/** The answer to `reserve`, or without an id to `preview`. */
export function reservedOf(words: Words): Reserved | Preview {
  const id = words.optional();
  const region = words.optional();
  const flags = words.number();
  const encoding = (flags & 1) === 1 ? "UCS-2" : "GSM-7";
  const segments = words.number();
  const draws = drawsOf(words);
  const available = wide(words);
  const at = words.instant();
  const preview: Preview = { region: region as string, encoding, segments, draws, available };
  if (flags > 1) preview.credits = sum(draws);
  return id === undefined || at === undefined ? preview : { id, ...preview, at };
}

/** The answer to a message of a batch, whose id its sender has. */
export function inBatchOf(words: Words): Reserved {
  const region = words.region() as string;
  const flags = words.number();
  const reserved: Reserved = {
    id: "",
    region,
    encoding: (flags & 1) === 1 ? "UCS-2" : "GSM-7",
    segments: words.number(),
    draws: drawsOf(words),
    available: wide(words),
    at: "",
  };
  const at = words.instant() as string;
  if (flags > 1) return { ...inCredits(reserved), at };
  reserved.at = at;
  return reserved;
}

/** With what it costs, which is what it draws. */
function inCredits({ at: _, ...reserved }: Reserved): Omit<Reserved, "at"> {
  return { ...reserved, credits: sum(reserved.draws) };
}

/** What a message costs is what it draws. */
function sum(draws: readonly Draw[]): number {
  let credits = 0;
  for (const draw of draws) credits += draw.segments;
  return credits;
}

/** The answer to a batch that was decided as one. */
export function batchOf(words: Words): Reserved[] {
  const all: Reserved[] = [];
  for (let left = words.number(); left > 0; left--) all.push(inBatchOf(words));
  return all;
}

function drawsOf(words: Words): Draw[] {
  const draws: Draw[] = [];
  for (let left = words.number(); left > 0; left--)
    draws.push({ package: `p${words.number()}`, segments: words.number() });
  return draws;
}

/** The answer to `settle`, `release` and `report`. */
export function outcomeOf(words: Words): Outcome {
  const outcome: Outcome = {
    id: words.string(),
    state: words.string() as Outcome["state"],
    segments: words.number(),
    spent: words.number(),
    released: words.number(),
    expired: words.number(),
    applied: false,
  };
  const flags = words.number();
  outcome.applied = (flags & 1) === 1;
  if (flags > 1) outcome.credits = words.number();
  const at = words.instant();
  if (at !== undefined) outcome.at = at;
  const known = words.number() === 1;
  const available = wide(words);
  if (known) outcome.available = available;
  if (words.number() === 1) outcome.contradicted = contradictedOf(words);
  return outcome;
}

function contradictedOf(words: Words): NonNullable<Outcome["contradicted"]> {
  const stage = words.string() as Stage;
  const code = words.optional();
  const segments = words.number();
  const at = words.instant() ?? "";
  return {
    stage,
    ...(code === undefined ? {} : { code }),
    ...(segments === 0 ? {} : { segments }),
    at,
  };
}
