/** Accounts that are Durable Objects of the real `workerd`, behind `createEdgeLedger`: many at once, strangers, lost objects, alarms. */
import assert from "node:assert/strict";
import path from "node:path";
import { before, describe, test } from "node:test";
import { createLedger, memoryStorage } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { temporaryFolder } from "../support/files.ts";
import { delay } from "../support/ledgers.ts";
import { expected } from "./shared/expected.ts";
import { Worker } from "./shared/workerd.ts";

const config = path.join(import.meta.dirname, "edge/wrangler.jsonc");
const state = path.join(temporaryFolder(), "state");

describe("an edge ledger on workerd", () => {
  let worker: Worker;
  before(async () => {
    worker = await Worker.start(config, state);
  });

  test("plays the main job as a ledger in memory does, to the letter of its errors", async () => {
    assert.deepEqual(await worker.get("/job"), await expected());
  });

  test("keeps many accounts apart, that are all at work at once under the same ids", async () => {
    assert.equal(await worker.get("/many"), 40);
  });

  test("an object answers for its own account alone", async () => {
    const answers = (await worker.get("/strangers")) as Record<string, unknown>[];
    assert.deepEqual(
      answers.map((answer) => {
        const { code, details } = (answer["error"] ?? answer) as { code: string; details: object };
        return [code, details];
      }),
      [
        ["INVALID_INPUT", { path: "account", value: "yours" }],
        ["INVALID_INPUT", { path: "id", value: "yours" }],
        ["INVALID_INPUT", { path: "id", value: "yours" }],
        ["INVALID_INPUT", { path: "account", value: null }],
        ["INVALID_INPUT", { path: "" }],
        ["INVALID_INPUT", { path: "" }],
        ["INVALID_INPUT", { path: "account" }],
        ["INVALID_INPUT", { path: "account", value: 7 }],
        ["INVALID_INPUT", { path: "id", value: null }],
      ],
    );
  });

  test("batches, feeds and estimates come through whole", async () => {
    const { reserved, again, errors, kinds, missing } = (await worker.get("/together")) as Record<
      string,
      unknown
    >;
    assert.deepEqual([reserved, again], [50, 50]);
    assert.deepEqual(errors, Array(10).fill("INSUFFICIENT_BALANCE"));
    assert.deepEqual((kinds as string[]).slice(0, 2), ["open", "plan"]);
    assert.equal(missing, 1);
  });

  test("calls that come at once share commits, though each comes by itself", async () => {
    const { commits, held } = (await worker.get("/shared")) as { commits: number; held: number };
    assert.equal(held, 200);
    assert.ok(commits < 100, `${commits} commits of 200 messages`);
  });

  test("orders are paid inside of the object, and resumed", async () => {
    assert.deepEqual(await worker.get("/payments"), {
      states: ["unknown", "declined"],
      resumed: ["lost unknown"],
      failed: [],
    });
  });

  test("an object that is lost in a charge wakes up and has the order paid, though nobody calls again", async () => {
    const { purchase, wakes, ...rest } = (await worker.get("/interrupted")) as {
      purchase: { outcomeUnknown?: boolean };
      wakes: number;
    };
    assert.equal(purchase.outcomeUnknown, true);
    assert.ok(wakes > 0 && wakes < 60_000, `${wakes} ms`);
    assert.deepEqual(rest, {
      before: "placed",
      state: "fulfilled",
      payment: { reference: "interrupted interrupted" },
      packages: 1,
    });
  });

  test("an object that is lost leaves the outcome open, and the same id is safe", async () => {
    const told = (await worker.get("/lost")) as {
      first: Record<string, unknown>;
      second: number;
      held: number;
    }[];
    for (const [index, { first, second, held }] of told.entries()) {
      const { code, retryable, outcomeUnknown, caused } = first;
      assert.deepEqual(
        { code, retryable, outcomeUnknown, caused },
        { code: "STORAGE_UNAVAILABLE", retryable: true, outcomeUnknown: true, caused: true },
      );
      assert.deepEqual([second, held], [1, index + 1]);
    }
    assert.equal(told.length, 3);
  });

  test("an account moves into an object and out of it, to the byte", async () => {
    const moved = (await worker.get("/moves")) as Record<string, unknown>;
    const refused = ["absent", "twice", "truncated", "damaged", "unknown"].map((part) => {
      const { code, details } = moved[part] as { code: string; details: { reason?: string } };
      return [part, code, details.reason];
    });
    assert.deepEqual(refused, [
      ["absent", "UNKNOWN_ACCOUNT", undefined],
      ["twice", "ACCOUNT_EXISTS", undefined],
      ["truncated", "ACCOUNT_EXISTS", undefined],
      ["damaged", "INVALID_EXPORT", "not_an_export"],
      ["unknown", "UNKNOWN_ACCOUNT", undefined],
    ]);
    const { documents, held, same, spent } = moved;
    assert.deepEqual({ held, same, spent }, { held: 1, same: true, spent: 1 });
    assert.ok((documents as number) > 3);
  });

  test("an account wakes up by itself when something is due", async () => {
    const expiresAt = await worker.get("/expiring");
    let events: { kind: string; effectiveAt: string; recordedAt: string }[] = [];
    for (let tries = 0; tries < 60 && events.every(({ kind }) => kind !== "expire"); tries++) {
      await delay(200);
      events = (await worker.get("/expired")) as typeof events;
    }
    const expired = events.filter(({ kind }) => kind === "expire");
    assert.deepEqual(
      expired.map(({ effectiveAt }) => effectiveAt),
      [expiresAt],
    );
  });

  test("the example of the docs opens, reserves and exports for whom it knows", async () => {
    const ask = (method: string, path: string, key: string, body?: object): Promise<Response> =>
      fetch(`${worker.base}/${path}`, {
        method,
        headers: { authorization: `Bearer ${key}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const send = (key: string, message: object) => ask("POST", "messages", key, message);
    const message = { id: "m-1", to: "+61412345678", text: "Hello" };
    assert.equal((await send("nobody", message)).status, 401);
    for (const unknown of [
      await send("key-of-alice", message),
      // Whose account it is says the worker, and not the message.
      await send("key-of-alice", { ...message, account: "mine" }),
      await ask("GET", "export", "key-of-alice"),
    ]) {
      assert.equal(unknown.status, 422);
      const { code, details } = (await unknown.json()) as Record<string, unknown>;
      assert.deepEqual([code, details], ["UNKNOWN_ACCOUNT", { account: "alice" }]);
    }
    for (let times = 0; times < 2; times++)
      assert.equal((await ask("PUT", "account", "key-of-alice")).status, 200);
    assert.equal((await send("key-of-alice", message)).status, 200);
    const exported = await (await ask("GET", "export", "key-of-alice")).text();
    const here = createLedger({ storage: memoryStorage(), catalog: cloutly });
    await here.importAccount([exported]);
    assert.equal((await here.balance({ account: "alice" })).held, 1);
  });
});
