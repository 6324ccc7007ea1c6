/** Turns at accounts that several processes write. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { makeLedger } from "../src/facade.ts";
import { Module } from "../src/module.ts";
import { memoryStorage } from "../src/storage/memory.ts";
import { Turns } from "../src/turns.ts";
import { answers, commit, FakeGlue, steps } from "./support/engine.ts";
import { catalog, delay } from "./support/ledgers.ts";

const won = { ok: true, revision: "2" } as const;
const batch = {
  checks: [
    { key: "account", revision: "1" },
    { key: "hold/m", revision: null },
  ],
  writes: [],
};
const lost = { ok: false, stale: ["account"] } as const;

/** So many commits without a gap, each of which takes 10 ms; when the last has ended. */
function win(turns: Turns, commits: number, from: number, account: string = "a"): number {
  for (let each = 0; each < commits; each++) {
    assert.equal(turns.pause(account, from + 10 * each), 0, `before commit ${each}`);
    turns.ended(account, batch, won, 10, from + 10 * (each + 1));
  }
  return from + 10 * commits;
}

describe("at an account", () => {
  test("that nobody else is known to write there is a pause now and then", () => {
    const turns = new Turns();
    let now = win(turns, 128, 0);
    assert.equal(turns.pause("a", now), 30);
    // The same id again is no other writer.
    turns.ended("a", batch, { ok: false, stale: ["hold/m"] }, 10, now);
    now = win(turns, 128, now);
    assert.equal(turns.pause("a", now), 30);
  });

  test("that another writes there is one after each eight commits, three as long", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 10, 0);
    let now = 0;
    for (let round = 0; round < 3; round++) {
      now = win(turns, 8, now);
      assert.equal(turns.pause("a", now), 30);
    }
    now = win(turns, 5, now);
    turns.ended("a", batch, lost, 10, now);
    now = win(turns, 8, now);
    assert.equal(turns.pause("a", now), 30);
    assert.equal(turns.pause("b", now), 0);
  });

  test("there is none where there are gaps", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 10, 0);
    for (let each = 0; each < 500; each++) win(turns, 1, each * 22);
  });

  test("there is none longer than a tenth of a second", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 10, 0);
    for (let each = 0; each < 8; each++) turns.ended("a", batch, won, 5_000, 0);
    assert.equal(turns.pause("a", 0), 100);
  });

  test("others are taken to be there for two seconds after a lost race", () => {
    const turns = new Turns();
    turns.ended("a", batch, lost, 10, 0);
    let now = win(turns, 8, 1_900);
    assert.equal(turns.pause("a", now), 30);
    now = win(turns, 8, now);
    now = win(turns, 100, now);
    assert.ok(now > 2_000);
  });

  test("all is forgotten where a thousand others are written", () => {
    const turns = new Turns();
    for (const name of ["a", ...Array.from({ length: 1_000 }, (_, index) => `b${index}`)])
      turns.ended(name, batch, lost, 10, 0);
    win(turns, 100, 0);
    assert.equal(turns.pause("b1", win(turns, 8, 0, "b1")), 30);
  });
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
    const asked = Array.from({ length: 10 }, (_, index) => [commit(index, "a", [["k", "1", "1"]])]);
    const glue = new FakeGlue(steps(...asked, [answers([0, true, "done"])]));
    const module = new Module(glue);
    module.start({});
    const ledger = makeLedger(module, { storage, catalog, now: () => 0 });
    assert.equal(await ledger.settle({ id: "m", account: "a" }), "done");
    const gaps = at.slice(1).map((time, index) => time - (at[index] as number));
    assert.equal(at.length, 10);
    // The first is lost, eight are won in a row, and before the tenth there is a pause of three commits.
    assert.ok((gaps[8] as number) >= 15, gaps.join(", "));
  });
}
