/** The text of an export on its way into an import: in whatever pieces it comes, and whatever has become of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLedger, isLedgerError, type Ledger, memoryStorage } from "sms-ledger";
import { catalog, noon } from "./support/ledgers.ts";
import { live } from "./support/lived.ts";

const account = "acme";
const fresh = (): Ledger => createLedger({ storage: memoryStorage(), catalog, now: () => noon });
const home = fresh();
await live(home);
const lines: string[] = [];
for await (const line of home.exportAccount({ account })) lines.push(line);
const text = lines.join("");
const first = lines[0] as string;

/** The reason and the message with which an import is refused. */
async function refusal(chunks: unknown): Promise<{ code: string; reason: string; message: string }> {
  try {
    await fresh().importAccount(chunks as never);
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    const { code, message, details } = error;
    return { code, reason: String((details as { reason?: string }).reason), message };
  }
  return assert.fail("the import was not refused");
}

/** Pieces of a text, and how many of them were asked for. */
function counted(piece: string, count: number): { chunks: Iterable<string>; asked(): number } {
  let asked = 0;
  const chunks = (function* () {
    for (; asked < count; asked++) yield piece;
  })();
  return { chunks, asked: () => asked };
}

describe("the lines of an account", () => {
  test("are imported as one text, as one piece of bytes, and in pieces of any size", async () => {
    const bytes = new TextEncoder().encode(text);
    const split = Array.from({ length: Math.ceil(bytes.length / 61) }, (_, at) =>
      bytes.subarray(at * 61, at * 61 + 61),
    );
    for (const chunks of [text, bytes, [bytes], text.match(/.{1,61}/gsu) ?? [], split]) {
      assert.equal((await fresh().importAccount(chunks)).account, account);
    }
  });

  test("are refused at once where a text has no line", async () => {
    const { chunks, asked } = counted("x".repeat(1_024), 100_000);
    const refused = await refusal(chunks);
    assert.equal(refused.reason, "not_an_export");
    assert.ok(asked() <= 16, `${asked()} KiB were read`);
    assert.equal((await refusal("x".repeat(50_000_000))).reason, "not_an_export");
  });

  test("are refused where one is longer than any that is exported", async () => {
    const { chunks, asked } = counted("x".repeat(1_048_576), 100);
    const refused = await refusal(
      (function* () {
        yield first;
        yield* chunks;
      })(),
    );
    assert.equal(refused.reason, "damaged");
    assert.match(refused.message, /^line 2 is longer than 25,165,824 UTF-16 units/);
    assert.ok(asked() <= 26, `${asked()} MiB were read`);
  });

  test("are taken from text and bytes only", async () => {
    for (const rubbish of [undefined, null, 7, {}, [7], [first, null]]) {
      const { code, message } = await refusal(rubbish);
      assert.equal(code, "INVALID_INPUT");
      assert.match(message, /importAccount/);
    }
  });
});

describe("a text that is no export any more is refused with what has become of it", () => {
  const header = first.slice(65, -1);
  const cases: Record<string, { of: string | string[]; reason: string; message: RegExp }> = {
    "line ends lost": { of: text.split("\n"), reason: "damaged", message: /no line ends.*"\\n"/ },
    "line ends lost, of a short account": {
      of: lines.slice(0, 2).join("").replaceAll("\n", ""),
      reason: "damaged",
      message: /no line ends/,
    },
    "other line ends": { of: text.replaceAll("\n", "\r\n"), reason: "damaged", message: /CRLF/ },
    "a byte order mark": { of: `\ufeff${text}`, reason: "damaged", message: /byte order mark/ },
    "another file": {
      of: "id,name\n1,acme\n",
      reason: "not_an_export",
      message: /not the text of an export/,
    },
    "another JSON": { of: '{"a":1}\n', reason: "not_an_export", message: /not the text of an export/ },
    nothing: { of: "", reason: "truncated", message: /empty/ },
    "a changed id": {
      of: text.replace(account, "acmf"),
      reason: "damaged",
      message: /line 1 is not as it was/,
    },
    "a header that is cut": { of: first.slice(0, 80), reason: "damaged", message: /line 1 is not as it was/ },
    "a later version": {
      of: `${"0".repeat(64)} ${header.replace('"version":1', '"version":2')}\n`,
      reason: "unknown_version",
      message: /version `2` is unknown to this release, which reads 1/,
    },
  };
  for (const [name, { of, reason, message }] of Object.entries(cases)) {
    test(name, async () => {
      const refused = await refusal(of);
      assert.equal(refused.code, "INVALID_EXPORT");
      assert.equal(refused.reason, reason);
      assert.match(refused.message, message);
    });
  }
});
