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

/** Turns of so many commits, each with a pause of so many milliseconds behind it; the next one begins with the commit that waited. */
function take(
  turns: Turns,
  lengths: readonly number[],
  from: number,
  { took, pause }: { took: number; pause: number },
): number {
  let now = from;
  for (const [index, commits] of lengths.entries()) {
    now = win(turns, index === 0 ? commits : commits - 1, now, took);
    assert.equal(turns.pause("a", now), pause, `after turn ${index}`);
    now += pause + took;
    turns.ended("a", batch, won, took, now);
  }
  return now;
}

describe("at an account", () => {
  test("that nobody else is known to write there is a pause of 20 ms, or six commits, now and then, ever more rarely", () => {
    const turns = new Turns();
    const each = { took: 2, pause: 20 };
    let now = take(turns, [40, 80, 160, 320, 640, 640], 0, each);
    // The same id again is no other writer.
    turns.ended("a", batch, { ok: false, stale: ["hold/m"] }, 2, now);
    now = take(turns, [639], now, each);
    // Another is, and two seconds later it may be there yet.
    turns.ended("a", batch, lost, 2, now);
    take(turns, [40, 80], now + 2_000, each);
  });

  test("that nobody else is known to write there is a pause after two seconds, or sixteen pauses", () => {
    take(new Turns(), [24, 48, 96, 192, 200, 200], 0, { took: 10, pause: 60 });
    take(new Turns(), [24, 48, 96, 96], 0, { took: 40, pause: 240 });
  });

  test("that another writes there is one of 30 ms after each 60 ms", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 2, 0);
    let now = take(turns, [30, 30, 30], 0, { took: 2, pause: 30 });
    now = win(turns, 5, now, 2);
    turns.ended("a", batch, lost, 2, now);
    take(turns, [30, 30], now, { took: 2, pause: 30 });
    assert.equal(turns.pause("b", now), 0);
  });

  test("that another writes on a slow store there is one of ten commits after each eight", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 10, 0);
    assert.equal(turns.pause("a", win(turns, 8, 0)), 100);
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
    for (let each = 0; each < 500; each++) win(turns, 1, each * 111);
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
    assert.ok(win(turns, 20, now + 30, 2) > 2_000);
  });

  test("all is forgotten where a thousand others are written since", () => {
    const turns = new Turns();
    for (const name of ["a", "b", ...Array.from({ length: 999 }, (_, index) => `c${index}`)]) {
      turns.ended(name, batch, lost, 2, 0);
      turns.ended("b", batch, lost, 2, 0);
    }
    assert.equal(turns.pause("a", win(turns, 40, 0, 2)), 20);
    assert.equal(turns.pause("b", win(turns, 30, 0, 2, "b")), 30);
  });

  test("whoever was late looks on, and the longer ago its own turn was the shorter", () => {
    const turns = new Turns();
    assert.deepEqual(turns.watch("a", 10_000, 0), { turn: 60, gap: 1.5, looks: 1 });
    win(turns, 1, 10_000, 2);
    turns.ended("a", batch, lost, 2, 10_002);
    const looks = [0, 59, 61, 121, 239, 241].map((later) => turns.watch("a", 10_002 + later, 0).looks);
    assert.deepEqual(looks, [4, 4, 3, 2, 2, 1]);
  });

  test("whoever has never had a turn needs the shortest standstill, also right after the clock's beginning", () => {
    assert.equal(new Turns().watch("a", 0, 0).looks, 1);
  });

  test("one commit or reading that hung for minutes makes nobody wait as long", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 300_000, 300_000);
    assert.deepEqual(turns.watch("a", 300_000, 0), { turn: 4_000, gap: 4_000, looks: 1 });
    turns.read("b", 300_000, false);
    assert.deepEqual(turns.watch("b", 300_000, 0), { turn: 4_000, gap: 1.5, looks: 1 });
  });

  test("whoever looks on does so more rarely than another commits, and more often each time", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 60, 60);
    assert.equal(turns.watch("a", 60, 0).gap, 75);
    // What was lost may have waited for the other's, and may take less than another that was lost.
    turns.ended("a", batch, lost, 1_000, 1_060);
    assert.equal(turns.watch("a", 60, 0).gap, 0.6 * 75);
    turns.ended("a", batch, lost, 5.6, 1_064);
    assert.equal(turns.watch("a", 60, 0).gap, 1.25 * (0.36 * 60 - 2));
    // Of many others the one that has waited for long comes first.
    turns.ended("b", batch, won, 4, 0);
    for (const [now, random, gap] of [
      [0, 1, 7.5],
      [130, 1, 1.5 * 3],
      [610, 1, 1.1 * 1.8],
      [610, 0, 1.5],
    ] as const)
      assert.ok(Math.abs(turns.watch("b", now, random).gap - gap) < 1e-9, `${now}`);
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
    assert.deepEqual(turns.watch("a", 0, 0).turn, 100);
    assert.equal(turns.pause("a", win(turns, 50, 0, 2)), 100);
    turns.read("b", 20, false);
    assert.equal(turns.pause("b", win(turns, 80, 0, 2, "b")), 40);
  });
});

describe("looking on", () => {
  const watch = { turn: 60, gap: 1.5, looks: 2 };

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
  await lookOn(look, { turn: 60, gap: 1.5, looks: 4 }, delay);
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

for (const { ledgers, packages, ms, last } of [
  { ledgers: 3, packages: 1, ms: 1, last: 4_000 },
  { ledgers: 3, packages: 1_500, ms: 1, last: 6_000 },
  { ledgers: 3, packages: 1, ms: 40, last: 400 },
  { ledgers: 8, packages: 1, ms: 1, last: 4_000 },
]) {
  const title = `${ledgers} ledgers share an account with ${packages} packages on a store that commits in ${ms} ms`;
  test(title, async (t) => {
    const memory = memoryStorage();
    const opening = createLedgerSync({ storage: memory, catalog, now: () => noon });
    opening.openAccount({ id: "acme" });
    for (let each = 0; each < packages; each++)
      opening.adjust({ id: `g${each}`, account: "acme", segments: 40_000, reason: "for the turns" });
    const storage: Storage = {
      get: (partition, keys) => delay(1).then(() => memory.get(partition, keys)),
      list: (partition, range) => delay(1).then(() => memory.list(partition, range)),
      commit: (partition, batch) => delay(ms).then(() => memory.commit(partition, batch)),
    };
    const shares = Array.from({ length: ledgers }, () => 0);
    const caller = async (ledger: Ledger, which: number, name: number): Promise<void> => {
      for (let each = 0; Math.max(...shares) < last; each++) {
        await ledger.reserve({
          id: `${which}-${name}-${each}`,
          account: "acme",
          to: au_number,
          text: "hello",
        });
        shares[which] = (shares[which] ?? 0) + 1;
      }
    };
    const all = shares.map(() => createLedger({ storage, catalog, now: () => noon }));
    await Promise.all(
      all.flatMap((ledger, which) => Array.from({ length: 8 }, (_, name) => caller(ledger, which, name))),
    );
    t.diagnostic(`shares ${shares.join(", ")}`);
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
