/** The drivers against a scripted engine: what is parsed, what is told, and what becomes of bad replies and of traps. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { isLedgerError } from "../src/errors.ts";
import { makeLedger, makeLedgerSync } from "../src/facade.ts";
import { Module } from "../src/module.ts";
import type { Storage, SyncStorage } from "../src/storage/contract.ts";
import { memoryStorage } from "../src/storage/memory.ts";
import type { Catalog, Ledger, SyncLedger } from "../src/types.ts";
import { answers, commit, FakeGlue, read, type Script, steps, type Told } from "./support/engine.ts";
import { delay } from "./support/ledgers.ts";

/** The scripted engine looks at none. */
const catalog = { offers: [] as unknown } as Catalog;

function moduleOf(glue: FakeGlue): Module {
  const module = new Module(glue);
  module.start({});
  return module;
}

function ledgerOf(script: Script, storage: Storage = memoryStorage()): { ledger: Ledger; glue: FakeGlue } {
  const glue = new FakeGlue(script);
  return { glue, ledger: makeLedger(moduleOf(glue), { storage, catalog, now: () => 1_000 }) };
}

function syncLedgerOf(
  script: Script,
  storage: SyncStorage = memoryStorage(),
): { ledger: SyncLedger; glue: FakeGlue } {
  const glue = new FakeGlue(script);
  return { glue, ledger: makeLedgerSync(moduleOf(glue), { storage, catalog, now: () => 1_000 }) };
}

const settle = { id: "m", account: "a" };

/** The first thing told under a name. */
const toldAs = (glue: FakeGlue, name: string): Told | undefined => glue.told.find(([told]) => told === name);

describe("calling in", () => {
  test("the hot commands go over as plain arguments, the others by name", async () => {
    const { ledger, glue } = ledgerOf(() => undefined);
    const waiting = [
      ledger.reserve({ id: "m", account: "a", to: "+1", text: "t" }),
      ledger.reserve({
        id: "m",
        account: "a",
        to: "+1",
        text: "t",
        attempt: 3,
        purpose: "codes",
        project: "shop",
      }),
      ledger.preview({ account: "a", to: "+1", text: "t" }),
      ledger.settle(settle),
      ledger.settle({ ...settle, segments: 2 }),
      ledger.release(settle),
      ledger.report({ ...settle, stage: "delivered" }),
      ledger.report({ ...settle, stage: "rejected", code: "21" }),
      ledger.balance({ account: "a", at: new Date(0) }),
    ];
    assert.deepEqual(glue.told, [
      ["reserve", 0, 1_000, "a", "m", "+1", "t", 1, false, undefined, undefined],
      ["reserve", 1, 1_000, "a", "m", "+1", "t", 3, false, "codes", "shop"],
      ["reserve", 2, 1_000, "a", "", "+1", "t", 1, true, undefined, undefined],
      ["settle", 3, 1_000, "a", "m", -1],
      ["settle", 4, 1_000, "a", "m", 2],
      ["release", 5, 1_000, "a", "m"],
      ["report", 6, 1_000, "a", "m", "delivered", undefined, -1],
      ["report", 7, 1_000, "a", "m", "rejected", "21", -1],
      ["enqueue", 8, 1_000, "balance", { __proto__: null, account: "a", at: "1970-01-01T00:00:00.000Z" }],
    ]);
    glue.script = steps([
      answers(...waiting.map((_, ticket): [number, boolean, unknown] => [ticket, true, ticket])),
    ]);
    assert.deepEqual(await Promise.all(waiting), [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("everything said in one tick is polled for once", async () => {
    let polls = 0;
    const { ledger } = ledgerOf((told) => {
      polls += 1;
      return polls === 1
        ? [answers(...told.map((_, ticket): [number, boolean, unknown] => [ticket, true, 0]))]
        : undefined;
    });
    await Promise.all(Array.from({ length: 100 }, () => ledger.settle(settle)));
    assert.equal(polls, 1);
  });

  test("a ticket is given again only once it is answered", async () => {
    const { ledger, glue } = ledgerOf(() => undefined);
    const first = ledger.settle(settle);
    const second = ledger.settle(settle);
    glue.script = steps([answers([0, true, "first"])]);
    assert.equal(await first, "first");
    const third = ledger.settle(settle);
    assert.deepEqual(
      glue.told.map(([, ticket]) => ticket),
      [0, 1, 0],
    );
    glue.script = steps([answers([0, true, "third"], [1, true, "second"])]);
    assert.deepEqual(await Promise.all([second, third]), ["second", "third"]);
  });

  test("the store's limits and the options reach the engine", () => {
    const glue = new FakeGlue(() => undefined);
    const storage = {
      ...memoryStorage(),
      limits: { checks: 5, writes: 17, valueBytes: 17_000 },
      exclusive: true,
    };
    makeLedger(moduleOf(glue), { storage, catalog, cacheBytes: 100, queue: 10 });
    assert.deepEqual(glue.limits, {
      checks: 5,
      writes: 17,
      valueBytes: 17_000,
      exclusive: true,
      cacheBytes: 100,
      queue: 10,
    });
  });

  test("what needs no store is answered at once, or throws", () => {
    const { ledger } = ledgerOf(() => undefined);
    assert.equal(ledger.segments("x").segments, 1);
    assert.throws(() => ledger.quote({ offer: "x", quantity: 1 }), {
      name: "LedgerError",
      code: "UNKNOWN_OFFER",
    });
  });

  test("an answer that is an error rejects with all that was told", async () => {
    const told = {
      code: "INSUFFICIENT_BALANCE",
      message: "nothing can pay",
      details: { reason: "expired", needed: 2, available: 0, region: "AU" },
      retryable: false,
    };
    const { ledger } = ledgerOf(steps([answers([0, false, told])]));
    const error = await ledger.settle(settle).catch((thrown: unknown) => thrown);
    assert.ok(isLedgerError(error) && error.code === "INSUFFICIENT_BALANCE");
    const { name, code, message, details, retryable } = error;
    assert.deepEqual({ name, code, message, details, retryable }, { name: "LedgerError", ...told });
    assert.ok(!("outcomeUnknown" in error));
  });
});

const everything: AskedRangeList = [
  { prefix: "h/", limit: 2 },
  { prefix: "h/", cursor: "h/2", limit: 2, reverse: true },
];
type AskedRangeList = { prefix: string; cursor?: string; limit: number; reverse?: boolean }[];

for (const [kind, make] of [
  ["asynchronous", ledgerOf],
  ["synchronous", syncLedgerOf],
] as const) {
  describe(`the ${kind} driver`, () => {
    test("reads the keys and then each range, and hands all of it over", async () => {
      const storage = memoryStorage();
      const put = (key: string, value: string) => ({ op: "put" as const, key, value });
      storage.commit("a", {
        checks: [],
        writes: [put("k", "é"), put("h/1", "1"), put("h/2", "😀"), put("h/3", "")],
      });
      const { ledger, glue } = make(
        steps(
          [read(7, "a", ["k", "missing"], everything)],
          [answers([kind === "synchronous" ? 1 : 0, true, "done"])],
        ),
        storage,
      );
      assert.equal(await ledger.settle(settle), "done");
      const NONE = 0xffffffff;
      assert.deepEqual(toldAs(glue, "loaded"), [
        "loaded",
        7,
        "é1" + "h/111" + "h/2😀1" + "h/111",
        [1, 1, NONE, 2, 3, 1, 1, 3, 2, 1, 1, 3, 1, 1],
      ]);
    });

    test("commits checks and writes, and tells the revision or the stale keys", async () => {
      const storage = memoryStorage();
      const ticket = kind === "synchronous" ? 1 : 0;
      const { ledger, glue } = make(
        steps(
          [commit(1, "a", [["k", "1", null], ["h/1", ""], ["gone"]])],
          [
            commit(2, "a", [
              ["k", "2", null],
              ["h/1", "x", "1"],
              ["h/2", "y", "9"],
            ]),
          ],
          [answers([ticket, true, null])],
        ),
        storage,
      );
      await ledger.settle(settle);
      assert.deepEqual(glue.told.slice(1), [
        ["committed", 1, "1"],
        ["refused", 2, ["k", "h/2"]],
      ]);
      assert.deepEqual(
        storage.get("a", ["k", "h/1"]).map((entry) => entry?.value),
        ["1", ""],
      );
    });
  });
}

const good = { key: "k", value: "v", revision: "1" };
const rubbish_entries: Record<string, unknown> = {
  nothing: undefined,
  "an object": {},
  "no entries": [],
  "too many entries": [good, good],
  "another key": [{ ...good, key: "other" }],
  "undefined instead of null": [undefined],
  "a number for a value": [{ ...good, value: 1 }],
  "no revision": [{ key: "k", value: "v" }],
  "a number for a revision": [{ ...good, revision: 1 }],
  "a lone surrogate": [{ ...good, value: "\ud800" }],
};
const listed = (key: string) => ({ key, value: "", revision: "1" });
const rubbish_lists: Record<string, unknown> = {
  nothing: null,
  "a string": "entries",
  "null in it": [null],
  "too many": [listed("h/1"), listed("h/2"), listed("h/3"), listed("h/4")],
  "out of order": [listed("h/2"), listed("h/1")],
  "twice the same": [listed("h/1"), listed("h/1")],
  "UTF-16 order": [listed("h/😀"), listed("h/\uffee")],
  "outside the prefix": [listed("i/1")],
  "at the cursor": [listed("h/0")],
  "before the cursor": [listed("h/")],
  "a key that is no text": [{ ...listed("h/1"), key: 1 }],
};
const rubbish_commits: Record<string, unknown> = {
  nothing: undefined,
  true: true,
  "no revision": { ok: true },
  "a number for a revision": { ok: true, revision: 1 },
  "no stale keys": { ok: false },
  "a set of stale keys": { ok: false, stale: new Set(["k"]) },
  "a number for a key": { ok: false, stale: [1] },
  "a number for ok": { ok: 1, revision: "1" },
};

/** How a callback may go wrong: at once, by a promise, or by throwing. */
const manners: Record<string, (answer: () => unknown) => () => unknown> = {
  "at once": (answer) => answer,
  later: (answer) => () => delay(1).then(answer),
};

describe("a storage that answers rubbish", () => {
  const failure = (glue: FakeGlue, name: string) =>
    toldAs(glue, name) as [string, number, string] | undefined;
  const unavailable = (message: string) => ({
    code: "STORAGE_UNAVAILABLE",
    message,
    details: {},
    retryable: true,
    outcomeUnknown: true,
  });
  const play = async (callback: "get" | "list" | "commit", answer: () => unknown) => {
    const asked = {
      get: read(1, "a", ["k"]),
      list: read(1, "a", [], [{ prefix: "h/", cursor: "h/0", limit: 3 }]),
      commit: commit(1, "a", [["k", "1", null]]),
    }[callback];
    const storage = { ...memoryStorage(), [callback]: answer } as Storage;
    let failed = false;
    const { ledger, glue } = ledgerOf((told) => {
      if (told.length === 1) return failed ? undefined : [asked];
      if (failed) return undefined;
      failed = true;
      return [answers([0, false, unavailable(String(told[1]?.[2]))])];
    }, storage);
    const error = await ledger.settle(settle).catch((thrown: unknown) => thrown);
    return { glue, error };
  };
  for (const [manner, via] of Object.entries(manners)) {
    for (const [name, reply] of Object.entries(rubbish_entries)) {
      test(`get, ${manner}: ${name}`, async () => {
        const { glue } = await play(
          "get",
          via(() => reply),
        );
        assert.match(failure(glue, "readFailed")?.[2] ?? "", /^the storage's `get` /);
      });
    }
    for (const [name, reply] of Object.entries(rubbish_lists)) {
      test(`list, ${manner}: ${name}`, async () => {
        const { glue } = await play(
          "list",
          via(() => reply),
        );
        assert.match(failure(glue, "readFailed")?.[2] ?? "", /^the storage's `list` /);
      });
    }
    for (const [name, reply] of Object.entries(rubbish_commits)) {
      test(`commit, ${manner}: ${name}`, async () => {
        const { glue } = await play(
          "commit",
          via(() => reply),
        );
        assert.match(failure(glue, "unknown")?.[2] ?? "", /^the storage's `commit` must answer /);
      });
    }
    for (const callback of ["get", "list", "commit"] as const) {
      test(`${callback}, ${manner}: an exception becomes the cause`, async () => {
        const thrown = new Error("the disk is gone");
        const { glue, error } = await play(
          callback,
          via(() => {
            throw thrown;
          }),
        );
        assert.equal(
          failure(glue, callback === "commit" ? "unknown" : "readFailed")?.[2],
          "the disk is gone",
        );
        assert.ok(isLedgerError(error));
        assert.equal(error.cause, thrown);
        assert.equal(error.outcomeUnknown, true);
      });
    }
  }

  test("an exception that is no error", async () => {
    const { glue } = await play("commit", () => {
      // biome-ignore lint/style/useThrowOnlyError: a storage may throw anything
      throw "gone \ud800";
    });
    assert.equal(failure(glue, "unknown")?.[2], "gone \ufffd");
  });

  test("a reply whose properties throw", async () => {
    const trap = new Proxy(
      {},
      {
        get: (_, name) => {
          if (name === "then") return undefined;
          throw new Error("no");
        },
      },
    );
    const { glue } = await play("commit", () => trap);
    assert.equal(failure(glue, "unknown")?.[2], "no");
  });

  const throwing = (name: string) =>
    Object.defineProperty({}, name, {
      get() {
        throw Object.create(null);
      },
    });
  const unreadable: Record<string, unknown> = {
    "with an object for a message": Object.assign(new Error(), { message: {} }),
    "without a prototype": Object.create(null),
    "whose `toString` throws": {
      toString() {
        throw new Error("no");
      },
    },
    "whose `message` throws": Object.setPrototypeOf(throwing("message"), Error.prototype),
    "that is a proxy which refuses everything": new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
        getPrototypeOf: () => {
          throw new Error("no");
        },
      },
    ),
    "that is a symbol": Symbol("odd"),
    "that is nothing": undefined,
    "whose message is huge": new Error("x".repeat(1_000_000)),
  };
  for (const [manner, via] of Object.entries(manners)) {
    for (const callback of ["get", "list", "commit"] as const) {
      for (const [name, thrown] of Object.entries(unreadable)) {
        test(`${callback}, ${manner}: an exception ${name}`, async () => {
          const { glue, error } = await play(
            callback,
            via(() => {
              throw thrown;
            }),
          );
          const told = failure(glue, callback === "commit" ? "unknown" : "readFailed")?.[2];
          assert.ok(typeof told === "string" && told.length > 0 && told.length <= 1_024);
          assert.ok(isLedgerError(error) && error.code === "STORAGE_UNAVAILABLE");
          assert.equal(error.cause, thrown);
          assert.deepEqual([glue.engines, glue.resets], [1, 0]);
        });
      }
    }
  }

  const hostile: Record<string, unknown> = {
    "whose `then` throws": throwing("then"),
    "whose items throw": new Proxy([good], {
      get: (target, name) => {
        if (name === "0" || name === "entries") throw Object.create(null);
        return Reflect.get(target, name);
      },
    }),
    "whose length throws": new Proxy([good], {
      get: (target, name) => {
        if (name === "length") throw Object.create(null);
        return Reflect.get(target, name);
      },
    }),
    "whose entry's properties throw": [throwing("key")],
    "that is a promise of a poisoned class": Object.defineProperty(Promise.resolve([]), "constructor", {
      get() {
        throw Object.create(null);
      },
    }),
    "that is a promise whose `then` throws": Object.assign(Promise.resolve([]), {
      // biome-ignore lint/suspicious/noThenProperty: a promise that breaks its promise
      then() {
        throw Object.create(null);
      },
    }),
  };
  for (const callback of ["get", "list", "commit"] as const) {
    for (const [name, reply] of Object.entries(hostile)) {
      test(`${callback}: a reply ${name}`, async () => {
        const { glue, error } = await play(callback, () => reply);
        assert.ok(failure(glue, callback === "commit" ? "unknown" : "readFailed"));
        assert.ok(isLedgerError(error) && error.code === "STORAGE_UNAVAILABLE");
        assert.deepEqual([glue.engines, glue.resets], [1, 0]);
      });
    }
  }

  test("stale keys that change between two looks never reach the module", async () => {
    let looks = 0;
    const stale = new Proxy(["k"], {
      get: (target, name) => {
        if (name !== "0") return Reflect.get(target, name);
        looks += 1;
        return looks === 1 ? "k" : 7;
      },
    });
    const { glue } = await play("commit", () => ({ ok: false, stale }));
    assert.deepEqual(glue.told.slice(1), [["refused", 1, ["k"]]]);
  });

  test("a thenable that answers twice, and then fails, is heard once", async () => {
    const { glue } = await play("commit", () => ({
      // biome-ignore lint/suspicious/noThenProperty: a foreign promise that breaks its promise
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve({ ok: true, revision: "1" });
        resolve({ ok: true, revision: "2" });
        reject(new Error("too late"));
      },
    }));
    assert.deepEqual(glue.told.slice(1), [["committed", 1, "1"]]);
  });
});

describe("a storage that answers late", () => {
  test("accounts do not wait for one another", async () => {
    const answered: string[] = [];
    const storage: Storage = {
      ...memoryStorage(),
      commit: (partition) =>
        delay(partition === "slow" ? 20 : 1).then(() => {
          answered.push(partition);
          return { ok: true, revision: "1" };
        }),
    };
    const { ledger } = ledgerOf((told) => {
      const last = told.at(-1);
      if (last?.[0] === "settle")
        return told.length === 2 ? [commit(1, "slow", []), commit(2, "fast", [])] : undefined;
      return last === undefined ? undefined : [answers([last[1] === 1 ? 0 : 1, true, last[1]])];
    }, storage);
    // One poll says something once: the script above looks at the newest thing told.
    const [slow, fast] = [ledger.settle(settle), ledger.settle(settle)];
    assert.equal(await fast, 2);
    assert.equal(await slow, 1);
    assert.deepEqual(answered, ["fast", "slow"]);
  });

  test("a lost race is read again once the account stands still", async () => {
    const asked: string[] = [];
    const revisions = ["1", "2", "3", "4", "4"];
    const storage = {
      ...memoryStorage(),
      get: (_: string, keys: readonly string[]) => {
        asked.push(keys.join());
        return keys.map((key) => ({ key, value: "", revision: revisions.shift() ?? "4" }));
      },
    };
    const { ledger } = ledgerOf(
      steps([read(1, "a", ["k", "l"], [], 3)], [answers([0, true, "done"])]),
      storage,
    );
    assert.equal(await ledger.settle(settle), "done");
    assert.deepEqual(revisions, []);
    assert.deepEqual(asked, ["k", "k", "k", "k", "k", "k,l"]);
  });

  test("what goes on where a page ended is read at once", async () => {
    const storage = { ...memoryStorage(), get: () => assert.fail("there is nothing to look at") };
    const page = { prefix: "p", limit: 10 };
    const { ledger } = ledgerOf(steps([read(1, "a", [], [page], 3)], [answers([0, true, "done"])]), storage);
    assert.equal(await ledger.settle(settle), "done");
  });
});

describe("a synchronous ledger", () => {
  test("refuses a storage that answers with a promise", () => {
    const storage = { ...memoryStorage(), commit: () => Promise.reject(new Error("nobody listens")) };
    const { ledger, glue } = syncLedgerOf(
      steps(
        [commit(1, "a", [])],
        [
          answers([
            1,
            false,
            { code: "STORAGE_UNAVAILABLE", message: "unknown", retryable: true, outcomeUnknown: true },
          ]),
        ],
      ),
      storage as unknown as SyncStorage,
    );
    assert.throws(() => ledger.settle(settle), { code: "STORAGE_UNAVAILABLE", outcomeUnknown: true });
    assert.match(
      String(toldAs(glue, "unknown")?.[2]),
      /`commit` answered with a promise; `createLedgerSync` needs/,
    );
  });

  test("refuses a call from within its own storage", () => {
    const thrown: unknown[] = [];
    const storage: SyncStorage = {
      ...memoryStorage(),
      commit() {
        try {
          ledger.settle(settle);
        } catch (error) {
          thrown.push(error);
        }
        return { ok: true, revision: "1" };
      },
    };
    const { ledger } = syncLedgerOf(steps([commit(1, "a", [])], [answers([1, true, "done"])]), storage);
    assert.equal(ledger.settle(settle), "done");
    assert.ok(isLedgerError(thrown[0]) && thrown[0].code === "INVALID_INPUT");
  });

  test("fails where the engine gives no answer", () => {
    const { ledger, glue } = syncLedgerOf(() => undefined);
    assert.throws(() => ledger.settle(settle), { code: "ENGINE_FAILED" });
    glue.script = steps([answers([2, true, "again"])]);
    assert.equal(ledger.settle(settle), "again");
    assert.deepEqual([glue.engines, glue.resets], [2, 0]);
  });

  test("survives a reply that is a poisoned promise", () => {
    const reply = Object.defineProperty(Promise.resolve([]), "constructor", {
      get() {
        throw Object.create(null);
      },
    });
    const storage = { ...memoryStorage(), commit: () => reply };
    const { ledger, glue } = syncLedgerOf(
      steps([commit(1, "a", [])], [answers([1, true, "done"])]),
      storage as unknown as SyncStorage,
    );
    assert.equal(ledger.settle(settle), "done");
    assert.ok(toldAs(glue, "unknown"));
    assert.deepEqual([glue.engines, glue.resets], [1, 0]);
  });
});

describe("a trap", () => {
  const broken: Record<string, Script> = {
    "in poll": () => {
      throw new WebAssembly.RuntimeError("unreachable");
    },
    "an unknown record": () => [(words) => words.push(9)],
    "half a record": () => [(words) => words.push(1, 1)],
    "too little text": () => [(words) => words.push(2, 1, 50)],
    "too much text": () => [answers([0, true, 1]), (_, text) => text.push("more")],
    "answers that are no JSON": () => [
      (words, text) => {
        words.push(3, 1, 0, 1, 1);
        text.push("{");
      },
    ],
    "too few answers": () => [
      (words, text) => {
        words.push(3, 1, 0, 1, 2);
        text.push("[]");
      },
    ],
    "an answer to nobody": () => [answers([77, true, 1])],
  };
  for (const [name, script] of Object.entries(broken)) {
    test(`rejects all that waits and starts anew: ${name}`, async () => {
      const { ledger, glue } = ledgerOf(script);
      const results = await Promise.allSettled([ledger.settle(settle), ledger.settle(settle)]);
      const unanswered = results.filter((result) => result.status === "rejected");
      assert.ok(unanswered.length >= 1);
      for (const { reason } of unanswered) {
        assert.ok(isLedgerError(reason) && reason.code === "ENGINE_FAILED");
        assert.deepEqual([reason.retryable, reason.outcomeUnknown], [true, true]);
        assert.ok(reason.cause instanceof Error);
      }
      glue.script = steps([answers([0, true, "again"])]);
      assert.equal(await ledger.settle(settle), "again");
      // Only what comes out of an export costs the instance.
      assert.deepEqual([glue.engines, glue.resets], [2, name === "in poll" ? 1 : 0]);
    });
  }

  for (const name of ["poll", "settle", "committed", "unknown"] as const) {
    test(`in \`${name}\` costs the instance`, async () => {
      const storage = { ...memoryStorage(), ...(name === "unknown" ? { commit: () => undefined } : {}) };
      const { ledger, glue } = ledgerOf(steps([commit(1, "a", [])]), storage as unknown as Storage);
      glue.trap = name;
      await assert.rejects(ledger.settle(settle), { code: "ENGINE_FAILED", outcomeUnknown: true });
      glue.trap = undefined;
      glue.script = steps([answers([0, true, "again"])]);
      assert.equal(await ledger.settle(settle), "again");
      assert.deepEqual([glue.engines, glue.resets], [2, 1]);
    });
  }

  test("ends what was ready, and what the next engine asks for goes on when an old call comes back", async () => {
    const asked: string[][] = [];
    const back: (() => void)[] = [];
    const storage: Storage = {
      ...memoryStorage(),
      async commitMany(commits) {
        asked.push(commits.map(({ partition }) => partition));
        await new Promise<void>((resolve) => back.push(resolve));
        return commits.map(() => ({ ok: true, revision: "1" }));
      },
    };
    const pair = (...partitions: string[]) => partitions.map((name, at) => commit(at, name, []));
    const { ledger, glue } = ledgerOf(steps(pair("a", "b"), pair("c", "d"), pair("e", "f")), storage);
    const lost: Promise<unknown>[] = [];
    for (let call = 0; call < 3; call++) {
      lost.push(ledger.settle(settle));
      await delay(1);
    }
    glue.trap = "settle";
    lost.push(ledger.settle(settle));
    for (const each of lost) await assert.rejects(each, { code: "ENGINE_FAILED" });
    glue.trap = undefined;
    glue.script = steps(pair("g", "h"), [answers([0, true, "done"])]);
    const next = ledger.settle(settle);
    await delay(1);
    assert.deepEqual(asked, [
      ["a", "b"],
      ["c", "d"],
    ]);
    back.shift()?.();
    await delay(1);
    assert.deepEqual(asked.slice(2), [["g", "h"]]);
    while (back.length > 0) back.shift()?.();
    assert.equal(await next, "done");
    assert.deepEqual(
      glue.told.map(([name]) => name),
      ["settle", "committed", "committed"],
    );
  });

  test("that a storage's callback brings about ends what was being done for it", async () => {
    const glue = new FakeGlue(() => undefined);
    const module = moduleOf(glue);
    const other = makeLedgerSync(module, { storage: memoryStorage(), catalog });
    let fresh: Promise<unknown> | undefined;
    const storage: Storage = {
      ...memoryStorage(),
      commit() {
        glue.trap = "settle";
        assert.throws(() => other.settle(settle), { code: "ENGINE_FAILED" });
        glue.trap = undefined;
        glue.script = () => undefined;
        fresh = ledger.settle(settle);
        return { ok: true, revision: "1" };
      },
    };
    const ledger = makeLedger(module, { storage, catalog });
    glue.script = steps([commit(1, "a", []), answers([0, true, "of the engine that is gone"])]);
    await assert.rejects(ledger.settle(settle), { code: "ENGINE_FAILED" });
    assert.deepEqual(
      glue.told.map(([name]) => name),
      ["settle"],
    );
    glue.script = steps([answers([0, true, "fresh"], [1, true, "next"])]);
    assert.deepEqual(await Promise.all([fresh, ledger.settle(settle)]), ["fresh", "next"]);
    assert.equal(glue.resets, 1);
  });

  test("is not what a driver's own defect is: the other ledgers keep their engine", async () => {
    const glue = new FakeGlue(() => undefined);
    const module = moduleOf(glue);
    const make = () => makeLedger(module, { storage: memoryStorage(), catalog });
    const [second, first] = [make(), make()];
    const waiting = second.settle(settle);
    await delay(1);
    glue.script = (told) => (told.length > 0 ? [(words) => words.push(9)] : undefined);
    await assert.rejects(first.settle(settle), { code: "ENGINE_FAILED", outcomeUnknown: true });
    glue.script = () => [answers([0, true, "of the first engine"], [1, true, "as well"])];
    const more = second.settle(settle);
    glue.script = steps([answers([0, true, "first"], [1, true, "second"])]);
    assert.deepEqual(await Promise.all([waiting, more]), ["first", "second"]);
    assert.deepEqual([glue.engines, glue.resets], [2, 0]);
  });

  test("a reply to an engine that is gone is not given to the next one", async () => {
    const storage = {
      ...memoryStorage(),
      commit: () => delay(5).then(() => ({ ok: true as const, revision: "1" })),
    };
    const { ledger, glue } = ledgerOf(steps([commit(1, "a", [])]), storage);
    const lost = assert.rejects(ledger.settle(settle), { code: "ENGINE_FAILED" });
    await delay(1);
    glue.script = () => {
      throw new Error("unreachable");
    };
    await assert.rejects(ledger.settle(settle), { code: "ENGINE_FAILED" });
    await lost;
    glue.script = () => undefined;
    const open = ledger.settle(settle);
    await delay(10);
    assert.deepEqual(
      glue.told.map(([name]) => name),
      ["settle"],
    );
    glue.script = steps([answers([0, true, 1]), answers([1, true, 2])]);
    await Promise.all([open, ledger.settle(settle)]);
  });

  test("costs the other ledgers of the module their engine, and nothing else", async () => {
    const glue = new FakeGlue(() => undefined);
    const module = moduleOf(glue);
    const make = () => makeLedger(module, { storage: memoryStorage(), catalog });
    const [first, second] = [make(), make()];
    const waiting = assert.rejects(second.settle(settle), { code: "ENGINE_FAILED", outcomeUnknown: true });
    glue.script = () => {
      throw new Error("unreachable");
    };
    await assert.rejects(first.settle(settle), { code: "ENGINE_FAILED" });
    await waiting;
    glue.script = steps([answers([0, true, "second"])]);
    assert.equal(await second.settle(settle), "second");
    glue.script = steps([answers([0, true, "first"])]);
    assert.equal(await first.settle(settle), "first");
    assert.deepEqual([glue.engines, glue.resets], [4, 1]);
  });

  test("says what the module's panic said", async () => {
    const { ledger } = ledgerOf(() => {
      (globalThis as { __smsLedgerPanic?: string }).__smsLedgerPanic = "panicked at src/x.rs";
      throw new Error("unreachable");
    });
    await assert.rejects(ledger.settle(settle), {
      code: "ENGINE_FAILED",
      details: { panic: "panicked at src/x.rs" },
    });
    assert.ok(!("__smsLedgerPanic" in globalThis));
  });
});

describe("making a ledger", () => {
  test("a catalog that is refused names each problem", () => {
    const glue = new FakeGlue(() => undefined);
    const problems = [{ path: "offers[0].id", message: "missing" }];
    glue.catalog = JSON.stringify({
      error: { code: "INVALID_CATALOG", message: "1 problem", details: { problems }, retryable: false },
    });
    const make = () => makeLedger(moduleOf(glue), { storage: memoryStorage(), catalog });
    assert.throws(make, { name: "LedgerError", code: "INVALID_CATALOG", details: { problems } });
  });

  test("needs a started module", () => {
    const make = () =>
      makeLedger(new Module(new FakeGlue(() => undefined)), { storage: memoryStorage(), catalog });
    assert.throws(make, { code: "ENGINE_FAILED", message: /`initialize`/ });
  });
});
