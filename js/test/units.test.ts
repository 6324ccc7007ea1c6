/** The driver's small parts: key order, prefix ends, zone offsets, words, and the real module after a trap. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import * as glue from "../generated/sms_ledger.js";
import { isLedgerError, LedgerError } from "../src/errors.ts";
import { makeLedger } from "../src/facade.ts";
import { writer } from "../src/host.ts";
import { type Glue, Module } from "../src/module.ts";
import { compareKeys, prefixEnd } from "../src/storage/order.ts";
import { textsOf } from "../src/text/texts.ts";
import { Lengths, NONE, Words } from "../src/words.ts";
import { zoneOffset } from "../src/zone.ts";
import { acmeStorage, au_number, catalog, noon } from "./support/ledgers.ts";

describe("the order of keys", () => {
  const points = [
    0, 0x41, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfffd, 0xffff, 0x10000, 0x1f600, 0x10ffff,
  ];
  const keys = points.flatMap((a) => points.map((b) => String.fromCodePoint(a, b))).concat("", "a", "ab");

  test("is that of their UTF-8 bytes", () => {
    for (const a of keys) {
      for (const b of keys)
        assert.equal(Math.sign(compareKeys(a, b)), Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }
  });

  test("ends a prefix right behind its last key", () => {
    for (const prefix of keys) {
      const end = prefixEnd(prefix);
      if (end === undefined) assert.match(prefix, /^\u{10ffff}*$/u);
      for (const key of keys) {
        const within = compareKeys(key, prefix) >= 0 && (end === undefined || compareKeys(key, end) < 0);
        assert.equal(within, key.startsWith(prefix), JSON.stringify([prefix, end, key]));
      }
    }
  });
});

describe("a zone's offset", () => {
  const cases: [zone: string, at: string, seconds: number][] = [
    ["UTC", "2026-11-21T00:00:00Z", 0],
    ["Australia/Sydney", "2026-01-15T00:00:00Z", 39_600],
    ["Australia/Sydney", "2026-07-15T00:00:00Z", 36_000],
    ["Australia/Lord_Howe", "2026-01-15T00:00:00Z", 39_600],
    ["Australia/Lord_Howe", "2026-07-15T00:00:00Z", 37_800],
    ["America/New_York", "2026-03-08T06:59:59.999Z", -18_000],
    ["America/New_York", "2026-03-08T07:00:00Z", -14_400],
    ["Asia/Kathmandu", "2026-01-01T00:00:00Z", 20_700],
    ["Pacific/Apia", "2011-12-30T09:59:59Z", -36_000],
    ["Pacific/Apia", "2011-12-30T10:00:00Z", 50_400],
    // Amsterdam kept its own mean time, 19 minutes and 32 seconds ahead, until 1937.
    ["Europe/Amsterdam", "1930-01-01T00:00:00Z", 1_172],
    ["Africa/Monrovia", "1971-06-01T00:00:00Z", -2_670],
    ["UTC", "0050-01-01T00:00:00Z", 0],
  ];
  for (const [zone, at, seconds] of cases) {
    test(`${zone} at ${at}`, () => {
      const offset = zoneOffset(zone, Date.parse(at));
      // Time zone data that is merged by country gives Amsterdam the offset of Brussels.
      if (zone === "Europe/Amsterdam" && offset === 0) return;
      assert.equal(offset, seconds);
    });
  }

  test("is no number for what is no zone", () => {
    for (const zone of ["", "Mars/Olympus", "+10:00", "-05", "x".repeat(1_000)]) {
      assert.ok(Number.isNaN(zoneOffset(zone, noon)), zone);
    }
  });
});

describe("words", () => {
  test("are read from front to back", () => {
    const words = new Words(Uint32Array.of(7, 2, NONE, 0), "😀");
    assert.deepEqual(
      [words.number(), words.string(), words.optional(), words.string()],
      [7, "😀", undefined, ""],
    );
    assert.equal(words.more(), false);
    words.end();
    assert.throws(() => words.number(), /end within a record/);
  });

  test("lengths count UTF-16 units", () => {
    const lengths = new Lengths();
    lengths.number(3);
    lengths.string("a😀");
    lengths.none();
    lengths.string("");
    assert.deepEqual([lengths.text(), [...lengths.lengths()]], ["a😀", [3, 3, NONE, 0]]);
  });
});

describe("an error", () => {
  test("is recognized by its shape, and is an error like others", () => {
    const cause = new Error("why");
    const error = new LedgerError("UNKNOWN_HOLD", "no such hold", { id: "m" }, { cause });
    assert.ok(error instanceof Error && isLedgerError(error));
    assert.equal(error.cause, cause);
    assert.match(String(error), /^LedgerError \[UNKNOWN_HOLD\]: no such hold$/);
    assert.match(error.stack ?? "", /^LedgerError: no such hold\n/);
    assert.deepEqual(Object.keys(error), ["code", "details", "retryable"]);
    assert.ok(isLedgerError({ name: "LedgerError", code: "ENGINE_FAILED" }));
    for (const other of [
      undefined,
      null,
      "LedgerError",
      new Error("x"),
      { name: "LedgerError", code: "toString" },
    ]) {
      assert.equal(isLedgerError(other), false);
    }
  });
});

describe("a text is written unit by unit", () => {
  const texts = ["", "a", "abc", "ж😀\ud83d\udc00a", "x€".repeat(50), `${"\udead".repeat(99)}é`];
  const written = (text: string): number[] => {
    const units = new Uint16Array(new ArrayBuffer(1_024), 256, 256);
    writer(units)(text, 3);
    return [...units.slice(3, 3 + text.length)];
  };
  const expected = (text: string) => Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));

  test("by the host's own copy", () => {
    for (const text of texts) assert.deepEqual(written(text), expected(text));
  });

  test("in a loop, where the host has none", () => {
    const { Buffer: kept } = globalThis;
    try {
      Reflect.deleteProperty(globalThis, "Buffer");
      for (const text of texts) assert.deepEqual(written(text), expected(text));
    } finally {
      globalThis.Buffer = kept;
    }
  });
});

describe("the real module", () => {
  test("counts texts on after a trap", async () => {
    let trap = false;
    class Trapping extends (glue as unknown as Glue).Texts {
      override count(...words: [number, number, number, number]): number {
        if (trap) throw new WebAssembly.RuntimeError("unreachable");
        return super.count(...words);
      }
    }
    const module = new Module({ ...(glue as unknown as Glue), Texts: Trapping });
    const texts = textsOf(module);
    assert.throws(() => texts.countSegments("a"), { code: "ENGINE_FAILED", message: /`initialize`/ });
    module.start(
      new WebAssembly.Module(await readFile(new URL("../generated/sms_ledger_bg.wasm", import.meta.url))),
    );
    for (let round = 1; round <= 3; round++) {
      assert.equal(texts.countSegments("a".repeat(161)), 2);
      trap = true;
      assert.throws(() => texts.countSegments("a"), { code: "ENGINE_FAILED", retryable: true });
      trap = false;
    }
    assert.equal(texts.analyzeText("ж".repeat(71)).segments, 2);
    assert.equal(textsOf(module), texts);
  });

  test("is started anew after a trap, for all its ledgers, and goes on from storage", async () => {
    let trap = false;
    class Trapping extends (glue as unknown as Glue).Engine {
      override poll(): Uint32Array {
        if (trap) throw new WebAssembly.RuntimeError("unreachable");
        return super.poll();
      }
    }
    const module = new Module({
      ...(glue as unknown as Glue),
      Engine: Trapping as unknown as Glue["Engine"],
    });
    module.start(
      new WebAssembly.Module(await readFile(new URL("../generated/sms_ledger_bg.wasm", import.meta.url))),
    );
    const storage = acmeStorage();
    const [first, second] = [1, 2].map(() => makeLedger(module, { storage, catalog, now: () => noon }));
    assert.ok(first && second);
    const message = (id: string) => ({ id, account: "acme", to: au_number, text: "hello" });
    for (let round = 1; round <= 3; round++) {
      await first.reserve(message(`first-${round}`));
      await second.reserve(message(`second-${round}`));
      trap = true;
      const lost = ["a", "b"].map((id) => first.reserve(message(`lost-${round}-${id}`)));
      for (const result of await Promise.allSettled(lost)) {
        assert.ok(result.status === "rejected" && result.reason.code === "ENGINE_FAILED");
      }
      trap = false;
      assert.equal((await second.balance({ account: "acme" })).held, round * 2);
    }
    assert.ok((await first.verify({ account: "acme" })).ok);
  });
});
