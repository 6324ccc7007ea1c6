/**
 * The laws of a store on Deno KV, within Deno: `laws.ts <database>` writes a line of JSON for each. Run by
 * `deno.test.ts`, which checks its types with Deno's own as well.
 */
import { type DenoKvDatabase, denoKvStorage } from "sms-ledger/deno-kv";
import { failing_key, type Law, type Subject, skippedLaws, storageConformance } from "sms-ledger/testing";

const [file = ""] = Deno.args;
const open = async () => denoKvStorage(await Deno.openKv(file));

/** A database in which one key is given a value that is longer than Deno KV takes. */
function failing(database: DenoKvDatabase): DenoKvDatabase {
  return {
    getMany: (keys) => database.getMany(keys),
    list: (selector, options) => database.list(selector, options),
    atomic() {
      const operation = database.atomic();
      const set = operation.set.bind(operation);
      operation.set = (key, value) => set(key, key.at(-1) === failing_key ? new Uint8Array(70_000) : value);
      return operation;
    },
  };
}

const subject: Subject = {
  open,
  reopen: open,
  failing: async () => denoKvStorage(failing(await Deno.openKv(file))),
  async severable() {
    const database = await Deno.openKv(file);
    return { storage: denoKvStorage(database, { timeoutMs: 1_000 }), sever: () => database.close() };
  },
};

/** Every key as long as an account's id and a record's allow, every value as long as is left for each. */
const longest: Law = {
  name: "a commit of the longest keys is applied whole",
  async run() {
    const storage = await open();
    const { checks, writes } = storage.limits as { checks: number; writes: number };
    const keys = Array.from({ length: writes }, (_, at) => `adjustment/${String(at).padEnd(128, "x")}`);
    const batch = {
      checks: keys.slice(0, checks).map((key) => ({ key, revision: null })),
      writes: keys.map((key) => ({ op: "put" as const, key, value: "x".repeat(3_800) })),
    };
    const result = await storage.commit("a".repeat(128), batch);
    if (!result.ok) throw new Error("it was refused");
  },
};

for (const { name, run } of [...storageConformance(subject), longest]) {
  const error: unknown = await run().then(
    () => undefined,
    (failure) => failure,
  );
  const problem = error instanceof Error ? (error.stack ?? error.message) : error;
  console.log(JSON.stringify({ name, problem }));
}
for (const { name, reason } of skippedLaws(subject)) console.log(JSON.stringify({ name, reason }));
Deno.exit();
