/** The object that is an account, over an SQLite of Node.js in the platform's place: whose calls it takes, and when it wakes up. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, test } from "node:test";
import { createLedger, type Storage } from "sms-ledger";
import { type LedgerObject, type LedgerObjectContext, ledgerObject } from "sms-ledger/edge";
import { catalog } from "./support/ledgers.ts";

/** A platform: what an object has stored, and the alarms that it has set. */
class Platform {
  readonly alarms: number[] = [];
  alarm: number | null = null;
  readonly #database = new DatabaseSync(":memory:");
  readonly #name: string | undefined;

  constructor(name?: string) {
    this.#name = name;
  }

  context(): LedgerObjectContext {
    const database = this.#database;
    return {
      id: { name: this.#name },
      storage: {
        sql: {
          exec(sql, ...bindings) {
            if (bindings.length > 0 || sql.startsWith("SELECT")) {
              const rows = database.prepare(sql).all(...bindings);
              return { toArray: () => rows };
            }
            database.exec(sql);
            return { toArray: () => [] };
          },
        },
        transactionSync<T>(work: () => T): T {
          database.exec("BEGIN");
          try {
            const result = work();
            database.exec("COMMIT");
            return result;
          } catch (error) {
            database.exec("ROLLBACK");
            throw error;
          }
        },
        sync: async () => {},
        getAlarm: async () => this.alarm,
        setAlarm: async (at) => {
          this.alarms.push(at);
          this.alarm = at;
        },
      },
    };
  }

  /** The object, made anew as after it has slept. */
  object(alter: (storage: Storage) => Storage = (storage) => storage): LedgerObject {
    const Account = ledgerObject((storage) => createLedger({ storage: alter(storage), catalog }));
    return new Account(this.context(), {});
  }
}

async function ask(object: LedgerObject, name: string, input: unknown): Promise<Record<string, unknown>> {
  const request = new Request(`https://ledger/${name}`, { method: "POST", body: JSON.stringify(input) });
  return (await (await object.fetch(request)).json()) as Record<string, unknown>;
}

const codeOf = (answer: Record<string, unknown>): unknown => (answer["error"] as { code?: string })?.code;
const message = (id: string) => ({ id, account: "acme", to: "+61412345678", text: "Hello" });

describe("the object of an account", () => {
  test("is the account of its name, before and after it is opened", async () => {
    const object = new Platform("acme").object();
    assert.equal(codeOf(await ask(object, "openAccount", { id: "other" })), "INVALID_INPUT");
    assert.equal(codeOf(await ask(object, "openAccount", { id: "acme" })), undefined);
    assert.equal(codeOf(await ask(object, "balance", { account: "other" })), "INVALID_INPUT");
  });

  test("is, where the platform tells no name, the account that it holds", async () => {
    const platform = new Platform();
    await ask(platform.object(), "openAccount", { id: "acme" });
    const later = platform.object();
    assert.equal(codeOf(await ask(later, "openAccount", { id: "other" })), "INVALID_INPUT");
    assert.equal(codeOf(await ask(later, "balance", { account: "acme" })), undefined);
  });

  test("takes nothing but calls", async () => {
    const object = new Platform("acme").object();
    for (const request of [
      new Request("https://ledger/balance"),
      new Request("https://ledger/toString", { method: "POST", body: "{}" }),
      new Request("https://ledger/balance", { method: "POST", body: "[]" }),
      new Request("https://ledger/balance", { method: "POST", body: "no JSON" }),
    ]) {
      assert.equal(
        codeOf((await (await object.fetch(request)).json()) as Record<string, unknown>),
        "INVALID_INPUT",
      );
    }
  });

  test("sets its alarm by what is due, once for calls at once, and again only for what is due earlier", async () => {
    const platform = new Platform("acme");
    const object = platform.object();
    await ask(object, "openAccount", { id: "acme" });
    assert.equal(platform.alarms.length, 0, "nothing is due");
    const gift = (id: string, hours: number) => {
      const expiresAt = new Date(Date.now() + hours * 3_600_000).toISOString();
      return ask(object, "adjust", { id, account: "acme", segments: 100, reason: "a gift", expiresAt });
    };
    await gift("later", 20);
    const messages = Array.from({ length: 50 }, (_, index) => ask(object, "reserve", message(`m-${index}`)));
    await Promise.all(messages);
    await gift("even later", 30);
    assert.equal(platform.alarms.length, 1);
    await gift("sooner", 10);
    assert.equal(platform.alarms.length, 2);
    const [first = 0, second = 0] = platform.alarms;
    assert.ok(second < first, `${second} before ${first}`);
    // After a sleep the object asks the platform which alarm is set.
    await ask(platform.object(), "reserve", message("after"));
    assert.equal(platform.alarms.length, 2);
  });

  test("wakes up soon behind every order whose payment it waits for, also one that was placed by itself", async () => {
    const platform = new Platform("acme");
    const charged: string[] = [];
    const objectOf = (hangs: boolean): LedgerObject => {
      const Account = ledgerObject((storage) =>
        createLedger({
          storage,
          catalog,
          payments: {
            charge({ order }) {
              charged.push(order);
              if (hangs) return new Promise<never>(() => {});
              return { status: "paid", reference: order };
            },
          },
        }),
      );
      return new Account(platform.context(), {});
    };
    const first = objectOf(true);
    await ask(first, "openAccount", { id: "acme" });
    assert.equal(platform.alarm, null);
    await ask(first, "setRecharge", { account: "acme", offer: "pack-au", quantity: 200 });
    await new Promise((resolve) => setTimeout(resolve, 10));
    const soon = (platform.alarm ?? 0) - Date.now();
    assert.ok(soon > 0 && soon <= 30_000, `${soon}`);
    // The object is lost with the charge.
    platform.alarm = null;
    await objectOf(false).alarm();
    const { orders } = (await ask(objectOf(false), "orders", { account: "acme" }))["ok"] as {
      orders: { id: string; state: string }[];
    };
    assert.deepEqual([charged.length, orders.map(({ state }) => state)], [2, ["fulfilled"]]);
    assert.equal(charged[0], charged[1]);
  });

  test("writes at its alarm what time has done, and sets the next", async () => {
    const platform = new Platform("acme");
    const object = platform.object();
    await ask(object, "openAccount", { id: "acme" });
    const soon = new Date(Date.now() + 30);
    const later = new Date(Date.now() + 20 * 3_600_000);
    for (const [id, expiresAt] of [["soon", soon] as const, ["later", later] as const])
      await ask(object, "adjust", { id, account: "acme", segments: 1, reason: "a gift", expiresAt });
    assert.equal(platform.alarm, soon.getTime());
    await new Promise((resolve) => setTimeout(resolve, 60));
    platform.alarm = null;
    const woken = platform.object();
    await woken.alarm();
    assert.equal(platform.alarm, later.getTime());
    const { events } = (await ask(woken, "eventPage", { account: "acme" }))["ok"] as {
      events: { kind: string }[];
    };
    assert.deepEqual(events.filter(({ kind }) => kind === "expire").length, 1);
  });

  test("sets an alarm again that has failed, and lets the platform tell of it", async () => {
    const platform = new Platform("acme");
    await ask(platform.object(), "openAccount", { id: "acme" });
    platform.alarms.length = 0;
    const broken = platform.object((storage) => ({
      ...storage,
      get() {
        throw new Error("the disk is gone");
      },
      list: (partition, range) => storage.list(partition, range),
      commit: (partition, batch) => storage.commit(partition, batch),
    }));
    const before = Date.now();
    await assert.rejects(broken.alarm(), /the disk is gone/);
    assert.equal(platform.alarms.length, 1);
    assert.ok((platform.alarms[0] as number) >= before + 30_000);
  });
});
