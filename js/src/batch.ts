/**
 * `reserveBatch`: the messages are checked and copied, cross in parts, and come back in order. What a message costs and who pays is
 * the module's to say, and so is what all or nothing means.
 */
import type { InBatch } from "./batches.ts";
import { type AnyLedgerError, invalidInput, isLedgerError, LedgerError, messageOf } from "./errors.ts";
import type { Engine } from "./module.ts";
import { then } from "./payments.ts";
import { type CheckedReserve, checkBatchMessage, only, plain, text } from "./shape.ts";
import type { MaybePromise } from "./storage/contract.ts";
import type { BatchResult, BatchResults, ReserveBatch, Reserved } from "./types.ts";
import { NONE } from "./words.ts";

/** Most messages of one batch. */
export const messages_max = 100_000;
/** Messages that cross at once, and, unless one alone is longer, their UTF-16 units. */
const part_messages_max = 1_024;
const part_units_max = 0x4_0000;
/** UTF-16 units of a batch that is decided as one. */
export const whole_units_max = 0x200_0000;
/** Lengths of id, number, text, purpose and project, and the attempt. */
const message_words = 6;

/** What carries a batch to an engine. */
export interface BatchPort {
  /** Has so many messages answered under tickets of their own, counted up from the one given. */
  batch(count: number, send: (engine: Engine, ticket: number, now: number) => void): MaybePromise<InBatch[]>;
  /** Has all answered under one ticket. */
  whole(send: (engine: Engine, ticket: number, now: number) => void): MaybePromise<Reserved[]>;
  /** Most commands that may wait on an account. */
  readonly queue: number;
}

type Message = Omit<CheckedReserve, "account">;

/** A message on its way into the module; of an estimate one may have no text, but its segments in the attempt's place. */
type Crossing = Omit<Message, "text"> & { text: string | undefined };

export function reserveBatch(port: BatchPort, input: unknown): MaybePromise<BatchResults> {
  const given = plain<ReserveBatch>(input, "", "reserveBatch");
  only(given, ["account", "messages", "mode"]);
  const account = text(given.account, "account");
  if (given.mode !== "all_or_nothing" && given.mode !== "per_message")
    throw invalidInput("mode", "must be `all_or_nothing` or `per_message`", given.mode ?? null);
  const messages = checkMessages(given.messages);
  if (messages.length === 0) return summed([]);
  return given.mode === "per_message" ? each(port, account, messages) : all(port, account, messages);
}

function checkMessages(messages: unknown): Message[] {
  if (!Array.isArray(messages)) throw invalidInput("messages", "must be an array", messages ?? null);
  if (messages.length > messages_max)
    throw invalidInput("messages", `must be at most ${messages_max} messages`, messages.length);
  const checked: Message[] = [];
  for (let index = 0; index < messages.length; index++)
    checked.push(checkBatchMessage(messages[index], index));
  return checked;
}

/** The strings of messages one after another, and their words. */
export class Part {
  text = "";
  readonly words: Uint32Array;
  #word = 0;

  constructor(messages: number) {
    this.words = new Uint32Array(messages * message_words);
  }

  add({ id, to, text, purpose, project, attempt }: Crossing): void {
    const { words } = this;
    const at = this.#word;
    words[at] = id.length;
    words[at + 1] = to.length;
    words[at + 2] = text?.length ?? NONE;
    words[at + 3] = purpose?.length ?? NONE;
    words[at + 4] = project?.length ?? NONE;
    words[at + 5] = attempt;
    this.#word = at + message_words;
    this.text += id + to;
    if (text !== undefined) this.text += text;
    if (purpose !== undefined) this.text += purpose;
    if (project !== undefined) this.text += project;
  }
}

const units = ({ id, to, text }: Message): number => id.length + to.length + text.length;

function all(port: BatchPort, account: string, messages: readonly Message[]): MaybePromise<BatchResults> {
  if (messages.reduce((sum, message) => sum + units(message), 0) > whole_units_max)
    throw invalidInput("messages", "have more text than a batch may have that is reserved as a whole");
  const part = new Part(messages.length);
  for (const message of messages) part.add(message);
  const answered = port.whole((engine, ticket, now) =>
    engine.reserveBatch(ticket, now, account, true, part.text, part.words),
  );
  return then(answered, (reserved) => {
    const results: BatchResult[] = [];
    for (const [index, { id }] of messages.entries()) results.push(resultOf(reserved[index] as Reserved, id));
    return summed(results);
  });
}

/** Where the part ends that begins at `from`. */
function endOf(messages: readonly Message[], from: number, count_max: number): number {
  let left = part_units_max;
  let end = from;
  for (const last = Math.min(messages.length, from + count_max); end < last; end++) {
    left -= units(messages[end] as Message);
    if (left < 0 && end > from) break;
  }
  return end;
}

function each(port: BatchPort, account: string, messages: readonly Message[]): MaybePromise<BatchResults> {
  const results: BatchResult[] = [];
  const count_max = Math.min(part_messages_max, port.queue);
  /** Sends part after part, as long as the answers come at once. */
  const send = (): MaybePromise<BatchResults> => {
    while (results.length < messages.length) {
      const from = results.length;
      const end = endOf(messages, from, count_max);
      const part = new Part(end - from);
      for (let index = from; index < end; index++) part.add(messages[index] as Message);
      let answered: MaybePromise<InBatch[]>;
      try {
        answered = port.batch(end - from, (engine, ticket, now) =>
          engine.reserveBatch(ticket, now, account, false, part.text, part.words),
        );
      } catch (error) {
        return refused(error);
      }
      if (!Array.isArray(answered)) {
        const go = (answers: InBatch[]): MaybePromise<BatchResults> => {
          take(answers);
          return send();
        };
        return Promise.resolve(answered).then(go, refused);
      }
      take(answered);
    }
    return summed(results);
  };
  /** Nothing of a part was taken. What is said of the first is said of the batch; later ones must not hide what is reserved by then. */
  const refused = (error: unknown): BatchResults => {
    if (results.length === 0) throw error;
    leave(isLedgerError(error) ? error : invalidInput("now", messageOf(error)));
    return summed(results);
  };
  /** Whatever struck one part would strike the next, after as long a wait. */
  const leave = (failed: LedgerError): void => {
    while (results.length < messages.length) results.push({ error: untried(failed) });
  };
  const take = (answers: readonly InBatch[]): void => {
    const from = results.length;
    if (from === 0) throwOfAccount(answers[0]);
    for (const [index, answer] of answers.entries())
      results.push(resultOf(answer, (messages[from + index] as Message).id));
    const failed = answers.find((answer) => isLedgerError(answer) && broken.has(answer.code));
    if (failed !== undefined) leave(failed as LedgerError);
  };
  return send();
}

/** What is wrong with the account is wrong with the call, and nothing was reserved. */
function throwOfAccount(first: InBatch | undefined): void {
  if (!isLedgerError(first)) return;
  const of_account = first.code === "INVALID_INPUT" && first.details.path === "account";
  if (of_account || first.code === "UNKNOWN_ACCOUNT") throw first;
}

/** Failures that are no message's own. */
const broken: ReadonlySet<string> = new Set([
  "STORAGE_UNAVAILABLE",
  "CONTENTION",
  "OVERLOADED",
  "ENGINE_FAILED",
]);

function untried(failed: LedgerError): AnyLedgerError {
  const message = `not tried, because a message before it in the batch failed: ${failed.message}`;
  return new LedgerError(failed.code, message, failed.details, {
    retryable: true,
    cause: failed,
  }) as AnyLedgerError;
}

function resultOf(answer: InBatch, id: string): BatchResult {
  if (isLedgerError(answer)) return { error: answer };
  const reserved = answer as Reserved;
  reserved.id = id;
  return { ok: reserved };
}

function summed(results: BatchResult[]): BatchResults {
  let reserved = 0;
  for (const result of results) if (Object.hasOwn(result, "ok")) reserved += 1;
  return { reserved, results };
}
