/** Accounts that move from one store to another: to the byte or not at all. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { createLedger, isLedgerError, type Ledger, memoryStorage, type Storage } from "sms-ledger";
import tencent from "sms-ledger/catalogs/tencent-sms";
import { sqliteStorage } from "sms-ledger/node-sqlite";
import { databases, temporaryFolder } from "./support/files.ts";
import { au_number, catalog, contents, noon } from "./support/ledgers.ts";
import { live, lived_messages, told } from "./support/lived.ts";

const account = "acme";
const ledgerOf = (storage: Storage): Ledger => createLedger({ storage, catalog, now: () => noon });
const code = (expected: string, reason?: string) => (error: unknown) =>
  isLedgerError(error) &&
  error.code === expected &&
  (reason === undefined || (error.details as { reason?: string }).reason === reason);

/** Documents without their revisions. */
async function documents(storage: Storage): Promise<[string, string][]> {
  const entries = await storage.list(account, { prefix: "", limit: 1_000_000 });
  return entries.map(({ key, value }) => [key, value]);
}

async function linesOf(storage: Storage): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of ledgerOf(storage).exportAccount({ account })) lines.push(line);
  return lines;
}

const home = memoryStorage();
await live(ledgerOf(home));
const before = await told(ledgerOf(home));
const lines = await linesOf(home);

/** The account with other values. */
function changed(value: (document: { key: string; value: string }) => string): Storage {
  const entries = contents(home).map((entry) => ({ key: entry.key, value: value(entry) }));
  return memoryStorage({ partition: account, entries });
}

/** That nothing is there, and that the whole account still can be imported. */
async function isEmptyAndUsable(storage: Storage): Promise<void> {
  assert.deepEqual(await documents(storage), []);
  await assert.rejects(ledgerOf(storage).balance({ account }), code("UNKNOWN_ACCOUNT"));
  await ledgerOf(storage).importAccount(lines);
  assert.deepEqual(await documents(storage), await documents(home));
}

describe("an account that moves", () => {
  test("is the same to the byte in every store on its way, and answers the same", async () => {
    const open = databases();
    const stops: Storage[] = [
      sqliteStorage(open(path.join(temporaryFolder(), "stop.sqlite"))),
      { ...memoryStorage(), limits: { checks: 2, writes: 16, valueBytes: 32_768 } },
      memoryStorage(),
    ];
    let from: Storage = home;
    for (const stop of stops) {
      const ledger = ledgerOf(stop);
      const imported = await ledger.importAccount(ledgerOf(from).exportAccount({ account }));
      assert.equal(imported.account, account);
      assert.equal(imported.documents, contents(home).length);
      assert.deepEqual(await documents(stop), await documents(home));
      assert.deepEqual(await linesOf(stop), lines);
      assert.deepEqual(await told(ledger), before);
      from = stop;
    }
    // What was said before the move is answered as it was then; what is new goes on from there.
    const [old, moved] = [ledgerOf(home), ledgerOf(from)];
    const message = (id: string) => ({ id, account, to: au_number, text: `hello ${id}` });
    for (const id of ["m-0", "m-65", `m-${lived_messages - 1}`]) {
      assert.deepEqual(await moved.reserve(message(id)), await old.reserve(message(id)));
    }
    await assert.rejects(moved.reserve({ ...message("m-0"), text: "another" }), code("ID_REUSED"));
    await moved.report({ id: "m-100", account, stage: "delivered" });
    await moved.reserve(message("new"));
    assert.equal((await moved.verify({ account })).ok, true);
  });

  test("is there for a ledger that alone writes the store, and was asked for it before", async () => {
    const ledger = ledgerOf({ ...memoryStorage(), exclusive: true });
    await assert.rejects(ledger.balance({ account }), code("UNKNOWN_ACCOUNT"));
    await ledger.importAccount(lines);
    assert.deepEqual(await told(ledger), before);
  });

  test("goes through a file, in pieces of any size", async () => {
    const file = path.join(temporaryFolder(), "acme.lines");
    await writeFile(file, lines);
    for (const highWaterMark of [7, 4_096, 1_000_000]) {
      const storage = memoryStorage();
      await ledgerOf(storage).importAccount(createReadStream(file, { highWaterMark }));
      assert.deepEqual(await documents(storage), await documents(home));
    }
  });
});

describe("an export", () => {
  test("of what is no account is refused", async () => {
    const next = ledgerOf(home).exportAccount({ account: "nobody" }).next();
    await assert.rejects(next, code("UNKNOWN_ACCOUNT"));
  });

  test("of an account that is written meanwhile has no last line", async () => {
    const storage = memoryStorage();
    const ledger = ledgerOf(storage);
    await ledger.importAccount(lines);
    const seen: string[] = [];
    await assert.rejects(async () => {
      for await (const line of ledger.exportAccount({ account })) {
        if (seen.push(line) === 2) await ledger.adjust({ id: "a-9", account, segments: 1, reason: "a gift" });
      }
    }, code("CONTENTION"));
    await assert.rejects(ledgerOf(memoryStorage()).importAccount(seen), code("INVALID_EXPORT", "truncated"));
  });
});

describe("an import", () => {
  test("of lines that end anywhere leaves nothing", async () => {
    const storage = memoryStorage();
    for (let count = 0; count < lines.length; count++) {
      const some = lines.slice(0, count);
      await assert.rejects(
        ledgerOf(storage).importAccount(some),
        code("INVALID_EXPORT", "truncated"),
        `${count}`,
      );
      assert.deepEqual(await documents(storage), []);
    }
    await isEmptyAndUsable(storage);
  });

  test("of a text that is cut or changed anywhere leaves nothing", async () => {
    const storage = memoryStorage();
    const text = lines.join("");
    const step = Math.ceil(text.length / 150);
    for (let at = 0; at < text.length; at += step) {
      const changed = text[at] === "1" ? "2" : "1";
      for (const broken of [text.slice(0, at), text.slice(0, at) + changed + text.slice(at + 1)]) {
        if (broken === text) continue;
        await assert.rejects(ledgerOf(storage).importAccount([broken]), code("INVALID_EXPORT"), `at ${at}`);
        assert.deepEqual(await documents(storage), []);
      }
    }
    await isEmptyAndUsable(storage);
  });

  test("of lines in another order, twice, or with more behind them leaves nothing", async () => {
    const [header = "", first = "", second = "", ...rest] = lines;
    assert.ok(rest.length > 0);
    const storage = memoryStorage();
    for (const broken of [
      [header, second, first, ...rest],
      [header, first, first, second, ...rest],
      [header, second, ...rest],
      [header, header, first, second, ...rest],
      [...lines, header],
      [...lines, "\n"],
    ]) {
      await assert.rejects(ledgerOf(storage).importAccount(broken), code("INVALID_EXPORT", "damaged"));
    }
    await isEmptyAndUsable(storage);
  });

  test("onto an account, or onto anything else, is refused and changes nothing", async () => {
    const storage = memoryStorage();
    await ledgerOf(storage).openAccount({ id: account, plan: "starter" });
    const there = await documents(storage);
    await assert.rejects(ledgerOf(storage).importAccount(lines), code("ACCOUNT_EXISTS"));
    assert.deepEqual(await documents(storage), there);
    const other = memoryStorage();
    other.commit(account, { checks: [], writes: [{ op: "put", key: "hold/m-1", value: "[1]" }] });
    await assert.rejects(ledgerOf(other).importAccount(lines), code("ACCOUNT_EXISTS"));
    assert.equal((await documents(other)).length, 1);
  });

  test("of books that do not add up leaves nothing", async () => {
    const storage = changed(({ key, value }) =>
      key.startsWith("entry/") ? value.replace(/[1-9](?=,0,)/, "7") : value,
    );
    const damaged = await linesOf(storage);
    assert.notDeepEqual(damaged, lines);
    const target = memoryStorage();
    await assert.rejects(ledgerOf(target).importAccount(damaged), code("INVALID_EXPORT", "not_verified"));
    await isEmptyAndUsable(target);
  });

  test("of what never was an account's, in lines that follow each other, leaves nothing", async () => {
    /** The same lines with others' content, hashed anew: the hashes keep no secret. */
    const forged = (change: (contents: unknown[]) => void): string[] => {
      const contents = lines.map((line) => JSON.parse(line.slice(65)) as unknown);
      change(contents);
      let last = "";
      return contents.map((content) => {
        const json = JSON.stringify(content);
        last = createHash("sha256")
          .update(last + json)
          .digest("hex");
        return `${last} ${json}\n`;
      });
    };
    assert.deepEqual(
      forged(() => {}),
      lines,
    );
    const before = forged((contents) => (contents[1] as unknown[]).unshift(["aaa", "x"]));
    const storage = memoryStorage();
    await assert.rejects(ledgerOf(storage).importAccount(before), code("INVALID_EXPORT", "damaged"));
    const behind = forged((contents) => (contents.at(-2) as unknown[]).push(["zzz", "x"]));
    await assert.rejects(ledgerOf(storage).importAccount(behind), code("INVALID_EXPORT", "damaged"));
    await isEmptyAndUsable(storage);
  });

  test("into another seller's ledger leaves nothing", async () => {
    const storage = memoryStorage();
    const ledger = createLedger({ storage, catalog: tencent, now: () => noon });
    await assert.rejects(ledger.importAccount(lines), code("INVALID_CATALOG"));
    await isEmptyAndUsable(storage);
  });

  test("of values that the store does not take is refused", async () => {
    const storage = { ...memoryStorage(), limits: { valueBytes: 16_384 } };
    const long = await linesOf(
      changed(({ key, value }) => (key === "settings" ? value.padEnd(16_385) : value)),
    );
    await assert.rejects(ledgerOf(storage).importAccount(long), code("INVALID_EXPORT", "too_long"));
    await isEmptyAndUsable({ ...storage, limits: {} });
  });

  test("of what is no export at all is refused", async () => {
    const ledger = ledgerOf(memoryStorage());
    for (const rubbish of ["", "\n", "{}", `${"0".repeat(64)} {}`]) {
      await assert.rejects(ledger.importAccount([rubbish]), code("INVALID_EXPORT"), JSON.stringify(rubbish));
    }
    for (const rubbish of [undefined, null, 7, {}])
      await assert.rejects(ledger.importAccount(rubbish as never), code("INVALID_INPUT"));
  });
});

/** The store, of which every callback from the `count`th on throws: before it is carried out, or after. */
function dying(storage: Storage, count: number, carriedOut: boolean): Storage {
  let calls = 0;
  const call = <T>(answer: () => T): T => {
    calls += 1;
    if (calls < count) return answer();
    if (calls === count && carriedOut) answer();
    throw new Error("the process is gone");
  };
  return {
    ...storage,
    get: (partition, keys) => call(() => storage.get(partition, keys)),
    list: (partition, range) => call(() => storage.list(partition, range)),
    commit: (partition, batch) => call(() => storage.commit(partition, batch)),
  };
}

describe("an import that is interrupted", () => {
  test("at any call leaves no account, and is repeated", async () => {
    let interrupted = 0;
    for (let count = 1; ; count++) {
      let finished = 0;
      for (const carriedOut of [false, true]) {
        const storage = memoryStorage();
        const result = await ledgerOf(dying(storage, count, carriedOut))
          .importAccount(lines)
          .then(() => "imported")
          .catch((error: unknown) => (isLedgerError(error) ? error.code : error));
        if (result === "imported") {
          finished += 1;
          continue;
        }
        interrupted += 1;
        const again = await ledgerOf(storage)
          .importAccount(lines)
          .then(() => "imported")
          .catch((error: unknown) => (isLedgerError(error) ? error.code : error));
        // The last commit may have been carried out although nobody was told.
        assert.ok(again === "imported" || (again === "ACCOUNT_EXISTS" && carriedOut), `${count}: ${again}`);
        assert.deepEqual(await documents(storage), await documents(home));
        assert.deepEqual(await told(ledgerOf(storage)), before);
      }
      if (finished === 2) break;
    }
    assert.ok(interrupted > 10, `only ${interrupted} interruptions`);
  });

  test("holds the place: nobody opens an account there meanwhile", async () => {
    const storage = memoryStorage();
    await assert.rejects(
      ledgerOf(dying(storage, 5, false)).importAccount(lines),
      code("STORAGE_UNAVAILABLE"),
    );
    assert.ok((await documents(storage)).length > 0);
    const ledger = ledgerOf(storage);
    for (const call of [
      ledger.openAccount({ id: account }),
      ledger.balance({ account }),
      ledger.exportAccount({ account }).next(),
    ])
      await assert.rejects(call, {
        code: "ACCOUNT_IMPORTING",
        message: `the account \`${account}\` is being imported or deleted, or that broke off: do it again, or delete it`,
        retryable: true,
        details: { account },
      });
    await ledger.importAccount(lines);
    assert.deepEqual(await told(ledger), before);
  });

  test("can be given up", async () => {
    const storage = memoryStorage();
    await assert.rejects(
      ledgerOf(dying(storage, 5, false)).importAccount(lines),
      code("STORAGE_UNAVAILABLE"),
    );
    await ledgerOf(storage).deleteAccount({ account });
    await isEmptyAndUsable(storage);
  });

  test("by another one ends, and the other one's account is whole", async () => {
    const storage = memoryStorage();
    const slow = async function* () {
      yield* lines.slice(0, 2);
      await ledgerOf(storage).importAccount(lines);
      yield* lines.slice(2);
    };
    await assert.rejects(ledgerOf(storage).importAccount(slow()), code("CONTENTION"));
    assert.deepEqual(await documents(storage), await documents(home));
    assert.deepEqual(await told(ledgerOf(storage)), before);
  });
});
