/** Turns at accounts that several processes write. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLedger, createLedgerSync, type Ledger, type Storage } from "sms-ledger";
import { makeLedger } from "../src/facade.ts";
import { Module } from "../src/module.ts";
import { memoryStorage } from "../src/storage/memory.ts";
import { lookOn, Turns } from "../src/turns.ts";
import { answers, commit, FakeGlue, read, steps } from "./support/engine.ts";
import { au_number, catalog, delay, noon } from "./support/ledgers.ts";

const won = { ok: true, revision: "2" } as const;
const batch = {
  checks: [
    { key: "account", revision: "1" },
    { key: "hold/m", revision: null },
  ],
  writes: [],
};
const lost = { ok: false, stale: ["account"] } as const;

/** So many commits without a gap, each of which takes so long; when the last has ended. */
function win(turns: Turns, commits: number, from: number, took: number = 10, account: string = "a"): number {
  for (let each = 0; each < commits; each++) {
    assert.equal(turns.pause(account, from + took * each), 0, `before commit ${each}`);
    turns.ended(account, batch, won, took, from + took * (each + 1));
  }
  return from + took * commits;
}

describe("at an account", () => {
  test("that nobody else is known to write there is a pause of eight commits now and then, ever more rarely", () => {
    const turns = new Turns();
    let now = 0;
    for (const commits of [64, 128, 256, 512, 512]) {
      now = win(turns, commits, now, 2);
      assert.equal(turns.pause("a", now), 16);
    }
    // The same id again is no other writer.
    turns.ended("a", batch, { ok: false, stale: ["hold/m"] }, 2, now);
    now = win(turns, 512, now, 2);
    assert.equal(turns.pause("a", now), 16);
    // Another is, and two seconds later it may be there yet.
    turns.ended("a", batch, lost, 2, now);
    now = win(turns, 64, now + 2_000, 2);
    assert.equal(turns.pause("a", now), 16);
  });

  test("that nobody else is known to write there is a pause after two seconds, or sixteen pauses", () => {
    for (const [took, commits] of [
      [10, 200],
      [20, 128],
    ] as const) {
      const turns = new Turns();
      let now = 0;
      for (const each of [64, 128, commits, commits]) {
        now = win(turns, each, now, took);
        assert.equal(turns.pause("a", now), 8 * took);
      }
    }
  });

  test("that another writes there is one of 30 ms after each 60 ms", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 2, 0);
    let now = 0;
    for (let round = 0; round < 3; round++) {
      now = win(turns, 30, now, 2);
      assert.equal(turns.pause("a", now), 30);
      now += 30;
    }
    now = win(turns, 5, now, 2);
    turns.ended("a", batch, lost, 2, now);
    now = win(turns, 30, now, 2);
    assert.equal(turns.pause("a", now), 30);
    assert.equal(turns.pause("b", now), 0);
  });

  test("that another writes on a slow store there is one of eight commits after each eight", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 10, 0);
    assert.equal(turns.pause("a", win(turns, 8, 0)), 80);
  });

  test("one commit that took long makes no long pauses", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 2, 0);
    turns.ended("a", batch, won, 10, 10);
    assert.equal(turns.pause("a", win(turns, 30, 40, 2)), 30);
  });

  test("there is none where there are gaps as long as one", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 10, 0);
    for (let each = 0; each < 500; each++) win(turns, 1, each * 91);
  });

  test("there is none longer than a second", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 400, 0);
    assert.equal(turns.pause("a", win(turns, 8, 0, 400)), 1_000);
  });

  test("others are taken to be there for two seconds after a lost race", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 2, 0);
    const now = win(turns, 30, 1_900, 2);
    assert.equal(turns.pause("a", now), 30);
    assert.ok(win(turns, 50, now + 30, 2) > 2_000);
  });

  test("all is forgotten where a thousand others are written since", () => {
    const turns = new Turns();
    for (const name of ["a", "b", ...Array.from({ length: 999 }, (_, index) => `c${index}`)]) {
      turns.ended(name, batch, lost, 2, 0);
      turns.ended("b", batch, lost, 2, 0);
    }
    win(turns, 60, 0, 2);
    assert.equal(turns.pause("b", win(turns, 30, 0, 2, "b")), 30);
  });

  test("whoever was late looks on, and the longer ago its own turn was the shorter", () => {
    const turns = new Turns();
    assert.deepEqual(turns.watch("a", 10_000), { turn: 60, looks: 1 });
    win(turns, 1, 10_000, 2);
    turns.ended("a", batch, lost, 2, 10_002);
    const looks = [0, 59, 61, 121, 181, 1_000].map((later) => turns.watch("a", 10_002 + later).looks);
    assert.deepEqual(looks, [4, 4, 3, 2, 1, 1]);
  });

  test("whoever has never had a turn needs the shortest standstill, also right after the clock's beginning", () => {
    assert.equal(new Turns().watch("a", 0).looks, 1);
  });

  test("one commit or reading that hung for minutes makes nobody wait as long", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 300_000, 300_000);
    assert.deepEqual(turns.watch("a", 300_000), { turn: 4_000, looks: 1 });
    turns.read("b", 300_000, false);
    assert.deepEqual(turns.watch("b", 300_000), { turn: 4_000, looks: 1 });
  });

  test("another that is seen to write is there like one that wins a race", () => {
    const turns = new Turns();
    turns.others("a", 0);
    assert.equal(turns.pause("a", win(turns, 30, 0, 2)), 30);
  });

  test("a pause lasts for two readings where they take long, and a turn as well", () => {
    const turns = new Turns();
    turns.read("a", 40, false);
    turns.read("a", 20, false);
    turns.read("a", 30, true);
    turns.ended("a", batch, lost, 2, 0);
    assert.deepEqual(turns.watch("a", 0).turn, 100);
    assert.equal(turns.pause("a", win(turns, 50, 0, 2)), 100);
    turns.read("b", 20, false);
    assert.equal(turns.pause("b", win(turns, 160, 0, 2, "b")), 40);
  });
});

describe("looking on", () => {
  const watch = { turn: 60, looks: 2 };

  /** What is waited between looks that find these revisions, the last of them again and again. */
  async function waits(...revisions: (string | undefined)[]): Promise<number[]> {
    const waited: number[] = [];
    const look = () => (revisions.length > 1 ? revisions.shift() : revisions[0]);
    const wait = (ms: number) => {
      waited.push(ms);
      return Promise.resolve();
    };
    assert.equal(await lookOn(look, watch, wait), waited.includes(36));
    return waited;
  }

  test("ends where nothing is written", async () => {
    assert.deepEqual(await waits("1"), [1.5, 1.5]);
    assert.deepEqual(await waits(undefined), [1.5, 1.5]);
  });

  test("waits for most of another's turn once it is seen, and then looks often", async () => {
    assert.deepEqual(await waits("1", "2", "9", "10", "11", "12"), [1.5, 36, 1.5, 1.5, 1.5, 1.5, 1.5]);
  });

  test("waits again where another comes first", async () => {
    assert.deepEqual(await waits("1", "2", "9", "9", "10", "20"), [1.5, 36, 1.5, 1.5, 36, 1.5, 1.5]);
  });

  test("does not go on for ever", async () => {
    let revision = 0;
    const began = performance.now();
    await lookOn(() => String(revision++), watch, delay);
    // Four turns of 60 ms.
    assert.ok(performance.now() - began >= 239);
  });
});

test("looking on ends in time where the host's clock is set back meanwhile", async (t) => {
  let hour = 0;
  const { now } = Date;
  t.mock.method(Date, "now", () => now() - hour);
  let looked = 0;
  const look = () => {
    looked += 1;
    if (looked === 2) hour = 3_600_000;
    return looked > 300 ? "still" : String(looked);
  };
  await lookOn(look, { turn: 60, looks: 4 }, delay);
  assert.ok(looked < 300, `${looked} looks`);
});

test("only what is read for a commit tells how long its reading takes", async (t) => {
  const read_for = t.mock.method(Turns.prototype, "read", () => {});
  const ranges = [
    { prefix: "entry/", limit: 10 },
    { prefix: "package/open/", limit: 10 },
    { prefix: "package/open/", cursor: "package/open/1", limit: 10 },
  ];
  const reads = ranges.map((range, index) => [read(index, "a", [], [range])]);
  const module = new Module(new FakeGlue(steps(...reads, [answers([0, true, "done"])])));
  module.start({});
  const ledger = makeLedger(module, { storage: memoryStorage(), catalog, now: () => 0 });
  assert.equal(await ledger.settle({ id: "m", account: "a" }), "done");
  assert.deepEqual(
    read_for.mock.calls.map(({ arguments: [, , goesOn] }: { arguments: unknown[] }) => goesOn),
    [false, true],
  );
});

for (const many of [false, true]) {
  test(`the driver waits and goes on${many ? ", also where several commits go together" : ""}`, async () => {
    const at: number[] = [];
    const one = async () => {
      at.push(performance.now());
      await delay(5);
      return at.length === 1 ? { ok: false as const, stale: ["k"] } : { ok: true as const, revision: "2" };
    };
    const storage = {
      ...memoryStorage(),
      commit: one,
      ...(many ? { commitMany: () => assert.fail("each goes alone here") } : {}),
    };
    const asked = Array.from({ length: 20 }, (_, index) => [commit(index, "a", [["k", "1", "1"]])]);
    const glue = new FakeGlue(steps(...asked, [answers([0, true, "done"])]));
    const module = new Module(glue);
    module.start({});
    const ledger = makeLedger(module, { storage, catalog, now: () => 0 });
    assert.equal(await ledger.settle({ id: "m", account: "a" }), "done");
    const gaps = at.slice(1).map((time, index) => time - (at[index] as number));
    assert.equal(at.length, 20);
    // The first is lost, and after 60 ms there is a pause of 30 ms.
    assert.ok(Math.max(...gaps.slice(8)) >= 30, gaps.join(", "));
  });
}

for (const [packages, last] of [
  [1, 4_000],
  [1_500, 6_000],
] as const) {
  test(`three ledgers share an account with ${packages} packages on a store that takes its time`, async () => {
    const memory = memoryStorage();
    const opening = createLedgerSync({ storage: memory, catalog, now: () => noon });
    opening.openAccount({ id: "acme" });
    for (let each = 0; each < packages; each++)
      opening.adjust({ id: `g${each}`, account: "acme", segments: 20_000, reason: "for the turns" });
    const late = async <T>(answer: T): Promise<T> => {
      await delay(1);
      return answer;
    };
    const storage: Storage = {
      get: async (partition, keys) => late(memory.get(partition, keys)),
      list: async (partition, range) => late(memory.list(partition, range)),
      commit: async (partition, batch) => late(memory.commit(partition, batch)),
    };
    const shares = [0, 0, 0];
    const caller = async (ledger: Ledger, which: number, name: number): Promise<void> => {
      while (Math.max(...shares) < last) {
        const id = `${which}-${name}-${shares[which]}`;
        await ledger.reserve({ id, account: "acme", to: au_number, text: "hello" });
        shares[which] = (shares[which] ?? 0) + 1;
      }
    };
    const ledgers = shares.map(() => createLedger({ storage, catalog, now: () => noon }));
    await Promise.all(
      ledgers.flatMap((ledger, which) => Array.from({ length: 8 }, (_, name) => caller(ledger, which, name))),
    );
    assert.ok(Math.min(...shares) >= last / 20, `shares ${shares.join(", ")}`);
    const { held } = await createLedger({ storage, catalog, now: () => noon }).balance({ account: "acme" });
    assert.equal(
      held,
      shares.reduce((sum, share) => sum + share),
    );
  });
}

test("the driver reads where it could not look on", async () => {
  const asked: string[] = [];
  const storage = {
    ...memoryStorage(),
    get: (_: string, keys: readonly string[]) => {
      asked.push(keys.join());
      if (asked.length === 2) throw new Error("no look");
      return keys.map(() => null);
    },
    commit: () => ({ ok: false as const, stale: ["k"] }),
  };
  const glue = new FakeGlue(
    steps(
      [commit(0, "a", [["k", "1", "1"]])],
      [read(1, "a", ["k", "l"], [], 1)],
      [answers([0, true, "done"])],
    ),
  );
  const module = new Module(glue);
  module.start({});
  const ledger = makeLedger(module, { storage, catalog, now: () => 0 });
  assert.equal(await ledger.settle({ id: "m", account: "a" }), "done");
  assert.deepEqual(asked, ["k", "k", "k,l"]);
});
