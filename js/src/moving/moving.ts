/**
 * An account from one store to another, to the byte: it is exported as lines, and imported from them. Only revisions are the
 * stores' own. No rule of the ledger lives here.
 */
import { invalidInput, LedgerError } from "../errors.ts";
import { prepare } from "../shape.ts";
import type { Entry, Storage } from "../storage/contract.ts";
import type { Imported, Moving, Verification } from "../types.ts";
import { Claim, isClaim } from "./claim.ts";
import { type Chunks, head_key, invalidExport, LineReader, LineWriter } from "./lines.ts";
import { Partition } from "./store.ts";

/** Verifies an account of a store before it is there for anybody. */
export type Verify = (staged: Storage, account: string) => Promise<Verification>;

/** The two calls, over a store. */
export function movingOf(storage: Storage, verify: Verify): Moving {
  return {
    exportAccount(input) {
      const { account } = prepare(input);
      if (typeof account !== "string") throw invalidInput("account", "must be a string", account ?? null);
      return exported(storage, account);
    },
    importAccount: (lines) => imported(storage, lines, verify),
  };
}

/**
 * The lines of an account. They are of one moment: where the head has changed by the end, there is no last line, and
 * `CONTENTION` says so.
 */
async function* exported(storage: Storage, account: string): AsyncGenerator<string> {
  const partition = new Partition(storage, account);
  const head = await partition.head();
  if (head === null || isClaim(head))
    throw new LedgerError("UNKNOWN_ACCOUNT", `the account \`${account}\` is not known`, { account });
  const lines = new LineWriter();
  yield await lines.header(account);
  let documents = 0;
  let page = await partition.page(undefined);
  while (page.length > 0) {
    const some = page.filter(({ key }) => key !== head_key).map(({ key, value }) => [key, value] as const);
    if (some.length > 0) yield await lines.documents(some);
    documents += some.length;
    page = await partition.page(page.at(-1)?.key);
  }
  await unchanged(partition, head);
  yield await lines.ending({ documents, account: head.value });
}

async function unchanged(partition: Partition, { revision }: Entry): Promise<void> {
  if ((await partition.head())?.revision === revision) return;
  const message = `the account \`${partition.account}\` was written while it was exported`;
  throw new LedgerError("CONTENTION", message, {}, { retryable: true });
}

/** Makes an account of its lines, if they are whole and `verify` finds nothing in it; else nothing of it is left. */
async function imported(storage: Storage, chunks: Chunks, verify: Verify): Promise<Imported> {
  const lines = new LineReader(chunks);
  try {
    const account = await lines.header();
    const claim = await Claim.take(new Partition(storage, account));
    try {
      return await carried(lines, claim, account, verify);
    } catch (error) {
      // The next import sweeps what cannot be swept now.
      await claim.abandon().catch(() => {});
      throw error;
    }
  } finally {
    await lines.close();
  }
}

async function carried(lines: LineReader, claim: Claim, account: string, verify: Verify): Promise<Imported> {
  let documents = 0;
  for (let content = await lines.next(); ; content = await lines.next()) {
    if ("documents" in content) {
      if (content.documents !== documents)
        throw invalidExport("damaged", `there are ${documents} documents instead of ${content.documents}`);
      const verified = await verify(claim.staged(content.account), account);
      if (!verified.ok) {
        const { problem } = verified;
        throw invalidExport("not_verified", `the account's books do not add up: ${problem}`, { problem });
      }
      await claim.finish(content.account);
      return { account, documents: documents + 1, entries: verified.entries, hash: verified.hash };
    }
    await claim.write(content);
    documents += content.length;
  }
}
