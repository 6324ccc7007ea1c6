/** Stores that fail: nothing is lost, nothing is doubled, and to say the same again is safe. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  createLedger,
  createLedgerSync,
  isLedgerError,
  type Ledger,
  type Storage,
  type SyncStorage,
} from "sms-ledger";
import { acmeStorage, au_number, catalog, contents, delay, insist, noon, slow } from "./support/ledgers.ts";

const now = () => noon;
const message = (id: string) => ({ id, account: "acme", to: au_number, text: "hello" });

/** A fault of a commit: what the ledger sees, and whether the store applied it. */
type Fault = (apply: () => unknown) => unknown;

const commit_faults: Record<string, { fault: Fault; unknown: boolean }> = {
  "throws before it is applied": {
    unknown: true,
    fault: () => {
      throw new Error("no connection");
    },
  },
  "throws after it was applied": {
    unknown: true,
    fault: (apply) => {
      apply();
      throw new Error("connection lost");
    },
  },
  "rejects before it is applied": { unknown: true, fault: () => Promise.reject(new Error("no connection")) },
  "rejects after it was applied": {
    unknown: true,
    fault: (apply) =>
      delay(1)
        .then(apply)
        .then(() => Promise.reject(new Error("connection lost"))),
  },
  "applies and answers nothing": {
    unknown: true,
    fault: (apply) => {
      apply();
    },
  },
  "answers rubbish": { unknown: true, fault: () => ({ ok: "yes" }) },
  "applies and answers rubbish": {
    unknown: true,
    fault: (apply) => {
      apply();
      return { ok: true, revision: 7 };
    },
  },
};

/** The store, with a fault in the commits that `when` picks. */
function faulty(storage: SyncStorage, fault: Fault, when: (commit: number) => boolean): Storage {
  let commits = 0;
  return {
    ...storage,
    commit(partition, batch) {
      commits += 1;
      const apply = () => storage.commit(partition, batch);
      return (when(commits) ? fault(apply) : apply()) as ReturnType<Storage["commit"]>;
    },
  };
}

async function check(
  ledger: Ledger,
  expected: { available: number; held: number; spent: number },
): Promise<void> {
  const { available, held, spent } = await ledger.balance({ account: "acme" });
  assert.deepEqual({ available, held, spent }, expected);
  const verified = await ledger.verify({ account: "acme" });
  assert.ok(verified.ok, JSON.stringify(verified));
}

describe("a commit that", () => {
  for (const [name, { fault, unknown }] of Object.entries(commit_faults)) {
    test(`${name} loses and doubles nothing`, async () => {
      const storage = acmeStorage();
      const ledger = createLedger({
        storage: faulty(storage, fault, (commit) => commit === 2),
        catalog,
        now,
      });
      await ledger.reserve(message("m1"));
      const group = ["m2", "m3", "m4"].map((id) => ledger.reserve(message(id)));
      const results = await Promise.allSettled(group);
      for (const result of results) {
        assert.ok(result.status === "rejected");
        const { code, retryable, outcomeUnknown } = result.reason;
        assert.deepEqual(
          { code, retryable, outcomeUnknown },
          { code: "STORAGE_UNAVAILABLE", retryable: !name.includes("answers"), outcomeUnknown: unknown },
        );
      }
      const again = await Promise.all(["m2", "m3", "m4"].map((id) => ledger.reserve(message(id))));
      assert.deepEqual(
        again.map(({ available }) => available),
        [248, 247, 246],
      );
      await check(ledger, { available: 246, held: 4, spent: 0 });
      await check(createLedger({ storage, catalog, now }), { available: 246, held: 4, spent: 0 });
    });

    test(`${name}, every third time: all is done in the end, once`, async () => {
      const storage = acmeStorage();
      const ledger = createLedger({
        storage: faulty(storage, fault, (commit) => commit % 3 === 0),
        catalog,
        now,
      });
      await Promise.all(
        Array.from({ length: 40 }, async (_, id) => {
          await insist(() => ledger.reserve(message(`m${id}`)));
          if (id % 4 === 0) await insist(() => ledger.release({ id: `m${id}`, account: "acme" }));
          else await insist(() => ledger.report({ id: `m${id}`, account: "acme", stage: "delivered" }));
        }),
      );
      await check(ledger, { available: 220, held: 0, spent: 30 });
    });
  }

  test("throws in a synchronous store is told to the caller with its cause", () => {
    const thrown = new Error("the disk is full");
    const fault = () => {
      throw thrown;
    };
    const storage = faulty(acmeStorage(), fault, (commit) => commit === 1) as SyncStorage;
    const ledger = createLedgerSync({ storage, catalog, now });
    assert.throws(() => ledger.reserve(message("m1")), {
      code: "STORAGE_UNAVAILABLE",
      outcomeUnknown: true,
      cause: thrown,
    });
    assert.equal(ledger.reserve(message("m1")).available, 249);
  });
});

describe("a read that", () => {
  const faults: Record<string, () => unknown> = {
    throws: () => {
      throw new Error("no connection");
    },
    rejects: () => Promise.reject(new Error("no connection")),
    "answers rubbish": () => [{ key: "account" }],
    "answers nothing": () => undefined,
  };
  for (const callback of ["get", "list"] as const) {
    for (const [name, fault] of Object.entries(faults)) {
      test(`${name} in \`${callback}\` fails what waits for it and nothing else`, async () => {
        const storage = acmeStorage();
        const before = contents(storage);
        let broken = true;
        const read = storage[callback] as (...args: unknown[]) => unknown;
        const flaky = {
          ...storage,
          [callback]: (...args: unknown[]) => (broken ? fault() : read(...args)),
        } as Storage;
        const ledger = createLedger({ storage: flaky, catalog, now });
        const error = await ledger.reserve(message("m1")).catch((thrown: unknown) => thrown);
        assert.ok(isLedgerError(error), String(error));
        assert.deepEqual(
          [error.code, error.retryable, error.outcomeUnknown],
          ["STORAGE_UNAVAILABLE", !name.includes("answers"), undefined],
        );
        assert.deepEqual(contents(storage), before);
        broken = false;
        assert.equal((await ledger.reserve(message("m1"))).available, 249);
      });
    }
  }
});

describe("a store whose exceptions and replies cannot be read", () => {
  const faults: Record<string, () => unknown> = {
    "an error with an object for a message": () => {
      throw Object.assign(new Error(), { message: {} });
    },
    "an object without a prototype": () => {
      throw Object.create(null);
    },
    "a reply whose `then` throws": () =>
      // biome-ignore lint/suspicious/noThenProperty: what seems to be a promise and cannot even be asked
      Object.defineProperty({}, "then", {
        get() {
          throw new Error("no");
        },
      }),
  };
  for (const [name, fault] of Object.entries(faults)) {
    for (const callback of ["get", "list", "commit"] as const) {
      test(`fails its own ledger's calls and no other's: ${name} in \`${callback}\``, async () => {
        const odd = { ...acmeStorage(), [callback]: fault } as Storage;
        const bad = createLedger({ storage: odd, catalog, now });
        const good = createLedger({ storage: slow(acmeStorage()), catalog, now });
        const waiting = good.reserve(message("m1"));
        const error = await bad.reserve(message("m1")).catch((thrown: unknown) => thrown);
        assert.ok(isLedgerError(error), String(error));
        assert.deepEqual(
          [error.code, error.outcomeUnknown],
          ["STORAGE_UNAVAILABLE", callback === "commit" ? true : undefined],
        );
        assert.equal((await waiting).available, 249);
      });
    }
  }
});

describe("stored documents that", () => {
  const spoil: Record<string, (value: string) => string> = {
    "are no JSON": (value) => value.slice(0, -1),
    "are empty": () => "",
    "have a version that nobody knows": (value) => value.replace("[1,", "[99,"),
    "lack a part": (value) => value.replace(/\[\d+(,\d+){5}\],/, ""),
  };
  for (const [name, damage] of Object.entries(spoil)) {
    test(`${name} are refused and left alone`, async () => {
      const storage = acmeStorage();
      const [head] = storage.get("acme", ["account"]);
      const value = damage(head?.value ?? "");
      storage.commit("acme", { checks: [], writes: [{ op: "put", key: "account", value }] });
      const before = contents(storage);
      const ledger = createLedger({ storage, catalog, now });
      await assert.rejects(ledger.reserve(message("m1")), { code: "STORAGE_CORRUPT" });
      await assert.rejects(ledger.balance({ account: "acme" }), { code: "STORAGE_CORRUPT" });
      assert.deepEqual(contents(storage), before);
    });
  }
});

describe("several ledgers on one store", () => {
  test("that answers late and out of order lose and double nothing", async () => {
    const memory = acmeStorage();
    const ledgers = Array.from({ length: 4 }, () => createLedger({ storage: slow(memory, 2), catalog, now }));
    await Promise.all(
      Array.from({ length: 120 }, async (_, id) => {
        const ledger = ledgers[id % ledgers.length] as Ledger;
        const other = ledgers[(id + 1) % ledgers.length] as Ledger;
        await insist(() => ledger.reserve(message(`m${id}`)));
        await insist(() =>
          other.report({ id: `m${id}`, account: "acme", stage: id % 3 === 0 ? "rejected" : "delivered" }),
        );
      }),
    );
    for (const ledger of ledgers) await check(ledger, { available: 170, held: 0, spent: 80 });
  });

  test("that send the same message apply it once", async () => {
    const memory = acmeStorage();
    const ledgers = Array.from({ length: 3 }, () => createLedger({ storage: slow(memory, 2), catalog, now }));
    const answers = await Promise.all(ledgers.map((ledger) => insist(() => ledger.reserve(message("m1")))));
    assert.equal(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1);
    await check(ledgers[0] as Ledger, { available: 249, held: 1, spent: 0 });
  });
});
