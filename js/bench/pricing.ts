/**
 * Quotes a second over catalogs from four prices to hundreds: one call each, and many at once, beside the same price by the
 * libraries that a shop would pick, on the same numbers, in turn.
 */
import BigJs from "big.js";
import { Decimal } from "decimal.js";
import { dinero, multiply, toDecimal, USD } from "dinero.js";
import { type Catalog, compare, createPricing, type Pricing, type QuoteRequest } from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import tencent from "sms-ledger/catalogs/tencent-sms";
import ucloud from "sms-ledger/catalogs/ucloud-usms";
import { median } from "./measure.ts";

const quick = process.argv.includes("--quick");
const rounds = quick ? 3 : 9;
const milliseconds = quick ? 60 : 250;
/** Quotes that are asked for at once. */
const batch = 10_000;

/** What is measured: makes so many quotes, and says how many. */
interface Row {
  what: string;
  goal?: number;
  make(turn: number): number;
}

interface Seller {
  catalog: Catalog;
  what: string;
  request(turn: number): QuoteRequest;
}

const sellers: readonly Seller[] = [
  {
    catalog: cloutly,
    what: "cloutly: flat, 4 offers",
    request: (turn) => ({ offer: "pack-nz", quantity: 300 + 100 * (turn % 7) }),
  },
  {
    catalog: tencent,
    what: "tencent-sms: volume, 6 tiers",
    request: (turn) => ({ offer: "cn-custom", quantity: 99_000 + 100 * (turn % 7) }),
  },
  {
    catalog: ucloud,
    what: "ucloud-usms: flat, 219 regions",
    request: (turn) => ({
      offer: "international",
      region: "ZW",
      quantity: 300 + 100 * (turn % 7),
      validity: { months: 12 },
    }),
  },
];

/** Keeps what was made, so that making it is not optimized away. */
let kept: unknown;

function rowsOf({ catalog, what, request }: Seller): Row[] {
  const pricing: Pricing = createPricing({ catalog });
  const requests = Array.from({ length: batch }, (_, turn) => request(turn));
  return [
    {
      what: `${what}, one call each`,
      goal: 200_000,
      make(turn) {
        kept = pricing.quote(request(turn));
        return 1;
      },
    },
    {
      what: `${what}, ${batch.toLocaleString("en")} at once, each total`,
      goal: 1_000_000,
      make() {
        const quotes = pricing.quotes(requests);
        for (let index = 0; index < batch; index++) kept = quotes.total(index);
        return batch;
      },
    },
    {
      what: `${what}, ${batch.toLocaleString("en")} at once, each quote whole`,
      make() {
        const quotes = pricing.quotes(requests);
        for (let index = 0; index < batch; index++) kept = quotes.at(index);
        return batch;
      },
    },
  ];
}

/** Quantity x price per 100, to cents, as text: the price alone, without a catalog, its checks and what is beside it. */
const peers: readonly Row[] = [
  {
    what: "decimal.js: quantity x price, rounded",
    make(turn) {
      kept = new Decimal("12.60")
        .times(300 + 100 * (turn % 7))
        .div(100)
        .toFixed(2, Decimal.ROUND_HALF_UP);
      return 1;
    },
  },
  {
    what: "big.js: quantity x price, rounded",
    make(turn) {
      kept = new BigJs("12.60")
        .times(300 + 100 * (turn % 7))
        .div(100)
        .toFixed(2, BigJs.roundHalfUp);
      return 1;
    },
  },
  {
    what: "dinero.js: quantity x price, exact",
    make(turn) {
      const price = dinero({ amount: 1_260, currency: USD, scale: 4 });
      kept = toDecimal(multiply(price, 300 + 100 * (turn % 7)));
      return 1;
    },
  },
  {
    what: "by hand: BigInt",
    make(turn) {
      const minor = (BigInt(300 + 100 * (turn % 7)) * 1_260n + 50n) / 100n;
      kept = `${minor / 100n}.${String(minor % 100n).padStart(2, "0")}`;
      return 1;
    },
  },
  {
    what: "compare over three catalogs, made ready each time",
    make() {
      kept = compare({ region: "CN", quantity: 9_950, catalogs: [cloutly, tencent, ucloud] });
      return 1;
    },
  },
];

/** Times a second in one round. */
function rate(row: Row): number {
  const start = performance.now();
  let made = 0;
  for (let turn = 0; performance.now() - start < milliseconds; )
    for (let again = 0; again < 50 && (again === 0 || made / (turn + 1) < 100); again++)
      made += row.make(turn++);
  return (made * 1_000) / (performance.now() - start);
}

const rows: readonly Row[] = [...sellers.flatMap(rowsOf), ...peers];
const rates = rows.map((): number[] => []);
for (const row of rows) rate(row); // warms up
for (let round = 0; round < rounds; round++) {
  if (process.stderr.isTTY) process.stderr.write(`\rround ${round + 1} of ${rounds}`);
  for (const [index, row] of rows.entries()) rates[index]?.push(rate(row));
}
if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");

const per = rates.map(median);
const beside = per[rows.findIndex(({ what }) => what.startsWith("decimal.js"))] ?? Number.NaN;
console.log("| quotes | a second | one | goal | beside decimal.js |");
console.log("|---|---:|---:|---:|---:|");
for (const [index, { what, goal }] of rows.entries()) {
  const times = per[index] ?? Number.NaN;
  const cells = [
    what,
    Math.round(times).toLocaleString("en"),
    `${(1e6 / times).toFixed(2)} µs`,
    goal === undefined ? "" : goal.toLocaleString("en"),
    `${(times / beside).toFixed(2)} ×`,
  ];
  console.log(`| ${cells.join(" | ")} |`);
}
console.log(
  `\nMedians of ${rounds} rounds in turn, Node.js ${process.version}.${kept === undefined ? " " : ""}`,
);
