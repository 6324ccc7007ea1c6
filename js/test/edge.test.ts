/** The ledger in front of a namespace of objects, over a namespace that is made up: what is sent, and what is sent again. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLedger, isLedgerError, memoryStorage } from "sms-ledger";
import { createEdgeLedger, type LedgerNamespace } from "sms-ledger/edge";
import { catalog, noon } from "./support/ledgers.ts";

/** What the object of a name does with a call that it gets for the n-th time. */
type Object = (name: string, call: string, body: string, tries: number) => { status: number; text: string };

function namespaceOf(object: Object): { namespace: LedgerNamespace<string>; stubs: string[] } {
  const stubs: string[] = [];
  const namespace: LedgerNamespace<string> = {
    idFromName: (name) => name,
    get(name) {
      stubs.push(name);
      return {
        async fetch(url, { method, body }) {
          assert.equal(method, "POST");
          assert.ok(typeof body === "string");
          const { status, text } = object(name, url.slice("https://ledger/".length), body, stubs.length);
          return { status, text: async () => text, body: null };
        },
      };
    },
  };
  return { namespace, stubs };
}

const passing = Object.assign(new Error("the object's code was updated"), { retryable: true });
const overloaded = Object.assign(new Error("too many requests"), { retryable: true, overloaded: true });

describe("an edge ledger", () => {
  test("has every call of a ledger but those that need no account", () => {
    const { namespace } = namespaceOf(() => assert.fail("nothing is called"));
    const ledger = createLedger({ storage: memoryStorage(), catalog, now: () => noon });
    const expected = Object.keys(ledger).filter((name) => name !== "segments" && name !== "idle");
    assert.deepEqual(Object.keys(createEdgeLedger(namespace)).sort(), expected.sort());
  });

  test("sends a call to the object of its account, with its times as text", async () => {
    const sent: string[] = [];
    const { namespace } = namespaceOf((name, call, body) => {
      sent.push(name, call, body);
      return { status: 200, text: '{"ok":{"id":"m"}}' };
    });
    const ledger = createEdgeLedger(namespace);
    const billingAnchor = new Date("2026-01-31T09:30:00Z");
    assert.deepEqual(await ledger.openAccount({ id: "a", billingAnchor }), { id: "m" });
    assert.deepEqual(sent, ["a", "openAccount", '{"id":"a","billingAnchor":"2026-01-31T09:30:00.000Z"}']);
  });

  test("sends nothing that is no data", async () => {
    const { namespace } = namespaceOf(() => assert.fail("nothing is sent"));
    const ledger = createEdgeLedger(namespace);
    const bad: [unknown, string][] = [
      [undefined, ""],
      [{ account: 1n }, "account"],
      [{ account: "a", at: Number.NaN }, "at"],
      [{ account: "a", at: new Date(Number.NaN) }, "at"],
      [{ account: "\ud800" }, "account"],
      [{}, "account"],
    ];
    for (const [input, path] of bad) {
      await assert.rejects(
        ledger.balance(input as { account: string }),
        (error) => isLedgerError(error) && error.code === "INVALID_INPUT" && error.details.path === path,
      );
    }
  });

  test("reads an input once: whose it is, is whose it is sent as", async () => {
    const sent: string[] = [];
    const { namespace } = namespaceOf((name, _, body) => {
      sent.push(name, body);
      return { status: 200, text: '{"ok":1}' };
    });
    let reads = 0;
    const input = {
      get account() {
        reads += 1;
        return `a${reads}`;
      },
    };
    await createEdgeLedger(namespace).balance(input);
    assert.deepEqual(sent, ["a1", '{"account":"a1"}']);
  });

  test("sends a call again that was lost for a passing reason, through a new stub", async () => {
    const { namespace, stubs } = namespaceOf((_name, _call, _body, tries) => {
      if (tries < 3) throw passing;
      return { status: 200, text: '{"ok":"there"}' };
    });
    assert.equal(await createEdgeLedger(namespace).balance({ account: "a" }), "there");
    assert.deepEqual(stubs, ["a", "a", "a"]);
  });

  const failures: [string, number, Object][] = [
    [
      "a passing reason that does not pass",
      3,
      () => {
        throw passing;
      },
    ],
    [
      "an object that is overloaded",
      1,
      () => {
        throw overloaded;
      },
    ],
    [
      "any other error",
      1,
      () => {
        throw new Error("lost");
      },
    ],
    ["a status that is none of the object's", 1, () => ({ status: 500, text: "" })],
    ["what is no answer", 1, () => ({ status: 200, text: "<html>" })],
  ];
  for (const [name, tries, object] of failures) {
    test(`${name} leaves the outcome open`, async () => {
      const { namespace, stubs } = namespaceOf(object);
      await assert.rejects(createEdgeLedger(namespace).balance({ account: "a" }), (error) => {
        assert.ok(isLedgerError(error));
        const { code, retryable, outcomeUnknown } = error;
        assert.deepEqual([code, retryable, outcomeUnknown], ["STORAGE_UNAVAILABLE", true, true]);
        assert.ok(error.cause instanceof Error);
        return true;
      });
      assert.equal(stubs.length, tries);
    });
  }

  test("an error comes through with all that it says, within an answer as well", async () => {
    const error = {
      code: "INSUFFICIENT_BALANCE",
      message: "nothing can pay",
      details: { reason: "none", needed: 1, available: 0 },
      retryable: false,
      sellerCode: "1031",
    };
    const { namespace } = namespaceOf((_, call) => ({
      status: 200,
      text: JSON.stringify(call === "reserve" ? { error } : { ok: { reserved: 0, results: [{ error }] } }),
    }));
    const ledger = createEdgeLedger(namespace);
    const message = { id: "m", to: "+61412345678", text: "Hello" };
    const told = (found: unknown) => isLedgerError(found) && JSON.stringify(found) === JSON.stringify(error);
    await assert.rejects(ledger.reserve({ account: "a", ...message }), told);
    const { results } = await ledger.reserveBatch({ account: "a", messages: [message], mode: "per_message" });
    assert.ok(told(results[0]?.error));
  });
});
