/** Quotes a second, one call each, over catalogs from four prices to hundreds, beside the same sum by hand in whole numbers. */
import { type Catalog, compare, createLedgerSync, memoryStorage, type QuoteRequest } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import tencent from "sms-ledger/catalogs/tencent-sms";
import ucloud from "sms-ledger/catalogs/ucloud-usms";

const seconds = process.argv.includes("--quick") ? 0.2 : 2;

/** Times a second. */
function rate(call: (turn: number) => unknown): number {
  for (let turn = 0; turn < 2_000; turn++) call(turn);
  const start = performance.now();
  let turn = 0;
  for (; performance.now() - start < seconds * 1_000; turn += 100)
    for (let at = 0; at < 100; at++) call(turn + at);
  return Math.round((turn * 1_000) / (performance.now() - start));
}

function quotes(catalog: Catalog, request: QuoteRequest): number {
  const ledger = createLedgerSync({ storage: memoryStorage(), catalog });
  return rate((turn) => ledger.quote({ ...request, quantity: request.quantity + 100 * (turn % 7) }));
}

const regions = ["AU", "GB", "NZ", "US"];
const rows: [string, number][] = [
  ["cloutly, flat, 4 offers", quotes(cloutly, { offer: "pack-nz", quantity: 300 })],
  [
    "ucloud-usms, flat, 219 regions",
    quotes(ucloud, { offer: "international", region: "ZW", quantity: 300, validity: { months: 12 } }),
  ],
  ["tencent-sms, volume, 6 tiers", quotes(tencent, { offer: "cn-custom", quantity: 99_000 })],
  [
    "by hand: quantity x price as BigInt, four regions",
    rate((turn) => {
      const minor = (BigInt(300 + 100 * (turn % 7)) * 620n + 50n) / 100n;
      return `${regions[turn % 4]} ${minor / 100n}.${String(minor % 100n).padStart(2, "0")}`;
    }),
  ],
  [
    "compare over three catalogs, made ready each time",
    rate(() => compare({ region: "CN", quantity: 9_950, catalogs: [cloutly, tencent, ucloud] })),
  ],
];
console.log("quotes a second");
for (const [what, times] of rows) console.log(`${what.padEnd(52)}${times.toLocaleString("en").padStart(12)}`);
