/** `forecast` and `pace` through the package: at a given pace, at the journal's, over every kind of store. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createLedger, createLedgerSync, createPreview, isLedgerError } from "sms-ledger";
import { acmeStorage, au_number, catalog, contents, noon } from "./support/ledgers.ts";

const day_ms = 86_400_000;
const account = "acme";
const code = (expected: string) => (error: unknown) => isLedgerError(error) && error.code === expected;

/** Ten segments to Australia on each of four days. */
function sending() {
  const storage = acmeStorage();
  let now = noon;
  const ledger = createLedgerSync({ storage, catalog, now: () => now });
  for (let number = 0; number < 40; number++) {
    now = noon + Math.floor(number / 10) * day_ms;
    ledger.reserve({ id: `m${number}`, account, to: au_number, text: "hello" });
    ledger.settle({ id: `m${number}`, account });
  }
  now = noon + 4 * day_ms;
  return { storage, ledger, now: () => now };
}

describe("a forecast", () => {
  test("goes on at the pace of the journal unless told another", () => {
    const { storage, ledger } = sending();
    const before = contents(storage);
    const { pace, messages, from } = ledger.pace({ account });
    assert.deepEqual(pace, [{ region: "AU", segmentsPerDay: "10" }]);
    assert.deepEqual([messages, from], [40, new Date(noon).toISOString()]);
    const told = ledger.forecast({ account, days: 20 });
    assert.deepEqual(told, ledger.forecast({ account, days: 20, pace }));
    // 10 of the plan and 200 of the pack are left.
    assert.deepEqual(
      told.pools.map(({ available, dryAt }) => [available, dryAt]),
      [
        [10, new Date(noon + 5 * day_ms).toISOString()],
        [200, undefined],
      ],
    );
    assert.equal(told.dryAt, undefined);
    const longer = ledger.forecast({ account, days: 21 });
    assert.equal(longer.dryAt, new Date(noon + 25 * day_ms).toISOString());
    assert.deepEqual(contents(storage), before);
  });

  test("is the same over a store that answers later, and in a preview that is told the pace", async () => {
    const { storage, ledger, now } = sending();
    const expected = ledger.forecast({ account, days: 60 });
    const later = createLedger({ storage, catalog, now });
    assert.deepEqual(await later.forecast({ account, days: 60 }), expected);
    assert.deepEqual(await later.pace({ account, over: 2 }), ledger.pace({ account, over: 2 }));
    const preview = createPreview({ snapshot: await later.snapshot({ account }), catalog, now });
    assert.deepEqual(preview.forecast({ account, days: 60, pace: ledger.pace({ account }).pace }), expected);
    assert.throws(() => preview.forecast({ account }), code("INVALID_INPUT"));
    preview.reserve({ id: "here", account, to: au_number, text: "hello" });
    assert.throws(() => preview.pace({ account }), code("INVALID_INPUT"));
  });

  test("refuses what is no pace", async () => {
    const { ledger, storage, now } = sending();
    const pace = [{ region: "AU", segmentsPerDay: 1.5 }];
    assert.throws(() => ledger.forecast({ account, pace }), code("INVALID_INPUT"));
    assert.throws(() => ledger.forecast({ account, pace: [], over: 3 }), code("INVALID_INPUT"));
    assert.throws(() => ledger.forecast({ account: "nobody" }), code("UNKNOWN_ACCOUNT"));
    const later = createLedger({ storage, catalog, now });
    await assert.rejects(later.forecast({ account: "nobody" }), code("UNKNOWN_ACCOUNT"));
  });
});
