/**
 * An account on its way between stores, as text. Each line is a hash, a space and JSON; the hash is that of the line
 * before it and of the JSON, so that what arrives is whole and in order up to where it stops.
 *
 *     <hash> {"format":"sms-ledger account","version":1,"account":"acme"}
 *     <hash> [["entry/0000000000000001","[1,…]"],["hold/m-1","[1,…]"],…]        documents in byte order of their keys
 *     <hash> {"documents":1403,"account":"[1,…]"}                               how many there were, and the head
 *
 * The head comes last, and is written last: an account whose lines stop before it is none.
 */
import { type ExportReason, invalidInput, LedgerError } from "../errors.ts";
import { digest } from "../host.ts";
import { compareKeys } from "../storage/order.ts";

const format = "sms-ledger account";
/** Counted up with each change of the lines. Documents have versions of their own. */
const version = 1;

/** The key of an account's head. */
export const head_key = "account";

/** The key under which a retired account has its head. */
export const retired_key = "retired";

/** Most documents of a line. */
export const line_documents_max = 100;
/** Most units of the first line: that of the longest id, every character of it escaped. */
const header_units_max = 8 * 1024;
/** Most units of a line: so many documents of 32 KiB, every character of them escaped. */
const line_units_max = 24 * 1024 * 1024;

export type StoredDocument = readonly [key: string, value: string];

export interface Ending {
  /** Those of all lines before. */
  documents: number;
  /** The head. */
  account: string;
}

export function invalidExport(
  reason: ExportReason,
  message: string,
  details: { line?: number; problem?: string } = {},
): LedgerError<"INVALID_EXPORT"> {
  return new LedgerError("INVALID_EXPORT", message, { reason, ...details });
}

/** Puts the hashes before lines. */
class Chain {
  #last = "";

  async hash(json: string): Promise<string> {
    this.#last = await digest("SHA-256", this.#last + json);
    return this.#last;
  }
}

/** Writes the lines of one account. */
export class LineWriter {
  readonly #chain = new Chain();

  async #line(content: unknown): Promise<string> {
    const json = JSON.stringify(content);
    return `${await this.#chain.hash(json)} ${json}\n`;
  }

  header(account: string): Promise<string> {
    return this.#line({ format, version, account });
  }

  documents(documents: readonly StoredDocument[]): Promise<string> {
    return this.#line(documents);
  }

  ending(ending: Ending): Promise<string> {
    return this.#line(ending);
  }
}

/** Text or its UTF-8, whole or in pieces of any size, such as a file's. */
export type Chunks = string | Uint8Array | AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Bytes that become text at once: no string of a host's is as long as a file may be. */
const piece_bytes_max = 1_048_576;

/** Text in pieces of any size. */
async function* textsOf(chunks: Chunks): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  // A string would be iterated character by character, bytes number by number.
  const whole = typeof chunks === "string" || chunks instanceof Uint8Array;
  if (!whole && !isIterable(chunks)) throw notLines(chunks);
  for await (const chunk of whole ? [chunks] : chunks) {
    if (typeof chunk === "string") yield chunk;
    else if (!(chunk instanceof Uint8Array)) throw notLines(chunk);
    else {
      for (let at = 0; at < chunk.length; at += piece_bytes_max)
        yield decoder.decode(chunk.subarray(at, at + piece_bytes_max), { stream: true });
    }
  }
}

function isIterable(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

function notLines(value: unknown): LedgerError {
  const message = "the input of `importAccount` must be the lines of `exportAccount`, as text or bytes";
  return invalidInput("", message, value ?? null);
}

/**
 * Text in pieces of any size, cut into its lines, without their ends. Each unit is looked at once. A line that is longer than any
 * is refused before the rest of it is read; `first_units_max` is for the first one.
 */
export async function* linesOf(
  chunks: Chunks,
  first_units_max: number = line_units_max,
): AsyncGenerator<string> {
  let rest = "";
  let number = 1;
  const take = (units: string): void => {
    rest += units;
    if (rest.length > (number === 1 ? first_units_max : line_units_max)) throw tooLong(number, rest);
  };
  for await (const text of textsOf(chunks)) {
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      take(text.slice(start, end));
      yield rest;
      rest = "";
      number += 1;
      start = end + 1;
    }
    take(text.slice(start));
  }
  if (rest !== "") yield rest;
}

function tooLong(number: number, line: string): LedgerError {
  if (number === 1) return noHeader(line);
  const most = line_units_max.toLocaleString("en");
  const message = `line ${number} is longer than ${most} UTF-16 units, and no line that was exported is`;
  return invalidExport("damaged", message, { line: number });
}

/** Why a first line, or its beginning, is no header. */
function noHeader(line: string): LedgerError {
  const refused = (reason: ExportReason, message: string): LedgerError =>
    invalidExport(reason, message, { line: 1 });
  if (line.startsWith("\ufeff"))
    return refused("damaged", "line 1 begins with a byte order mark: import the text without it");
  if (!begins_as_header.test(line))
    return refused("not_an_export", "line 1 is no header of an account: this is not the text of an export");
  if (goes_on.test(line))
    return refused("damaged", 'line 1 has no line ends: every line is exported with a "\\n" behind it');
  return damaged(1, line);
}

/** Each line begins with a hash, and the first goes on with an object. */
const begins_as_header = /^[0-9a-f]{64} \{/;
/** What is behind the first line where it has lost its end. */
const goes_on = /\}[0-9a-f]{64} [[{]/;

function damaged(number: number, line: string): LedgerError {
  const why = line.endsWith("\r") ? ": its end has become CRLF, and must be LF" : "";
  return invalidExport("damaged", `line ${number} is not as it was exported${why}`, { line: number });
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function isEnding(content: unknown): content is Ending {
  const { documents, account } = (content ?? {}) as Record<string, unknown>;
  return Number.isSafeInteger(documents) && isText(account);
}

/** What a header says; nothing where it is none. */
function headerOf(content: unknown): { version: unknown; account: string } | undefined {
  const { format: found, version: number, account } = (content ?? {}) as Record<string, unknown>;
  return found === format && isText(account) ? { version: number, account } : undefined;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}

/** Reads the lines of one account, and refuses the first that is not as it was written. */
export class LineReader {
  readonly #chain = new Chain();
  readonly #lines: AsyncGenerator<string>;
  #number = 0;
  /** The line that was read last. */
  #line = "";
  /** The last document's. The head's comes before that of any document, so that nothing is written where no import sweeps. */
  #key: string = head_key;

  constructor(chunks: Chunks) {
    this.#lines = linesOf(chunks, header_units_max);
  }

  /** Goes to the next line; whether there is one. */
  async #advance(): Promise<boolean> {
    const { value: line, done } = await this.#lines.next();
    this.#number += 1;
    this.#line = done === true ? "" : line;
    return done !== true;
  }

  /** The line's content, which its hash must be of. */
  async #content(): Promise<unknown> {
    const [hash, json] = [this.#line.slice(0, 64), this.#line.slice(65)];
    if (this.#line[64] !== " " || (await this.#chain.hash(json)) !== hash) throw this.#damaged();
    const content = parsed(json);
    if (content === undefined) throw this.#damaged();
    return content;
  }

  #damaged(): LedgerError {
    return damaged(this.#number, this.#line);
  }

  /** The account that the lines are of. */
  async header(): Promise<string> {
    if (!(await this.#advance())) throw invalidExport("truncated", "the text is empty", { line: 1 });
    // The version comes first: another one may have its hashes made otherwise.
    const header = begins_as_header.test(this.#line) ? headerOf(parsed(this.#line.slice(65))) : undefined;
    if (header === undefined) throw noHeader(this.#line);
    if (header.version !== version) {
      const message = `version \`${String(header.version)}\` is unknown to this release, which reads ${version}`;
      throw invalidExport("unknown_version", message, { line: 1 });
    }
    await this.#content();
    return header.account;
  }

  /** Documents, or the ending, behind which there is nothing. */
  async next(): Promise<readonly StoredDocument[] | Ending> {
    if (!(await this.#advance())) throw this.#truncated();
    const content = await this.#content();
    if (this.#areDocuments(content)) return content;
    if (!isEnding(content)) throw this.#damaged();
    if (await this.#advance()) throw this.#damaged();
    return content;
  }

  /** Whether they are documents, and in order: none comes twice, and none is a head. */
  #areDocuments(content: unknown): content is StoredDocument[] {
    if (!Array.isArray(content)) return false;
    for (const document of content as unknown[]) {
      if (!Array.isArray(document) || document.length !== 2 || !document.every(isText)) return false;
      const key = document[0] as string;
      if (key === retired_key || compareKeys(this.#key, key) >= 0) return false;
      this.#key = key;
    }
    return true;
  }

  #truncated(): LedgerError {
    const message = `the last line is missing: the text ends behind line ${this.#number - 1}`;
    return invalidExport("truncated", message, { line: this.#number });
  }

  /** Lets go of what the lines come from. */
  async close(): Promise<void> {
    await this.#lines.return(undefined);
  }
}

/** The account that lines are of, and the same lines, of which none is read twice. */
export async function peeked(chunks: Chunks): Promise<{ account: string; lines: AsyncGenerator<string> }> {
  const rest = linesOf(chunks, header_units_max);
  const { value: first, done } = await rest.next();
  const account = await new LineReader(done === true ? [] : [first]).header();
  async function* lines(): AsyncGenerator<string> {
    yield `${first}\n`;
    for await (const line of rest) yield `${line}\n`;
  }
  return { account, lines: lines() };
}
