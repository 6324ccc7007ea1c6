/** What a store is made of, checked as it is made: a wrong client would fail at the first call, far from the mistake. */
import { invalidInput } from "../errors.ts";

/** Refuses what lacks one of these functions; `valid` says what would do. */
export function checkClient(
  name: string,
  client: unknown,
  functions: readonly string[],
  valid: string,
): void {
  const isObject = typeof client === "object" || typeof client === "function";
  if (!isObject || client === null) throw invalidInput(name, `must be ${valid}`, client ?? null);
  for (const called of functions) {
    // A function within a part, such as `sql.exec`.
    const found = called.split(".").reduce<unknown>((part, step) => (part as never)?.[step], client);
    if (typeof found !== "function")
      throw invalidInput(`${name}.${called}`, `must be a function: pass ${valid}`, found ?? null);
  }
}

/** Each option that there is, with the check of it: what it must be, where it is not. */
export type OptionChecks = Readonly<Record<string, (value: unknown) => string | undefined>>;

export function checkOptions(options: unknown, checks: OptionChecks): void {
  if (typeof options !== "object" || options === null)
    throw invalidInput("options", "must be an object", options ?? null);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(checks, name)) {
      const allowed = Object.keys(checks).map((known) => `\`${known}\``);
      throw invalidInput(name, `is no option; allowed are ${allowed.join(", ")}`);
    }
    const problem = value === undefined ? undefined : checks[name]?.(value);
    if (problem !== undefined) throw invalidInput(name, problem, value);
  }
}

export const milliseconds = (value: unknown): string | undefined =>
  Number.isSafeInteger(value) && (value as number) > 0
    ? undefined
    : "must be a whole number of milliseconds, 1 or more";
export const flag = (value: unknown): string | undefined =>
  typeof value === "boolean" ? undefined : "must be `true` or `false`";
export const name = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? undefined : "must be a string that is not empty";
