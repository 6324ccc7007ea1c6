/** Rounds of several cases in turn: medians of what they reserved a second, and how long one call waited. */
import { median } from "../measure.ts";
import { credits, inStrands, type Side } from "./side.ts";
import type { Workload } from "./workload.ts";

/** One side with so many callers. */
export interface Case {
  side: Side;
  inFlight: number;
}

export interface Figure extends Case {
  /** Messages a second: the median round. Each is an entry of the journal, however many share a transaction. */
  perSecond: number;
  /** Milliseconds that a call takes: the middle one, and one in a hundred takes longer. */
  p50: number;
  p99: number;
}

/** A round is as long as this, unless so many messages are done before. */
const round_ms = 400;

let last = 0;

/** What a case does in one round. */
class Runner {
  readonly rates: number[] = [];
  readonly waits: number[] = [];
  /** Messages so far. */
  messages = 0;
  readonly #case: Case;
  #perRound: number;

  constructor(each: Case, perRound: number) {
    this.#case = each;
    this.#perRound = perRound;
  }

  /** A short round, of which only the speed is kept: a round is to take `round_ms`. */
  async warmUp(accounts: readonly string[]): Promise<void> {
    const { side, inFlight } = this.#case;
    const few = Math.min(this.#perRound, Math.max(inFlight * side.grouped, 100));
    const rate = await this.#run(accounts, few, []);
    this.#perRound = Math.min(this.#perRound, Math.max(few, Math.round((rate * round_ms) / 1_000)));
  }

  async round(accounts: readonly string[]): Promise<void> {
    this.rates.push(await this.#run(accounts, this.#perRound, this.waits));
  }

  async #run(accounts: readonly string[], messages: number, waits: number[]): Promise<number> {
    const { side, inFlight } = this.#case;
    const calls = Math.ceil(messages / side.grouped);
    const strands = Math.max(1, Math.ceil(inFlight / side.grouped));
    const start = performance.now();
    await inStrands(strands, calls, async (call) => {
      const ids = Array.from({ length: side.grouped }, () => `message-${++last}`);
      const before = performance.now();
      await side.reserve(accounts[call % accounts.length] ?? "", ids);
      waits.push(performance.now() - before);
    });
    const done = calls * side.grouped;
    this.messages += done;
    return (done / (performance.now() - start)) * 1_000;
  }
}

export async function measured(
  cases: readonly Case[],
  workload: Workload,
  { rounds, perRound }: { rounds: number; perRound: number },
  progress: (said: string) => void,
): Promise<Figure[]> {
  const slices = Array.from({ length: rounds + 1 }, () => workload.accounts(perRound));
  const accounts = [...new Set(slices.flat())];
  const sides = [...new Set(cases.map(({ side }) => side))];
  for (const side of sides) {
    progress(`${workload.name}: opening ${accounts.length} accounts in ${side.store}, ${side.name} …`);
    await side.open(accounts);
    side.begin?.();
  }
  const runners = cases.map((each) => new Runner(each, perRound));
  for (const runner of runners) await runner.warmUp(slices[0] ?? []);
  for (let round = 1; round <= rounds; round++) {
    for (const [index, runner] of runners.entries()) {
      progress(`${workload.name}: round ${round} of ${rounds}, case ${index + 1} of ${cases.length} …`);
      await runner.round(slices[round] ?? []);
    }
  }
  for (const side of sides) {
    progress(`${workload.name}: checking the balances in ${side.store}, ${side.name} …`);
    await check(side, accounts, runners, cases);
  }
  return cases.map((each, index) => {
    const { rates = [], waits = [] } = runners[index] ?? {};
    const sorted = Float64Array.from(waits).sort();
    const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
    return { ...each, perSecond: median(rates), p50: at(0.5), p99: at(0.99) };
  });
}

/** Every segment that was given is there, and each message holds one. */
async function check(
  side: Side,
  accounts: readonly string[],
  runners: readonly Runner[],
  cases: readonly Case[],
): Promise<void> {
  let messages = 0;
  for (const [index, runner] of runners.entries()) {
    if (cases[index]?.side === side) messages += runner.messages;
  }
  const { available, held } = await side.written(accounts);
  const given = accounts.length * credits;
  if (held !== messages || available + held !== given) {
    throw new Error(
      `${side.store}, ${side.name}: ${messages} messages were reserved, ${held} are held; ${available} of ${given} are left`,
    );
  }
}
