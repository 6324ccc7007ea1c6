/** The calls on texts, through the package as it is published: every vector, and the rules one by one. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  analyzeText,
  analyzeTexts,
  applyReplacements,
  countSegments,
  isLedgerError,
  suggestReplacements,
  type TextOptions,
  type TextReport,
} from "sms-ledger";
import * as slim from "sms-ledger/slim";

interface Vector {
  id: string;
  text: string;
  options?: TextOptions & { udh?: "16bit" };
  encoding: string;
  segments: number;
  units: number;
  perSegment: number[];
  capacity: number;
  remaining: number;
  nonGsm?: { count: number; firstIndex: number; firstCodePoint: string };
  error?: string;
}

const fixture = new URL("../../tests/fixtures/segment-vectors.json", import.meta.url);
const vectors = JSON.parse(readFileSync(fixture, "utf8")) as Vector[];

function optionsOf({ options = {} }: Vector): TextOptions {
  const { udh, ...others } = options;
  return udh === undefined ? others : { ...others, reference: 16 };
}

/** What went wrong, as the code, the path and the details. */
function refusal(call: () => unknown): {
  code: string;
  details: { path?: unknown; [name: string]: unknown };
} {
  try {
    call();
  } catch (error) {
    if (isLedgerError(error)) return { code: error.code, details: { ...error.details } };
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("every vector", () => {
  const good = vectors.filter(({ error }) => error === undefined);

  test("is reported as written", () => {
    assert.equal(vectors.length, 285);
    for (const vector of good) {
      const report = analyzeText(vector.text, optionsOf(vector));
      const { encoding, segments, units, perSegment, capacity, remaining } = vector;
      assert.deepEqual(
        {
          encoding: report.encoding,
          segments: report.segments,
          units: report.units,
          perSegment: report.perSegment,
          capacity: report.capacity,
          remaining: report.remaining,
        },
        { encoding, segments, units, perSegment, capacity, remaining },
        vector.id,
      );
      assert.equal(report.nonGsm.length, vector.nonGsm?.count ?? 0, vector.id);
      assert.equal(report.nonGsm[0]?.index, vector.nonGsm?.firstIndex, vector.id);
      const first = report.nonGsm[0]?.codePoint.toString(16).toUpperCase();
      assert.equal(first && `U+${first.padStart(4, "0")}`, vector.nonGsm?.firstCodePoint, vector.id);
      for (const { index, codePoint, character } of report.nonGsm) {
        assert.equal(vector.text.codePointAt(index), codePoint);
        assert.ok(vector.text.startsWith(character, index), vector.id);
      }
      assert.equal(countSegments(vector.text, optionsOf(vector)), segments, vector.id);
    }
  });

  test("in one call with the others of its options", () => {
    const groups = new Map<string, Vector[]>();
    for (const vector of good) {
      const key = JSON.stringify(optionsOf(vector));
      groups.set(key, [...(groups.get(key) ?? []), vector]);
    }
    for (const group of groups.values()) {
      const [first] = group;
      assert.ok(first !== undefined);
      const counts = analyzeTexts(
        group.map(({ text }) => text),
        optionsOf(first),
      );
      for (const [at, { id, encoding, segments, units, remaining }] of group.entries()) {
        assert.equal(counts.encoding[at] === 1 ? "UCS-2" : "GSM-7", encoding, id);
        const found = [counts.segments[at], counts.units[at], counts.remaining[at]];
        assert.deepEqual(found, [segments, units, remaining], id);
      }
      assert.equal(
        counts.total,
        group.reduce((sum, { segments }) => sum + segments, 0),
      );
    }
  });

  test("line ends and letters in pieces may make a text fit", () => {
    assert.equal(analyzeText("\r\n".repeat(20_500), { newline: "crlf-to-lf" }).segments, 134);
    assert.equal(countSegments("e\u0301".repeat(20_500), { normalize: "NFC" }), 134);
  });

  test("an empty list of languages is none", () => {
    assert.deepEqual(analyzeText("ışık", { national: [] }), analyzeText("ışık"));
  });

  test("of more segments than there can be is refused with both numbers", () => {
    for (const { text, segments, error } of vectors.filter(({ error }) => error !== undefined)) {
      assert.equal(error, "too-many-segments");
      const details = { path: "text", segments, segmentsMax: 255 };
      assert.deepEqual(
        refusal(() => analyzeText(text)),
        { code: "MESSAGE_TOO_LONG", details },
      );
      assert.deepEqual(
        refusal(() => countSegments(text)),
        { code: "MESSAGE_TOO_LONG", details },
      );
      const among = refusal(() => analyzeTexts(["a", text]));
      assert.deepEqual(among, {
        code: "MESSAGE_TOO_LONG",
        details: { ...details, path: "texts[1]", text: 1 },
      });
    }
  });
});

describe("a text", () => {
  test("that is empty is one empty segment", () => {
    assert.deepEqual(analyzeText(""), {
      encoding: "GSM-7",
      segments: 1,
      units: 0,
      perSegment: [0],
      capacity: 160,
      remaining: 160,
      characters: 0,
      nonGsm: [],
      breaks: [0],
    } satisfies TextReport);
    assert.equal(countSegments(""), 1);
  });

  test("of all lengths is counted alike by every call", () => {
    for (const unit of ["a", "€", "é", "ж", "😀", "a{", "aж"]) {
      for (let length = 0; length < 420; length += 1 + (length % 7)) {
        const text = unit.repeat(length);
        const { segments, units, remaining, perSegment } = analyzeText(text);
        assert.equal(countSegments(text), segments);
        const counts = analyzeTexts(["x", text, "y"]);
        const found = [counts.segments[1], counts.units[1], counts.remaining[1]];
        assert.deepEqual(found, [segments, units, remaining]);
        assert.equal(
          perSegment.reduce((sum, each) => sum + each, 0),
          units,
        );
      }
    }
  });

  test("with lone surrogates tells each as it is", () => {
    const { nonGsm, characters } = analyzeText("a\ud83d\ud83d\ude00\udc00");
    assert.equal(characters, 4);
    assert.deepEqual(nonGsm, [
      { index: 1, codePoint: 0xd83d, character: "\ud83d" },
      { index: 2, codePoint: 0x1f600, character: "😀" },
      { index: 4, codePoint: 0xdc00, character: "\udc00" },
    ]);
  });

  test("that is far too long is refused with its length", () => {
    const details = { path: "text", segments: 313, segmentsMax: 255, units: 50_000 };
    for (const call of [analyzeText, countSegments])
      assert.deepEqual(
        refusal(() => call("x".repeat(50_000))),
        { code: "MESSAGE_TOO_LONG", details },
      );
    assert.equal(countSegments("x".repeat(153 * 255)), 255);
  });

  test("that is no string is refused", () => {
    for (const value of [undefined, null, 5, {}, ["a"], new String("a")]) {
      const text = value as unknown as string;
      assert.equal(refusal(() => analyzeText(text)).details.path, "text");
      assert.equal(refusal(() => countSegments(text)).details.path, "text");
      assert.equal(refusal(() => analyzeTexts(["a", text])).details.path, "texts[1]");
      assert.equal(refusal(() => suggestReplacements(text, "script")).details.path, "text");
      assert.equal(refusal(() => applyReplacements(text, [])).details.path, "text");
    }
    assert.equal(refusal(() => analyzeTexts("a" as unknown as string[])).details.path, "texts");
  });
});

describe("the options", () => {
  test("that are wrong are refused by name", () => {
    const wrong: [unknown, string][] = [
      [null, "options"],
      [[], "options"],
      ["gsm", "options"],
      [{ colour: 1 }, "colour"],
      [{ counting: "GSM" }, "counting"],
      [{ encoding: "gsm-7" }, "encoding"],
      [{ encoding: null }, "encoding"],
      [{ reference: "8" }, "reference"],
      [{ reference: 4 }, "reference"],
      [{ extraHeader: -1 }, "extraHeader"],
      [{ extraHeader: 121 }, "extraHeader"],
      [{ extraHeader: 1.5 }, "extraHeader"],
      [{ extraHeader: Number.NaN }, "extraHeader"],
      [{ locking: "de" }, "locking"],
      [{ locking: "es" }, "locking"],
      [{ single: ["es"] }, "single"],
      [{ national: "tr" }, "national"],
      [{ national: ["tr", "xx"] }, "national[1]"],
      [{ national: ["tr", "tr"] }, "national[1]"],
      [{ national: ["tr"], single: "es" }, "national"],
      [{ counting: "any-text-70", encoding: "GSM-7" }, "encoding"],
      [{ counting: "any-text-70", single: "es" }, "single"],
      [{ encoding: "UCS-2", national: "auto" }, "national"],
      [{ clusters: true }, "clusters"],
      [{ signature: 5 }, "signature"],
      [{ suffix: "x".repeat(6_000) }, "suffix"],
      [{ newline: "lf" }, "newline"],
      [{ normalize: "NFD" }, "normalize"],
      [{ maxSegments: 0 }, "maxSegments"],
      [{ maxSegments: 256 }, "maxSegments"],
      [{ maxCharacters: 0 }, "maxCharacters"],
      [{ maxCharacters: 2 ** 32 }, "maxCharacters"],
    ];
    for (const [options, path] of wrong) {
      for (const call of [analyzeText, countSegments]) {
        const { code, details } = refusal(() => call("a", options as TextOptions));
        assert.deepEqual([code, details.path], ["INVALID_INPUT", path], JSON.stringify(options));
      }
    }
  });

  test("count 70 for any text", () => {
    const options = { counting: "any-text-70" } as const;
    assert.deepEqual(
      [0, 70, 71, 134, 135, 150].map((length) => countSegments("a".repeat(length), options)),
      [1, 1, 2, 2, 3, 3],
    );
    const { encoding, perSegment, nonGsm } = analyzeText("a".repeat(71), options);
    assert.deepEqual(
      { encoding, perSegment, nonGsm },
      { encoding: "UCS-2", perSegment: [67, 4], nonGsm: [] },
    );
  });

  test("force an encoding, or say where it cannot be", () => {
    const { code, details } = refusal(() => analyzeText("ok 😀 ’", { encoding: "GSM-7" }));
    assert.equal(code, "INVALID_INPUT");
    assert.deepEqual(details, { path: "text", index: 3, codePoint: 0x1f600, character: "😀", count: 2 });
    assert.equal(analyzeText("a€", { encoding: "GSM-7" }).units, 3);
    assert.equal(refusal(() => analyzeTexts(["a", "ж"], { encoding: "GSM-7" })).details.path, "texts[1]");
  });

  test("make room for other header elements", () => {
    const capacities = (text: string, options: TextOptions) =>
      [1, 400].map((times) => analyzeText(text.repeat(times), options).capacity);
    assert.deepEqual(capacities("a", { extraHeader: 6 }), [152, 146]);
    assert.deepEqual(capacities("ж", { extraHeader: 6 }), [66, 64]);
    assert.deepEqual(capacities("a", { extraHeader: 6, reference: 16 }), [152, 145]);
    assert.deepEqual(capacities("ж", { reference: 16 }), [70, 66]);
  });

  test("take the cheapest national tables", () => {
    const cheapest = (text: string, national: TextOptions["national"] & {}) => {
      const { encoding, segments, locking, single } = analyzeText(text, { national });
      assert.equal(countSegments(text, { national }), segments);
      return [encoding, segments, locking, single];
    };
    assert.deepEqual(cheapest("plain", "auto"), ["GSM-7", 1, undefined, undefined]);
    assert.deepEqual(cheapest("ğ", ["tr", "es"]), ["GSM-7", 1, "tr", undefined]);
    assert.deepEqual(cheapest("ğ", ["es"]), ["UCS-2", 1, undefined, undefined]);
    // Half of it would take two septets a letter under the single shift table.
    assert.deepEqual(cheapest("ğa".repeat(75), ["tr"]), ["GSM-7", 1, "tr", undefined]);
    assert.deepEqual(cheapest(`è${"ş".repeat(10)}`, ["tr"]), ["GSM-7", 1, undefined, "tr"]);
    // Two languages in one message.
    assert.deepEqual(cheapest("ğ Á", ["tr", "pt"]), ["GSM-7", 1, "tr", "pt"]);
    assert.deepEqual(cheapest("€".repeat(150), "auto"), ["GSM-7", 1, "tr", undefined]);
    assert.deepEqual(cheapest("漢字 ğ", ["tr"]), ["UCS-2", 1, undefined, "tr"]);
    assert.equal(analyzeText("漢字 ğ", { national: ["tr"] }).nonGsm.length, 2);
  });

  test("keep clusters whole unless they are larger than a segment", () => {
    const family = "👩‍👩‍👧"; // 8 units
    const text = `${"ж".repeat(62)}${family}ж`;
    assert.deepEqual(analyzeText(text).perSegment, [67, 4]);
    const { perSegment, breaks } = analyzeText(text, { clusters: "keep" });
    assert.deepEqual({ perSegment, breaks }, { perSegment: [62, 9], breaks: [0, 62] });
    const marked = `e${"\u0301".repeat(150)}`;
    assert.deepEqual(analyzeText(marked, { clusters: "keep" }).perSegment, [67, 67, 17]);
    const counts = analyzeTexts([text, "a"], { clusters: "keep" });
    assert.deepEqual([...counts.segments, ...counts.remaining], [2, 1, 58, 159]);
    const lines = `${"a".repeat(152)}\r\n${"a".repeat(10)}`;
    assert.deepEqual(analyzeText(lines, { clusters: "keep" }).perSegment, [152, 12]);
  });

  test("count what is sent: signature, suffix, line ends, composed letters", () => {
    const options = { signature: "【Acme】", suffix: " 回T退订", counting: "any-text-70" } as const;
    const report = analyzeText("x".repeat(60), options);
    assert.deepEqual([report.segments, report.units, report.text?.length], [2, 71, 71]);
    assert.equal(report.nonGsm[0]?.index, 0);
    assert.equal(countSegments("x".repeat(60), options), 2);
    assert.deepEqual([...analyzeTexts(["x".repeat(59), "x".repeat(60)], options).segments], [1, 2]);
    assert.equal(analyzeText("a\r\nb").units, 4);
    const lines = analyzeText("a\r\nb", { newline: "crlf-to-lf" });
    assert.deepEqual([lines.units, lines.text], [3, "a\nb"]);
    assert.equal(analyzeText("cafe\u0301").encoding, "UCS-2");
    assert.equal(analyzeText("cafe\u0301", { normalize: "NFC" }).encoding, "GSM-7");
    assert.equal(analyzeText("café", { normalize: "NFC" }).text, undefined);
  });

  test("set limits", () => {
    const long = "x".repeat(161);
    assert.deepEqual(refusal(() => countSegments(long, { maxSegments: 1 })).details, {
      path: "text",
      segments: 2,
      segmentsMax: 1,
    });
    assert.equal(countSegments(long, { maxSegments: 2 }), 2);
    assert.deepEqual(
      refusal(() => countSegments("😀😀", { maxCharacters: 1 })),
      { code: "MESSAGE_TOO_LONG", details: { path: "text", characters: 2, charactersMax: 1 } },
    );
    assert.equal(countSegments("😀😀", { maxCharacters: 2 }), 1);
  });
});

describe("without the module along", () => {
  test("the slim entry takes bytes or a compiled module", () => {
    for (const wrong of [undefined, null, "sms_ledger.wasm", Promise.resolve(), {}]) {
      const told = refusal(() => slim.initialize(wrong as unknown as Uint8Array<ArrayBuffer>));
      assert.deepEqual([told.code, told.details.path], ["INVALID_INPUT", "wasm"]);
    }
  });

  test("the same calls work once it is started, and say so before", () => {
    assert.throws(() => slim.countSegments("a"), { code: "ENGINE_FAILED", message: /`initialize`/ });
    slim.initialize(readFileSync(new URL("../../pkg/dist/sms_ledger.wasm", import.meta.url)));
    for (const text of ["", "a".repeat(161), "ж".repeat(71)])
      assert.deepEqual(slim.analyzeText(text), analyzeText(text));
    assert.equal(slim.suggestReplacements("it’s", "typographic").replacements.length, 1);
    assert.equal(slim.analyzeTexts(["a", "b"]).total, 2);
  });
});

describe("many texts", () => {
  test("are counted as one by one", () => {
    const texts = Array.from({ length: 5_000 }, (_, index) =>
      ["a", "€", "ж", "😀", ""][index % 5]?.repeat(index % 161),
    ) as string[];
    texts.push("x".repeat(39_000), "y".repeat(17_000), "ж".repeat(17_000));
    const counts = analyzeTexts(texts);
    let total = 0;
    for (const [index, text] of texts.entries()) {
      const { encoding, segments, units, remaining } = analyzeText(text);
      total += segments;
      assert.deepEqual(
        [counts.encoding[index], counts.segments[index], counts.units[index], counts.remaining[index]],
        [encoding === "UCS-2" ? 1 : 0, segments, units, remaining],
      );
    }
    assert.equal(counts.total, total);
    assert.equal(analyzeTexts([]).total, 0);
  });
});

describe("replacements", () => {
  const replaced = (text: string, level: "typographic" | "accents" | "script") =>
    applyReplacements(text, suggestReplacements(text, level).replacements);

  test("of each level", () => {
    const cases: ["typographic" | "accents" | "script", string, string][] = [
      ["typographic", "“It’s” – ok…", '"It\'s" - ok...'],
      ["typographic", "a\u00a0b\u200bc\u2009d\te", "a bc d e"],
      ["typographic", "ＡＢＣ１２３！ ﬁn 𝗦𝗔𝗟𝗘", "ABC123! fin SALE"],
      ["typographic", "cafe\u0301 👍\ufe0f a\ufe0f", "café 👍\ufe0f a"],
      ["typographic", "ça va, Łódź œuf ệ", "ça va, Łódź œuf ệ"],
      ["accents", "ça va, Łódź œuf ệ", "ca va, Lodz oeuf e"],
      ["accents", "s\u0323x\u0301\u0302", "sx"],
      ["accents", "naïve – Ångström", "naive - Ångström"],
      ["accents", "Привет, Мир", "Привет, Мир"],
      ["script", "Привет, Щука объект Йод", "Privet, Shchuka obekt Yod"],
      ["script", "Pаypаl СОВ x", "Paypal SOV x"],
      ["script", "Ελλάδα ΆΈΉΊΌΎΏ ψ", "EΛΛAΔA AEHIOYΩ Ψ"],
      ["script", "Ґанок ґава Їжак ё", "Ganok gava Yizhak yo"],
      ["script", "漢字 😀", "漢字 😀"],
    ];
    for (const [level, text, expected] of cases) assert.equal(replaced(text, level), expected, text);
  });

  test("leave alone what would mean something else", () => {
    for (const text of ["10²", "10³", "10⁻⁵", "x₁₂", "①②", "25º", "3·50", "a≠b", "≮", "1️⃣", "❤️"])
      assert.deepEqual(suggestReplacements(text, "accents").replacements, [], text);
    for (const [text, expected] of [
      ["1½ cups, ½ cup", "1 1/2 cups, 1/2 cup"],
      ["• one … • two", "- one ... - two"],
      ["©️ ™️ ’️", "(c) (TM) '"],
      ["ﬁn １２：３０", "fin 12:30"],
    ] as const)
      assert.equal(replaced(text, "typographic"), expected);
  });

  test("are found where the text, or the text with one of them, is beyond the limits", () => {
    const long = suggestReplacements(`’${"a".repeat(255 * 67)}`, "typographic");
    assert.deepEqual([long.segments, long.all.segments, long.replacements[0]?.saves], [256, 112, 144]);
    const longer = suggestReplacements(`${"ж".repeat(255 * 67 - 1)}™`, "typographic");
    assert.deepEqual([longer.segments, longer.replacements[0]?.saves], [255, -1]);
    assert.equal(suggestReplacements("’".repeat(17_000), "typographic", { clusters: "keep" }).all.saves, 142);
  });

  test("what the signature and the suffix hold is left, for nothing stands in for it", () => {
    const { replacements, all, left } = suggestReplacements("It’s", "typographic", { signature: "Café’s: " });
    assert.deepEqual([replacements.length, all.encoding, left], [1, "UCS-2", 1]);
    assert.equal(suggestReplacements("It’s", "typographic", { suffix: " Ende" }).left, 0);
  });

  test("where every text counts alike, there is nothing to replace", () => {
    assert.deepEqual(
      suggestReplacements("It’s", "typographic", { counting: "any-text-70" }).replacements,
      [],
    );
  });

  test("say what each and all of them save", () => {
    const one = suggestReplacements(`It’s ${"x".repeat(100)}`, "typographic");
    assert.deepEqual(one, {
      encoding: "UCS-2",
      segments: 2,
      replacements: [{ index: 2, found: "’", replacement: "'", level: "typographic", saves: 1 }],
      all: { encoding: "GSM-7", segments: 1, saves: 1 },
      left: 0,
    });
    const two = suggestReplacements(`It’s – ${"x".repeat(130)}`, "typographic");
    assert.deepEqual(
      two.replacements.map(({ saves }) => saves),
      [0, 0],
    );
    assert.deepEqual(two.all, { encoding: "GSM-7", segments: 1, saves: 2 });
    const kept = suggestReplacements("It’s 😀", "script");
    assert.deepEqual([kept.left, kept.all.saves], [1, 0]);
    // 67 dots more.
    const dots = suggestReplacements(`😀${"…".repeat(60)}`, "typographic");
    assert.equal(dots.all.saves, -2);
  });

  test("are exact under every option", () => {
    const text = "“Čau” – it’s naïve… e\u0301\r\n".repeat(6);
    const all: TextOptions[] = [
      {},
      { signature: "[Acme] ", suffix: "\nSTOP", newline: "crlf-to-lf" },
      { counting: "any-text-70" },
      { national: "auto" },
      { single: "es", reference: 16 },
      { clusters: "keep" },
      { normalize: "NFC" },
    ];
    for (const options of all) {
      const { segments, replacements, all } = suggestReplacements(text, "script", options);
      assert.equal(segments, countSegments(text, options));
      for (const one of replacements)
        assert.equal(one.saves, segments - countSegments(applyReplacements(text, [one]), options));
      assert.equal(all.segments, countSegments(applyReplacements(text, replacements), options));
      assert.equal(all.saves, segments - all.segments);
    }
  });

  test("are of what the tables have, for what they lack", () => {
    const plain = suggestReplacements("it's", "script");
    assert.deepEqual([plain.replacements, plain.left], [[], 0]);
    const turkish = suggestReplacements("ğış ć", "accents", { locking: "tr" });
    assert.deepEqual(
      turkish.replacements.map(({ found }) => found),
      ["ć"],
    );
    // The Hindi locking table has neither quotes nor capitals.
    const hindi = suggestReplacements("“Ž” ’ ž", "accents", { locking: "hi" });
    assert.deepEqual(
      hindi.replacements.map(({ found }) => found),
      ["ž"],
    );
    assert.equal(suggestReplacements("it’s", "typographic", { encoding: "GSM-7" }).replacements.length, 1);
    const level = "all" as "script";
    assert.equal(refusal(() => suggestReplacements("a", level)).details.path, "level");
  });

  test("are applied exactly or not at all", () => {
    const at = (index: number, found: string, replacement = "-") => ({ index, found, replacement });
    assert.equal(applyReplacements("abc", [at(2, "c"), at(0, "a", "")]), "-b-".slice(1));
    assert.equal(applyReplacements("abc", []), "abc");
    const wrong: [unknown, string][] = [
      ["x", "replacements"],
      [[null], "replacements[0]"],
      [[{ ...at(0, "a"), other: 1 }], "replacements[0].other"],
      [[at(3, "a")], "replacements[0].index"],
      [[at(-1, "a")], "replacements[0].index"],
      [[at(0.5, "a")], "replacements[0].index"],
      [[at(0, "b")], "replacements[0].found"],
      [[at(2, "cd")], "replacements[0].found"],
      [[at(0, "")], "replacements[0].found"],
      [[{ index: 0, found: "a" }], "replacements[0].replacement"],
      [[at(0, "ab"), at(1, "b")], "replacements[1]"],
      [[at(0, "a"), at(0, "a")], "replacements[1]"],
    ];
    assert.equal(applyReplacements("a😀b", [at(1, "😀", ":)")]), "a:)b");
    for (const half of [at(1, "\ud83d"), at(2, "\ude00"), at(0, "a\ud83d"), at(2, "\ude00b")]) {
      const { details } = refusal(() => applyReplacements("a😀b", [half]));
      assert.equal(details.path, "replacements[0].found");
    }
    for (const [replacements, path] of wrong) {
      const { code, details } = refusal(() => applyReplacements("abc", replacements as []));
      assert.deepEqual([code, details.path], ["INVALID_INPUT", path]);
    }
  });
});
