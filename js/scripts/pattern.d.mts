/** A pattern of digits, deterministic. A state is a number; null is one from which nothing can match any more. */
export interface Automaton {
  readonly start: number;
  step(state: number, digit: string): number | null;
  ends(state: number): boolean;
  words(): string[];
  lengths(word: string): number[];
}
export function automaton(source: string): Automaton;
