/**
 * Accounts that move into an object and out of it, line by line: how they go over the line between a worker and the object, on
 * both of its sides.
 */
import { isLedgerError, type ToldError, toLedgerError } from "../errors.ts";
import { type Chunks, linesOf } from "../moving/lines.ts";

/** A line that is none of the account's begins with this: what the export has failed with. */
const failure = "!";

/** Pieces of text as a body, each when it is asked for. */
export function bodyOf(pieces: AsyncIterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await pieces.return?.();
    },
  });
}

/** An export's lines, and where it fails, its error as the last one. */
export async function* toldLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  try {
    yield* lines;
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    yield `${failure}${JSON.stringify(error)}\n`;
  }
}

/** The lines that an object has told, or the error that the export has failed with. */
export async function* heardLines(body: Chunks): AsyncGenerator<string> {
  for await (const line of linesOf(body)) {
    if (line.startsWith(failure)) throw toLedgerError(JSON.parse(line.slice(failure.length)) as ToldError);
    yield `${line}\n`;
  }
}
