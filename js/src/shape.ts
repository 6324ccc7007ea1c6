/**
 * Whether an input has the right shape, before anything else looks at it. The hot commands are checked here in full and
 * copied property by property (what was checked is what is sent, whatever getters do); wide ones are made plain: every
 * `Date` becomes text, and what cannot be data is refused with its path. No rule of the ledger lives here.
 */
import { invalidInput, LedgerError, messageOf, ownOf } from "./errors.ts";
import type { Message, Receipt, Release, Reserve, ResolveOptions, Settle } from "./types.ts";

/** An object literal, of whatever realm: its prototype is none or the root of a chain. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || isRoot(prototype, value);
}

/** Another realm's `Object.prototype`, but neither an array's, a map's nor a class's. */
function isRoot(prototype: unknown, value: object): boolean {
  return (
    Object.getPrototypeOf(prototype) === null &&
    Object.hasOwn(prototype as object, "hasOwnProperty") &&
    !Array.isArray(value)
  );
}

/** An object as it is, or, where somebody has set something on every object, a literal's copy that has only what is its own. */
export function own<T extends object>(given: T): T {
  if (!isPlain(given)) return given;
  // Mostly there is nothing to go over, which is quicker than to ask of each property whose it is.
  for (const _ in Object.getPrototypeOf(given)) return ownOf<T>(given);
  return given;
}

/** An input of which nothing is known yet. */
export type Unchecked<T> = { readonly [K in keyof T]?: unknown };

/** `call`: whose input it is, where that is known. What somebody set on `Object.prototype` is no caller's word. */
export function plain<T>(input: unknown, path: string = "", call?: string): Unchecked<T> {
  if (!isPlain(input)) {
    const whose = call === undefined ? "the input" : `the input of \`${call}\``;
    const problem = path === "" ? `${whose} must be a plain object` : "must be a plain object";
    throw invalidInput(path, problem, input ?? null);
  }
  return own(input as Unchecked<T>);
}

function unknownProperty(path: string, allowed: readonly string[]): Error {
  return invalidInput(
    path,
    `is not known here; allowed are ${allowed.map((name) => `\`${name}\``).join(", ")}`,
  );
}

export function only(input: object, allowed: readonly string[], path: string = ""): void {
  for (const name in input)
    if (!allowed.includes(name) && Object.hasOwn(input, name))
      throw unknownProperty(path === "" ? name : `${path}.${name}`, allowed);
}

// Whatever is copied into the module's memory makes it grow for good, so that sizes are checked before anything is.

/** Segments of one message (3GPP TS 23.040), and units of the longest of them. */
const segments_max = 255;
const segment_units_max = 160;
/** UTF-16 units of the longest text that any counting can carry. */
export const text_units_max: number = segments_max * segment_units_max;
/** Units of an id, a number, a stage or a code, far beyond what any of them may have. */
const name_units_max = 1_024;

/** A list of texts. */
export function texts(value: unknown, path: string): readonly string[] {
  if (!Array.isArray(value)) throw invalidInput(path, "must be an array of strings", value ?? null);
  return value.map((each: unknown, index) => text(each, `${path}[${index}]`));
}

export function text(value: unknown, path: string): string {
  return wellFormed(string(value, path, name_units_max), path);
}

function messageText(value: unknown, path: string = "text"): string {
  return wellFormed(fitting(value, path), path);
}

/** A text, lone surrogates and all: not its segments are counted here, only whether any counting could fit it in, or so many `times` it. */
export function fitting(value: unknown, path: string, times = 1): string {
  const given = string(value, path, Number.POSITIVE_INFINITY);
  if (given.length <= text_units_max * times) return given;
  // No segment holds more units than one alone in GSM-7.
  const segments = Math.ceil(given.length / segment_units_max);
  throw new LedgerError(
    "MESSAGE_TOO_LONG",
    `\`${path}\` has ${given.length} UTF-16 units, which take at least ${segments} segments; write a text of at most ${segments_max}`,
    { path, segments, segmentsMax: segments_max, units: given.length },
  );
}

export function string(value: unknown, path: string, units_max: number): string {
  if (typeof value !== "string") throw invalidInput(path, "must be a string", value ?? null);
  if (value.length > units_max)
    throw invalidInput(path, `must be a string of at most ${units_max} UTF-16 units`, value);
  return value;
}

function wellFormed(value: string, path: string): string {
  if (!value.isWellFormed()) throw loneSurrogate(path, value);
  return value;
}

function loneSurrogate(path: string, value: string): Error {
  let index = 0;
  for (const character of value) {
    if (!character.isWellFormed()) break;
    index += character.length;
  }
  return invalidInput(path, `must be well-formed Unicode; it has a lone surrogate at index ${index}`);
}

/** The largest count that the module can be told: it counts in 32 bits, and would wrap a larger one. */
const count_max = 0xffff_ffff;

function count(value: unknown, path: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= count_max)
    return value as number;
  throw invalidInput(path, `must be a whole number from 1 to ${count_max}`, value ?? null);
}

const message_properties = ["account", "to", "text", "purpose", "project"];
const reserve_properties = ["id", "account", "to", "text", "attempt", "purpose", "project"];
const settle_properties = ["id", "account", "segments"];
const release_properties = ["id", "account"];
const resolve_options = ["defaultRegion"];
const report_properties = ["id", "account", "stage", "code", "segments", "receipt"];
const receipt_report_properties = ["id", "account", "receipt"];
const receipt_properties = ["reference", "stage", "code", "segments", "at", "status", "to", "parts"];

/** What an absent property is told as: the module takes it for absent. */
function optionalText(value: unknown, path: string): string | undefined {
  return value === undefined ? undefined : text(value, path);
}

export interface CheckedMessage {
  account: string;
  to: string;
  text: string;
  purpose: string | undefined;
  project: string | undefined;
}

export function checkMessage(input: unknown, call: string): CheckedMessage {
  const given = plain<Message>(input, "", call);
  only(given, message_properties);
  return {
    account: text(given.account, "account"),
    to: text(given.to, "to"),
    text: messageText(given.text),
    purpose: optionalText(given.purpose, "purpose"),
    project: optionalText(given.project, "project"),
  };
}

export interface CheckedReserve extends CheckedMessage {
  id: string;
  attempt: number;
}

export function checkReserve(input: unknown): CheckedReserve {
  const given = plain<Reserve>(input, "", "reserve");
  only(given, reserve_properties);
  const { attempt } = given;
  return {
    id: text(given.id, "id"),
    account: text(given.account, "account"),
    to: text(given.to, "to"),
    text: messageText(given.text),
    attempt: attempt === undefined ? 1 : count(attempt, "attempt"),
    purpose: optionalText(given.purpose, "purpose"),
    project: optionalText(given.project, "project"),
  };
}

const batch_message_properties = ["id", "to", "text", "purpose", "project", "attempt"];

/** A message of a batch. Paths are made where they are needed: most messages are as they should be. */
export function checkBatchMessage(input: unknown, index: number): Omit<CheckedReserve, "account"> {
  try {
    const given = plain<Reserve>(input);
    only(given, batch_message_properties);
    const { attempt } = given;
    return {
      id: text(given.id, "id"),
      to: text(given.to, "to"),
      text: messageText(given.text),
      attempt: attempt === undefined ? 1 : count(attempt, "attempt"),
      purpose: optionalText(given.purpose, "purpose"),
      project: optionalText(given.project, "project"),
    };
  } catch (error) {
    throw inBatch(error, index);
  }
}

const estimate_message_properties = [...batch_message_properties, "segments"];

/** A message to be estimated: with its text, or as many segments as it is said to have; ids and attempts do not matter. */
export function checkEstimateMessage(
  input: unknown,
  index: number,
): Omit<CheckedMessage, "account" | "text"> & { text: string | undefined; segments: number } {
  try {
    const given = plain<Reserve & { segments: number }>(input);
    only(given, estimate_message_properties);
    const { segments } = given;
    if (segments !== undefined && given.text !== undefined)
      throw invalidInput("segments", "belongs to a message without a `text`, which says how many it has");
    return {
      to: text(given.to, "to"),
      text: segments === undefined ? messageText(given.text) : undefined,
      segments: segments === undefined ? 1 : count(segments, "segments"),
      purpose: optionalText(given.purpose, "purpose"),
      project: optionalText(given.project, "project"),
    };
  } catch (error) {
    throw inBatch(error, index);
  }
}

function inBatch(error: unknown, index: number): unknown {
  if (!(error instanceof LedgerError)) return error;
  const own = (error.details as { path?: string }).path ?? "";
  const path = own === "" ? `messages[${index}]` : `messages[${index}].${own}`;
  const details = { ...error.details, path, message: index } as typeof error.details;
  return new LedgerError(error.code, `messages[${index}]: ${error.message}`, details);
}

/** `segments` -1 means all of them, which no caller can say. */
export function checkSettle(input: unknown): Required<Settle> {
  const given = plain<Settle>(input, "", "settle");
  only(given, settle_properties);
  const { segments } = given;
  return {
    id: text(given.id, "id"),
    account: text(given.account, "account"),
    segments: segments === undefined ? -1 : count(segments, "segments"),
  };
}

export function checkRelease(input: unknown): Release {
  const given = plain<Release>(input, "", "release");
  only(given, release_properties);
  return { id: text(given.id, "id"), account: text(given.account, "account") };
}

export interface CheckedReport {
  id: string;
  account: string;
  stage: string;
  code: string | undefined;
  /** -1: as the stage says. */
  segments: number;
}

/** The stage's name is checked by the engine, which owns the list. */
export function checkReport(input: unknown): CheckedReport {
  const given = plain<CheckedReport & { receipt: unknown }>(input, "", "report");
  const { receipt } = given;
  only(given, receipt === undefined ? report_properties : receipt_report_properties);
  const told: Unchecked<Pick<CheckedReport, "stage" | "code" | "segments">> =
    receipt === undefined ? given : checkReceipt(receipt);
  const above = receipt === undefined ? "" : "receipt.";
  return {
    id: text(given.id, "id"),
    account: text(given.account, "account"),
    stage: text(told.stage, `${above}stage`),
    code: optionalText(told.code, `${above}code`),
    segments: told.segments === undefined ? -1 : count(told.segments, `${above}segments`),
  };
}

function checkReceipt(receipt: unknown): Unchecked<Receipt> {
  const given = plain<Receipt>(receipt, "receipt");
  only(given, receipt_properties, "receipt");
  return given;
}

export function checkText(input: unknown): string {
  return messageText(input);
}

/** A string of such a length is no number, but it may be blank; anything else is the module's to say. */
export function checkNumber(value: unknown, path: string): string {
  if (typeof value !== "string") throw invalidInput(path, "must be a string", value ?? null);
  if (value.length <= name_units_max) return value;
  return value.trim() === "" ? "" : "too long to be a number";
}

/** The default region as it was said. */
export function checkResolveOptions(options: unknown): string | undefined {
  const given = plain<ResolveOptions>(options);
  only(given, resolve_options);
  const { defaultRegion } = given;
  return defaultRegion === undefined ? undefined : text(defaultRegion, "defaultRegion");
}

/** Levels of objects and arrays within an input. */
const depth_levels_max = 16;
/** UTF-16 units of one string within an input. */
export const string_units_max = 32_768;

/** What an input may still hold, and how it is read. */
interface Room {
  /** Properties and items. */
  values: number;
  /** UTF-16 units of names and strings together. */
  units: number;
  /** UTF-16 units of one string. */
  each: number;
  /** Whether a property that is null is as good as absent. */
  nulls: boolean;
  /** Where what is no data is noted, so that the rest is looked at all the same; without it the first ends the reading. */
  noted: { error: unknown; path: string }[] | undefined;
}

/**
 * A wide command's input as data that the module can read: a copy in which each `Date` is its RFC 3339 text and absent
 * (`undefined`) properties are left out. Which properties there are is the engine's to say.
 */
export function prepare(input: unknown, call?: string): Record<string, unknown> {
  const room = { values: 100_000, units: 1_000_000, each: string_units_max, nulls: true, noted: undefined };
  return prepareObject(plain<Record<string, unknown>>(input, "", call), "", 0, room);
}

/** The same of any command's input, on its way to a ledger elsewhere, which is to say what is too much of it. */
export function prepareAny(input: unknown, call?: string): Record<string, unknown> {
  const room = { values: unbounded, units: unbounded, each: unbounded, nulls: true, noted: undefined };
  return prepareObject(plain<Record<string, unknown>>(input, "", call), "", 0, room);
}

/** No bound: whoever is told of it later has one. */
export const unbounded: number = Number.POSITIVE_INFINITY;

/**
 * The same for a catalog, which is the seller's own and may have long lists; or for its JSON text. A field that is null is absent
 * there.
 */
export function prepareCatalog(source: unknown): Record<string, unknown> {
  return prepareObject(catalogOf(source), "", 0, catalogRoom());
}

function catalogOf(source: unknown): Record<string, unknown> {
  return plain<Record<string, unknown>>(typeof source === "string" ? parsed(source) : source);
}

/** What of a catalog is no data. */
export interface NoData {
  readonly error: unknown;
  readonly path: string;
}

/**
 * A catalog in which an empty object stands for whatever is no data, and what that was and where: the module finds an empty object
 * wrong wherever something else should be. No catalog where too much of it is no data.
 */
export function prepareAnyCatalog(source: unknown): {
  prepared: Record<string, unknown> | undefined;
  noted: NoData[];
} {
  const noted: NoData[] = [];
  const given = catalogOf(source);
  try {
    return { prepared: prepareObject(given, "", 0, { ...catalogRoom(), noted }), noted };
  } catch (error) {
    if (noted.length < noted_max) throw error;
    return { prepared: undefined, noted };
  }
}

function catalogRoom(): Room {
  return { values: unbounded, units: unbounded, each: string_units_max, nulls: false, noted: undefined };
}

/** Things that are no data of which a catalog is told at once. */
const noted_max = 1_000;

/** Notes that a part is no data, where such things are noted. */
function note(room: Room, error: unknown, path: string): void {
  if (room.noted === undefined || room.noted.length >= noted_max) throw error;
  room.noted.push({ error, path });
}

/** An option that should be a catalog: a document, or a text that begins like one. */
export function checkSource(catalog: unknown): unknown {
  const begins = typeof catalog === "string" && catalog.trimStart().startsWith("{");
  if (begins || (typeof catalog === "object" && catalog !== null && !Array.isArray(catalog))) return catalog;
  throw invalidInput("catalog", "must be a catalog, parsed or as JSON text", catalog ?? null);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    const message = `not JSON: ${messageOf(cause)}`;
    throw new LedgerError("INVALID_CATALOG", message, { problems: [{ path: "", message }] });
  }
}

function takeValues(room: Room, values: number, path: string): void {
  if (values > room.values) throw invalidInput(path, "holds more values than an input may have");
  room.values -= values;
}

function takeUnits(room: Room, units: number, path: string): void {
  if (units > room.units) throw invalidInput(path, "has more text than an input may have");
  room.units -= units;
}

function prepareObject(
  given: Record<string, unknown>,
  path: string,
  depth: number,
  room: Room,
): Record<string, unknown> {
  // Whoever reads it finds what was given, and nothing that somebody has set on every object.
  const made = ownOf<Record<string, unknown>>({});
  const names = Object.keys(given);
  takeValues(room, names.length, path);
  for (const name of names) {
    const below = path === "" ? name : `${path}.${name}`;
    let named = false;
    try {
      checkName(name, path, below, room);
      named = true;
      const value = prepareValue(given[name], below, depth + 1, room);
      if (value !== undefined && (value !== null || room.nulls)) made[name] = value;
    } catch (error) {
      note(room, error, below);
      if (named) made[name] = {};
    }
  }
  return made;
}

function checkName(name: string, path: string, below: string, room: Room): void {
  if (name.length > string_units_max)
    throw invalidInput(path, `has a property whose name is longer than ${string_units_max} UTF-16 units`);
  takeUnits(room, name.length, path);
  if (!name.isWellFormed()) throw loneSurrogate(below.toWellFormed(), name);
  // An own `__proto__` would otherwise set the copy's prototype and vanish unrefused.
  if (name === "__proto__") throw invalidInput(below, "is not known here");
}

function prepareValue(value: unknown, path: string, depth: number, room: Room): unknown {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "string":
      takeUnits(room, string(value, path, room.each).length, path);
      return wellFormed(value, path);
    case "boolean":
      return value;
    case "number":
      if (Number.isFinite(value)) return value;
      throw invalidInput(path, "must be a finite number", value);
    case "object":
      return value === null ? null : prepareNested(value, path, depth, room);
    default:
      throw invalidInput(path, `must be data, not a ${typeof value}`, value);
  }
}

function prepareNested(value: object, path: string, depth: number, room: Room): unknown {
  if (depth > depth_levels_max) throw invalidInput(path, `is nested deeper than ${depth_levels_max} levels`);
  if (Array.isArray(value)) return prepareArray(value, path, depth, room);
  if (value instanceof Date) return instant(value, path);
  if (value instanceof Promise) throw invalidInput(path, "is a promise: `await` it first", value);
  if (!isPlain(value)) throw invalidInput(path, "must be a plain object, an array or a `Date`", value);
  return prepareObject(value, path, depth, room);
}

function prepareArray(items: readonly unknown[], path: string, depth: number, room: Room): unknown[] {
  const { length } = items;
  takeValues(room, length, path);
  const made: unknown[] = [];
  for (let index = 0; index < length; index++) {
    const below = `${path}[${index}]`;
    try {
      const item = items[index];
      if (item === undefined) throw invalidInput(below, "must not be absent");
      made.push(prepareValue(item, below, depth + 1, room));
    } catch (error) {
      note(room, error, below);
      made.push({});
    }
  }
  return made;
}

function instant(date: Date, path: string): string {
  const at = date.getTime();
  if (!isInstant(at)) throw invalidInput(path, "must be a `Date` within the years 0000 to 9999", String(at));
  return date.toISOString();
}

/** 0000-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z, the ends of RFC 3339, in milliseconds since the epoch. */
const instant_ms_min = -62_167_219_200_000;
const instant_ms_max = 253_402_300_799_999;

export function isInstant(at: number): boolean {
  return at >= instant_ms_min && at <= instant_ms_max;
}

/** RFC 3339 with an offset. */
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/** An instant, in whole milliseconds since the epoch. */
export function checkTime(time: unknown, path: string): number {
  const at = millisOf(time);
  if (isInstant(at)) return at;
  throw invalidInput(
    path,
    "must be a `Date` or an RFC 3339 time, such as `2026-11-21T09:30:00Z`",
    time ?? null,
  );
}

/** NaN where it is no time. */
function millisOf(time: unknown): number {
  if (time instanceof Date) return time.getTime();
  return typeof time === "string" && rfc3339.test(time) && isDay(time.slice(0, 10))
    ? Date.parse(time)
    : Number.NaN;
}

/** Whether there is such a day: `Date.parse` takes 30 February for 2 March. */
function isDay(date: string): boolean {
  const at = Date.parse(date);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(date);
}

/** What the host's clock says, in whole milliseconds since the epoch. */
export function checkNow(now: unknown): number {
  const at = typeof now === "number" ? now : millisOf(now);
  if (isInstant(at)) return Math.floor(at);
  throw invalidInput(
    "now",
    "must give milliseconds since the epoch, a `Date` or an RFC 3339 time",
    now ?? null,
  );
}
