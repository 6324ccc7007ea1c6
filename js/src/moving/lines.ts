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
import { type ExportReason, LedgerError } from "../errors.ts";
import { digest } from "../host.ts";
import { compareKeys } from "../storage/order.ts";

const format = "sms-ledger account";
/** Counted up with each change of the lines. Documents have versions of their own. */
const version = 1;

/** The key of an account's head. */
export const head_key = "account";

/** Most documents of a line. */
export const line_documents_max = 100;
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

/** Text in pieces of any size, such as a file's. */
export type Chunks = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** Text in pieces of any size, cut into its lines, without their ends. */
export async function* linesOf(chunks: Chunks): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  for await (const chunk of chunks) {
    rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", start)) {
      yield rest.slice(start, end);
      start = end + 1;
    }
    rest = rest.slice(start);
    if (rest.length > line_units_max) break;
  }
  if (rest !== "") yield rest;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.isWellFormed();
}

function isEnding(content: unknown): content is Ending {
  const { documents, account } = (content ?? {}) as Record<string, unknown>;
  return Number.isSafeInteger(documents) && isText(account);
}

/** Reads the lines of one account, and refuses the first that is not as it was written. */
export class LineReader {
  readonly #chain = new Chain();
  readonly #lines: AsyncGenerator<string>;
  #number = 0;
  /** The last document's. */
  #key: string | undefined;

  constructor(chunks: Chunks) {
    this.#lines = linesOf(chunks);
  }

  /** The next line's content; nothing behind the last. */
  async #next(): Promise<unknown> {
    const { value: line, done } = await this.#lines.next();
    this.#number += 1;
    if (done === true) return undefined;
    const [hash, json] = [line.slice(0, 64), line.slice(65)];
    if (line[64] !== " " || (await this.#chain.hash(json)) !== hash) throw this.#damaged();
    try {
      return JSON.parse(json) as unknown;
    } catch {
      throw this.#damaged();
    }
  }

  #damaged(): LedgerError {
    const message = `line ${this.#number} is not as it was exported`;
    return invalidExport("damaged", message, { line: this.#number });
  }

  /** The account that the lines are of. */
  async header(): Promise<string> {
    const header = await this.#next();
    if (header === undefined) throw this.#truncated();
    const { format: found, version: number, account } = (header ?? {}) as Record<string, unknown>;
    if (found !== format || !isText(account)) throw this.#damaged();
    if (number === version) return account;
    const message = `version \`${String(number)}\` is unknown to this release, which reads ${version}`;
    throw invalidExport("unknown_version", message, { line: 1 });
  }

  /** Documents, or the ending, behind which there is nothing. */
  async next(): Promise<readonly StoredDocument[] | Ending> {
    const content = await this.#next();
    if (content === undefined) throw this.#truncated();
    if (this.#areDocuments(content)) return content;
    if (!isEnding(content) || (await this.#next()) !== undefined) throw this.#damaged();
    return content;
  }

  /** Whether they are documents, and in order: none comes twice, and none is the head. */
  #areDocuments(content: unknown): content is StoredDocument[] {
    if (!Array.isArray(content)) return false;
    for (const document of content as unknown[]) {
      if (!Array.isArray(document) || document.length !== 2 || !document.every(isText)) return false;
      const key = document[0] as string;
      if (key === head_key || (this.#key !== undefined && compareKeys(this.#key, key) >= 0)) return false;
      this.#key = key;
    }
    return true;
  }

  #truncated(): LedgerError {
    return invalidExport("truncated", "the last line is missing", { line: this.#number });
  }

  /** Lets go of what the lines come from. */
  async close(): Promise<void> {
    await this.#lines.return(undefined);
  }
}

/** The account that lines are of, and the same lines, of which none is read twice. */
export async function peeked(chunks: Chunks): Promise<{ account: string; lines: AsyncGenerator<string> }> {
  const rest = linesOf(chunks);
  const { value: first, done } = await rest.next();
  const account = await new LineReader(done === true ? [] : [first]).header();
  async function* lines(): AsyncGenerator<string> {
    yield `${first}\n`;
    for await (const line of rest) yield `${line}\n`;
  }
  return { account, lines: lines() };
}
