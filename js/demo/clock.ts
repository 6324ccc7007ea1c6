/** The demo's clock: it stands still during the story, so that its output is always the same, and runs on afterwards. */

export class Clock {
  #at: number;
  #since: number | undefined;

  constructor(start: string) {
    this.#at = Date.parse(start);
  }

  /** Sets it to an instant. */
  set(instant: string): void {
    this.#at = Date.parse(instant);
  }

  /** Lets it run from where it stands. */
  run(): void {
    this.#since = performance.now();
  }

  /** Milliseconds since the epoch. */
  readonly now = (): number =>
    this.#since === undefined ? this.#at : Math.round(this.#at + performance.now() - this.#since);
}
