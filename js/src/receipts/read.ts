/**
 * Values out of a payload that somebody else wrote: what is asked for must be there and fit, everything else is ignored
 * (providers add fields without notice). What does not fit is refused with its path. No provider is known here.
 */
import { invalidInput } from "../errors.ts";
import { isInstant } from "../shape.ts";
import type { ReceiptOptions } from "./types.ts";

/** UTF-16 units of a payload that is text, and of one value in it; messages that one payload reports on. */
const payload_units_max = 1_000_000;
const value_units_max = 1_024;
const receipts_max = 10_000;

/** A payload as values: JSON is parsed, and a form, as text or as an object, becomes names with texts. */
export function opened(payload: unknown): unknown {
  if (typeof payload === "string") return parsed(payload);
  if (payload instanceof URLSearchParams || payload instanceof FormData) return Object.fromEntries(payload);
  return payload;
}

function parsed(text: string): unknown {
  if (text.length > payload_units_max)
    throw invalidInput(
      "",
      `the payload has ${text.length} UTF-16 units; at most ${payload_units_max} are read`,
    );
  if (!/^\s*[[{]/.test(text)) return Object.fromEntries(new URLSearchParams(text));
  try {
    return JSON.parse(text);
  } catch {
    throw invalidInput("", "the payload begins as JSON and is none", text);
  }
}

/** An object's values by name, and where it stands in the payload. */
export class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw invalidInput(
        path,
        path === "" ? "the payload must be an object" : "must be an object",
        value ?? null,
      );
    this.#values = value as Record<string, unknown>;
    this.#path = path;
  }

  static of(payload: unknown): Fields {
    return new Fields(opened(payload), "");
  }

  has(name: string): boolean {
    const value = this.#values[name];
    return value !== undefined && value !== null && value !== "";
  }

  /** Whether there are values below a name. */
  holds(name: string): boolean {
    return typeof this.#values[name] === "object" && this.has(name);
  }

  at(name: string): string {
    return this.#path === "" ? name : `${this.#path}.${name}`;
  }

  /** A text that must be there. A number is taken for its digits. */
  text(name: string, units_max: number = value_units_max): string {
    return textOf(this.#values[name], this.at(name), units_max);
  }

  optional(name: string, units_max: number = value_units_max): string | undefined {
    return this.has(name) ? this.text(name, units_max) : undefined;
  }

  /** A yes or no; nothing where it is neither. */
  flag(name: string): boolean | undefined {
    const value = this.#values[name];
    return typeof value === "boolean" ? value : undefined;
  }

  /** A whole number above zero, or its digits; nothing where it is anything else. */
  count(name: string): number | undefined {
    const value = this.#values[name];
    const count = typeof value === "string" ? Number(value) : value;
    return Number.isSafeInteger(count) && (count as number) > 0 ? (count as number) : undefined;
  }

  /** An instant since the epoch, in `unit` milliseconds. */
  epoch(name: string, unit: number): string | undefined {
    const value = this.count(name);
    return value === undefined ? undefined : written(value * unit);
  }

  below(name: string): Fields {
    return new Fields(this.#values[name], this.at(name));
  }

  /** The objects of a list. */
  all(name: string): Fields[] {
    return allOf(this.#values[name], this.at(name));
  }

  /** The texts of a list. */
  texts(name: string): string[] {
    const path = this.at(name);
    return listOf(this.#values[name], path).map((item, index) => textOf(item, `${path}[${index}]`));
  }
}

function textOf(value: unknown, path: string, units_max: number = value_units_max): string {
  const text = typeof value === "number" ? String(value) : value;
  if (typeof text === "string" && text.length > 0 && text.length <= units_max) return text.toWellFormed();
  throw invalidInput(path, `must be a text of 1 to ${units_max} UTF-16 units`, value ?? null);
}

/** The objects of a list at `path`. */
export function allOf(value: unknown, path: string): Fields[] {
  return listOf(value, path).map((item, index) => new Fields(item, `${path}[${index}]`));
}

function listOf(value: unknown, path: string): unknown[] {
  if (!Array.isArray(value))
    throw invalidInput(path, path === "" ? "the payload must be a list" : "must be a list", value ?? null);
  if (value.length > receipts_max)
    throw invalidInput(path, `has ${value.length} items; at most ${receipts_max} are read`);
  return Array.from(value);
}

function written(milliseconds: number): string | undefined {
  return isInstant(milliseconds) ? new Date(milliseconds).toISOString() : undefined;
}

/** `2026-11-21T09:30:00.000+0000`, `2026-11-21 09:30:00`, with or without an offset. */
const spelled = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i;
/** `YYMMDDhhmm`, `YYMMDDhhmmss`, `YYYYMMDDhhmmss`. */
const compact = /^(\d\d|\d{4}(?=\d{10}$))(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?$/;

/** A written time in UTC; nothing where it is none, or where nobody says its offset. */
export function timeOf(text: string | undefined, offset: string | undefined): string | undefined {
  const found = text === undefined ? null : (spelled.exec(text) ?? compact.exec(text));
  if (found === null) return undefined;
  const [, year = "", month = "", day, hour, minute, second = "00", fraction = "", own] = found;
  const zone = (own ?? offset)?.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2").toUpperCase();
  if (zone === undefined) return undefined;
  const date = `${year.length === 2 ? `20${year}` : year}-${month}-${day}`;
  // A thirtieth of February would be taken for a day in March.
  if (!new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date)) return undefined;
  return written(Date.parse(`${date}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${zone}`));
}

/** The offset that an option says. */
export function offsetOf(options: ReceiptOptions): string | undefined {
  const { offset } = options;
  if (offset === undefined || (typeof offset === "string" && /^(?:Z|[+-]\d\d:\d\d)$/.test(offset)))
    return offset;
  throw invalidInput("offset", "must be an offset from UTC such as `+08:00`", offset);
}
