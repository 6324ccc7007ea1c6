/**
 * An account from one store to another, to the byte: it is exported as lines, and imported from them. Only revisions are the
 * stores' own. No rule of the ledger lives here.
 */
import { invalidInput } from "../errors.ts";
import { only, prepare } from "../shape.ts";
import type { Storage } from "../storage/contract.ts";
import type { Imported, Moving, Verification } from "../types.ts";
import { Claim } from "./claim.ts";
import { type Chunks, head_key, invalidExport, LineReader, LineWriter, retired_key } from "./lines.ts";
import { reinstate, remove, retire, retiredHead } from "./retire.ts";
import { contention, isMoved, present } from "./stead.ts";
import { Partition, type Written } from "./store.ts";

/** Verifies an account of a store before it is there for anybody. */
export type Verify = (staged: Storage, account: string) => Promise<Verification>;

/** The calls, over a store; `written` is told of each account that they write. */
export function movingOf(storage: Storage, verify: Verify, written: Written): Moving {
  const partitionOf = (call: keyof Moving, input: unknown): Partition => {
    const { account, ...others } = prepare(input, call);
    only(others, []);
    if (typeof account !== "string") throw invalidInput("account", "must be a string", account ?? null);
    return new Partition(storage, account, written);
  };
  return {
    exportAccount: (input) => exported(partitionOf("exportAccount", input)),
    importAccount: (lines) => imported(storage, lines, verify, written),
    retireAccount: async (input) => retire(partitionOf("retireAccount", input)),
    reinstateAccount: async (input) => reinstate(partitionOf("reinstateAccount", input)),
    deleteAccount: async (input) => remove(partitionOf("deleteAccount", input)),
  };
}

/**
 * The lines of an account. They are of one moment: where the head has changed by the end, there is no last line, and
 * `CONTENTION` says so.
 */
async function* exported(partition: Partition): AsyncGenerator<string> {
  const { account } = partition;
  const head = present(account, await partition.head());
  const told = isMoved(head) ? await retiredHead(partition) : head;
  const lines = new LineWriter();
  yield await lines.header(account);
  let documents = 0;
  let page = await partition.page(undefined);
  while (page.length > 0) {
    const some = page.filter(({ key }) => key !== head_key && key !== retired_key);
    if (some.length > 0) yield await lines.documents(some.map(({ key, value }) => [key, value]));
    documents += some.length;
    page = await partition.page(page.at(-1)?.key);
  }
  if ((await partition.head())?.revision !== head.revision)
    throw contention(`the account \`${account}\` was written while it was exported`);
  yield await lines.ending({ documents, account: told.value });
}

/** Makes an account of its lines, if they are whole and `verify` finds nothing in it; else nothing of it is left. */
async function imported(
  storage: Storage,
  chunks: Chunks,
  verify: Verify,
  written: Written,
): Promise<Imported> {
  const lines = new LineReader(chunks);
  try {
    const account = await lines.header();
    const claim = await Claim.take(new Partition(storage, account, written));
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
