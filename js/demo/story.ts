/** The main job from end to end, told to a reader in a terminal and checked as it goes. It runs on any host. */
import {
  type Balance,
  type Draw,
  type Explanation,
  type FulfilledOrder,
  isLedgerError,
  type Outcome,
  type Package,
  type Preview,
  type RefundedOrder,
  type Reserved,
  type Segments,
  type Stage,
} from "sms-ledger";
import type { Clock } from "./clock.ts";
import type { AnyLedger, Host } from "./hosts/host.ts";
import { buysInBulk } from "./selling.ts";
import { statementColumns, statementRows } from "./statement.ts";
import type { Screen } from "./terminal/screen.ts";
import { beside } from "./terminal/table.ts";
import { clip, wrap } from "./terminal/width.ts";
import { account, numbers, patient, texts } from "./texts.ts";

/** When the story begins. */
export const story_start = "2026-11-20T09:00:00Z";

/** The plan's credits, and how many of them the reminders leave. */
const plan_credits = 50;
const credits_left = 1;

const regionNames: Readonly<Record<string, string>> = {
  AU: "Australia",
  US: "USA",
  GB: "UK",
  CA: "Canada",
};

/** What the story remembers on its way. */
interface Told {
  host: Host;
  screen: Screen;
  clock: Clock;
  orders: Map<string, FulfilledOrder | RefundedOrder>;
  packages: readonly Package[];
}

/** Tells the story; the checks are the screen's. */
export async function tell(host: Host, clock: Clock, screen: Screen): Promise<void> {
  const told: Told = { host, screen, clock, orders: new Map(), packages: [] };
  screen.banner(
    "sms-ledger",
    `A dental practice buys SMS packages and sends messages. Its account is in ${host.place}; the clock stands at 20 November 2026.`,
  );
  await opens(told);
  await previews(told);
  await oneQuote(told);
  await buys(told);
  await buysInBulk(host, clock, screen);
  await sends(told);
  await hearsBack(told);
  await usesThePlanUp(told);
  await isRefused(told);
  await restarts(told);
  await showsTheStatement(told);
}

async function opens({ host, screen }: Told): Promise<void> {
  screen.step("Open an account", "The starter plan brings 50 credits a month; one credit pays one segment.");
  const opened = await host.ledger.openAccount({
    id: account,
    plan: "starter",
    billingAnchor: "2026-11-12T00:00:00Z",
  });
  const [plan] = await host.ledger.packages({ account });
  screen.table(
    [{ title: "Account" }, { title: "Plan" }, { title: "Credits", align: "right" }, { title: "Until" }],
    [[opened.id, opened.plan ?? "", String(plan?.available ?? 0), day(plan?.expiresAt)]],
  );
  screen.expect(
    plan?.available === plan_credits && plan.expiresAt === "2026-12-12T00:00:00.000Z",
    "the month's 50 credits are there, until the next billing date",
  );
}

async function previews({ host, screen }: Told): Promise<void> {
  screen.step(
    "See what a text will cost",
    "A preview takes the very decision that sending takes, and changes nothing.",
  );
  const cases = [
    { to: numbers.australia, text: texts.reminder },
    { to: numbers.unitedKingdom, text: texts.reminder },
    { to: numbers.usa, text: texts.emoji },
  ];
  const seen: Preview[] = [];
  for (const message of cases) seen.push(await host.ledger.preview({ account, ...message }));
  screen.table(
    [
      { title: "To" },
      { title: "Region" },
      { title: "Text" },
      { title: "Encoding" },
      { title: "Segments", align: "right" },
      { title: "Left", align: "right" },
    ],
    seen.map((preview, at) => [
      spaced(cases[at]?.to ?? ""),
      preview.region,
      clip(cases[at]?.text ?? "", 25),
      preview.encoding,
      String(preview.segments),
      String(preview.available),
    ]),
  );
  const counted = seen
    .map(({ region, encoding, segments }) => `${region} ${encoding} ${segments}`)
    .join(", ");
  screen.expect(
    counted === "AU GSM-7 1, GB GSM-7 1, US UCS-2 2",
    "plain text fits one segment; one emoji puts the whole text into UCS-2, which holds less than half as much",
  );
}

async function oneQuote({ host, screen }: Told): Promise<void> {
  screen.step(
    "One curly quote doubles the price",
    "The same text twice: typed with a straight quote, and as a word processor would correct it.",
  );
  const straight = await host.ledger.segments(texts.straight);
  const curly = await host.ledger.segments(texts.curly);
  const half = 38;
  const left = ["it's  straight", "", ...wrap(texts.straight, half), "", ...meter(straight)];
  const right = ["it’s  curly", "", ...wrap(texts.curly, half), "", ...meter(curly)];
  screen.lines([...beside(left, right, half + 4), ""]);
  screen.expect(straight.segments === 1 && curly.segments === 2, "straight: 1 segment, curly: 2 segments");
  const [culprit] = curly.nonGsm;
  screen.expect(
    curly.nonGsm.length === 1 && culprit?.character === "’" && culprit.index === 10,
    `the ledger names the culprit: ${culprit?.character} (U+${culprit?.codePoint.toString(16).padStart(4, "0")}) at ${culprit?.index}`,
  );
}

/** A text's segments as bars that fill. */
function meter({ encoding, perSegment, capacity, units, segments }: Segments): string[] {
  const bar_columns = 24;
  const bars = perSegment.map((used, at) => {
    const full = Math.round((used / capacity) * bar_columns);
    const counted = `${String(used).padStart(3)} of ${capacity}`;
    return `${at + 1} ${"█".repeat(full)}${"░".repeat(bar_columns - full)} ${counted}`;
  });
  const unit = encoding === "GSM-7" ? "septets" : "UTF-16 units";
  return [`${encoding}, ${units} ${unit}, ${plural(segments, "segment")}`, ...bars];
}

async function buys(told: Told): Promise<void> {
  const { host, screen, clock } = told;
  screen.step(
    "Quote and buy",
    "Packs are sold by the hundred and never expire; the quote is the price that is paid.",
  );
  const wanted = [
    { id: "order-au", offer: "pack-au", quantity: 200 },
    { id: "order-us", offer: "pack-us", quantity: 100 },
  ];
  const rows: string[][] = [];
  for (const { id, offer, quantity } of wanted) {
    clock.set(`2026-11-20T09:0${told.orders.size + 2}:00Z`);
    const quote = await host.ledger.quote({ offer, quantity });
    const payment = { reference: `card-${id}` };
    const order = await host.ledger.purchase({ id, account, quote, payment });
    told.orders.set(id, order);
    const [line] = quote.lines;
    const price = `${line?.price} per ${line?.per}`;
    rows.push([
      id,
      regionNames[quote.region ?? ""] ?? "",
      String(quantity),
      price,
      quote.total,
      order.total,
      String(order.available),
    ]);
  }
  screen.table(
    [
      { title: "Order" },
      { title: "Region" },
      { title: "Segments", align: "right" },
      { title: "Price, USD", align: "right" },
      { title: "Quoted", align: "right" },
      { title: "Paid", align: "right" },
      { title: "Balance", align: "right" },
    ],
    rows,
  );
  screen.expect(
    rows.map((row) => row[5]).join() === "12.40,1.00" && told.orders.get("order-us")?.available === 350,
    "12.40 + 1.00 USD bought 300 segments: 350 with the plan's",
  );
  const nearest = await refusal(host.ledger, (ledger) => ledger.quote({ offer: "pack-au", quantity: 150 }));
  screen.expect(
    nearest.code === "INVALID_QUANTITY",
    `150 segments are not rounded but refused: ${nearest.message}`,
  );
  told.packages = await host.ledger.packages({ account });
}

async function sends(told: Told): Promise<void> {
  const { host, screen, clock } = told;
  screen.step(
    "Reserve messages",
    "Segments are set aside before a message leaves, the plan's credits first.",
  );
  const messages = [
    { id: "visit-1", to: numbers.australia, text: texts.reminder },
    { id: "review-1", to: numbers.usa, text: texts.emoji },
    { id: "recall-1", to: numbers.unitedKingdom, text: texts.straight },
    { id: "recall-2", to: numbers.australia, text: texts.curly },
  ];
  const reserved: Reserved[] = [];
  let previewed = 0;
  for (const [at, message] of messages.entries()) {
    clock.set(`2026-11-20T09:1${at}:00Z`);
    const preview = await host.ledger.preview({ account, to: message.to, text: message.text });
    const answer = await reserve(told, message);
    reserved.push(answer);
    if (sameBill(preview, answer)) previewed += 1;
  }
  screen.table(
    messageColumns,
    reserved.map((answer) => messageRow(answer, told)),
  );
  screen.expect(
    previewed === messages.length,
    "each preview said what the reservation then took: the preview is the bill",
  );
  clock.set("2026-11-20T09:15:00Z");
  const again = await reserve(told, messages[0] ?? raise());
  screen.expect(
    JSON.stringify(again) === JSON.stringify(reserved[0]),
    "visit-1 sent again under its id gets the first answer again and takes nothing",
  );
  const reused = await refusal(host.ledger, (ledger) =>
    ledger.reserve({ id: "visit-1", account, to: numbers.usa, text: "Something else" }),
  );
  screen.expect(reused.code === "ID_REUSED", "visit-1 with another text is refused: an id means one message");
}

const messageColumns = [
  { title: "Message" },
  { title: "To" },
  { title: "Segments", align: "right" },
  { title: "Paid by" },
  { title: "Available", align: "right" },
] as const;

function messageRow(answer: Reserved, told: Told): string[] {
  const paidBy = answer.draws.map((draw) => drawn(draw, answer.draws.length > 1, told.packages)).join(" + ");
  const to = regionNames[answer.region] ?? answer.region;
  return [answer.id, to, String(answer.segments), paidBy, String(answer.available)];
}

/** A draw by its package's name; with its segments where a message draws on several. */
function drawn({ package: id, segments }: Draw, several: boolean, packages: readonly Package[]): string {
  const name = shortName(packages.find((each) => each.id === id)?.name ?? id);
  return several ? `${segments} ${name}` : name;
}

/** What a catalog calls a package, without what every package is. */
function shortName(name: string): string {
  return name.replace(/ SMS credits$/, " pack").replace(/ credits$/, "");
}

async function hearsBack(told: Told): Promise<void> {
  const { host, screen, clock } = told;
  screen.step(
    "Receipts come in",
    "Delivered or undelivered, the carrier charges; a message rejected before it left costs nothing.",
  );
  const receipts: { id: string; stage: Stage; note: string }[] = [
    { id: "visit-1", stage: "delivered", note: "" },
    { id: "review-1", stage: "rejected", note: "" },
    { id: "recall-1", stage: "undelivered", note: "" },
    { id: "recall-2", stage: "delivered", note: "" },
    { id: "recall-2", stage: "delivered", note: ", again" },
    { id: "visit-1", stage: "rejected", note: ", too late" },
  ];
  const outcomes: Outcome[] = [];
  const available: number[] = [];
  const decided = new Set<string>();
  const words: string[] = [];
  for (const [at, { id, stage }] of receipts.entries()) {
    clock.set(`2026-11-20T09:2${at}:00Z`);
    const outcome = await host.ledger.report({ id, account, stage });
    outcomes.push(outcome);
    const repeated = decided.has(id) ? `${outcome.state} already` : outcome.state;
    words.push(outcome.applied ? repeated : `stays ${outcome.state}`);
    decided.add(id);
    available.push((await host.ledger.balance({ account })).available);
  }
  screen.table(
    [
      { title: "Message" },
      { title: "Receipt" },
      { title: "Outcome" },
      { title: "Spent", align: "right" },
      { title: "Given back", align: "right" },
      { title: "Available", align: "right" },
    ],
    outcomes.map((outcome, at) => [
      outcome.id,
      `${receipts[at]?.stage}${receipts[at]?.note}`,
      words[at] ?? "",
      String(outcome.spent),
      String(outcome.released),
      String(available[at]),
    ]),
  );
  const balance = await host.ledger.balance({ account });
  screen.expect(
    balance.spent === 4 && balance.held === 0 && balance.available === 346,
    "4 segments spent, 2 given back to the package they came from, none held",
  );
  screen.expect(
    outcomes[4]?.applied === true && outcomes[5]?.applied === false && available[3] === available[5],
    "the duplicate and the contradiction change nothing: the first final receipt wins",
  );
}

async function usesThePlanUp(told: Told): Promise<void> {
  const { host, screen, clock } = told;
  const { available } = await planCredits(host.ledger);
  const count = available - credits_left;
  screen.step("Use the plan up", `${count} reminders go to the UK; then a text finds a single credit left.`);
  for (let at = 1; at <= count; at++) {
    clock.set(new Date(Date.parse("2026-11-20T09:30:00Z") + at * 2_000).toISOString());
    const id = `reminder-${String(at).padStart(2, "0")}`;
    await reserve(told, { id, to: patient(at), text: texts.reminder });
  }
  const sent = [
    { id: "recall-3", to: numbers.australia, text: texts.curly },
    { id: "visit-2", to: numbers.usa, text: texts.reminder },
  ];
  const answers: Reserved[] = [];
  for (const [at, message] of sent.entries()) {
    clock.set(`2026-11-20T09:4${at}:00Z`);
    answers.push(await reserve(told, message));
  }
  screen.table(
    messageColumns,
    answers.map((answer) => messageRow(answer, told)),
  );
  const [split] = answers;
  screen.expect(
    split?.draws.map((draw) => draw.segments).join() === "1,1",
    "the last credit pays one segment and the pack of the region the other",
  );
}

async function isRefused(told: Told): Promise<void> {
  const { host, screen, clock } = told;
  screen.step(
    "Refuse what nothing can pay",
    "Nothing is guessed and nothing is sold twice: the ledger says why instead.",
  );
  clock.set("2026-11-20T09:45:00Z");
  const refused = [
    { to: numbers.unitedKingdom, id: "visit-3", code: "INSUFFICIENT_BALANCE" },
    { to: numbers.canada, id: "visit-4", code: "UNKNOWN_REGION" },
  ];
  const before = await host.ledger.balance({ account });
  for (const { to, id, code } of refused) {
    const error = await refusal(host.ledger, (ledger) =>
      ledger.reserve({ id, account, to, text: texts.reminder }),
    );
    const explained = await host.ledger.explain({ account, to, text: texts.reminder });
    screen.sentence(`${spaced(to)}, ${regionNames[explained.region ?? ""]}: ${error.message}`);
    screen.lines([""]);
    screen.table(explainColumns, explainRows(explained));
    screen.expect(error.code === code && !explained.payable, `${id} is refused with ${code}`);
    screen.lines([""]);
  }
  const after = await host.ledger.balance({ account });
  screen.expect(sameBalance(before, after), "a refusal moves nothing");
  const quote = await host.ledger.quote({ offer: "pack-gb", quantity: 100 });
  screen.lines([
    "",
    `What would help visit-3: ${quote.quantity} segments for the UK, ${quote.total} ${quote.currency}.`,
  ]);
}

const explainColumns = [
  { title: "Package" },
  { title: "Pays for" },
  { title: "Available", align: "right" },
  { title: "Why it does not pay" },
] as const;

function explainRows({ region, packages }: Explanation): string[][] {
  const name = regionNames[region ?? ""] ?? region ?? "";
  return packages.map((each) => {
    const why = {
      pays: "it pays",
      not_needed: "not needed",
      pending: "not active yet",
      expired: "expired",
      exhausted: "used up",
      too_small: "too few left",
      unpriced_region: `no price for ${name}`,
      no_plan: "needs a plan",
      unrated_region: "no rate there",
      wrong_region: `not for ${name}`,
      wrong_purpose: "for another purpose",
      wrong_project: "for another project",
      gate_closed: "a certificate is missing",
      suspended: "suspended",
    }[each.verdict];
    return [
      shortName(each.name),
      regionNames[each.region ?? ""] ?? "any region",
      String(each.available),
      why,
    ];
  });
}

async function restarts({ host, screen, clock }: Told): Promise<void> {
  screen.step("Restart", host.restarting);
  clock.set("2026-11-20T10:00:00Z");
  const before = await host.ledger.balance({ account });
  const after = await host.restart(account);
  const row = (name: string, { issued, available, held, spent, expired }: Balance): string[] => [
    name,
    ...[issued, available, held, spent, expired].map(String),
  ];
  screen.table(
    [
      { title: "" },
      { title: "Issued", align: "right" },
      { title: "Available", align: "right" },
      { title: "Held", align: "right" },
      { title: "Spent", align: "right" },
      { title: "Expired", align: "right" },
    ],
    [row("before", before), row("after", after)],
  );
  screen.expect(sameBalance(before, after), "the balance is the same, in every number and every region");
}

async function showsTheStatement(told: Told): Promise<void> {
  const { host, screen } = told;
  screen.step("The statement", "Every change is an entry of the journal; runs of like entries share a row.");
  const { entries } = await host.ledger.entries({ account, limit: 1_000 });
  const paid = [...told.orders.values()]
    .map(({ total }) => cents(total))
    .reduce((sum, each) => sum + each, 0);
  const balance = await host.ledger.balance({ account });
  const last = entries.at(-1)?.balance;
  const counts = [balance.available, balance.held, balance.spent].map(String);
  const total = ["", "", "balance", "", "", (paid / 100).toFixed(2), ...counts];
  screen.table(statementColumns, [...statementRows(entries, told), "rule", total]);
  screen.expect(
    last?.available === balance.available &&
      balance.available + balance.held + balance.spent === balance.issued,
    "available + held + spent = issued, and the last line is the balance",
  );
  const verified = await host.ledger.verify({ account });
  screen.expect(
    verified.ok && verified.entries === entries.length,
    verified.ok
      ? `verified: ${verified.entries} entries, each hash over the one before; the last is ${verified.hash.slice(0, 16)}…`
      : `verified: ${verified.problem}`,
  );
}

async function reserve({ host }: Told, message: { id: string; to: string; text: string }): Promise<Reserved> {
  return host.ledger.reserve({ account, ...message });
}

async function planCredits(ledger: AnyLedger): Promise<Package> {
  const packages = await ledger.packages({ account });
  return packages.find(({ source }) => source === "plan") ?? raise();
}

/** The error that a call must end with. */
async function refusal(
  ledger: AnyLedger,
  call: (ledger: AnyLedger) => unknown,
): Promise<{ code: string; message: string }> {
  try {
    await call(ledger);
  } catch (error) {
    if (isLedgerError(error)) return error;
    throw error;
  }
  return { code: "none", message: "it was not refused" };
}

function sameBill(preview: Preview, { id: _, at: __, ...bill }: Reserved): boolean {
  return JSON.stringify(preview) === JSON.stringify(bill);
}

function sameBalance(one: Balance, other: Balance): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** A number as people write it: the country code, then groups. */
function spaced(number: string): string {
  return number
    .replace(/^(\+61)(\d{3})(\d{3})(\d{3})$/, "$1 $2 $3 $4")
    .replace(/^(\+44)(\d{4})(\d{6})$/, "$1 $2 $3")
    .replace(/^(\+1)(\d{3})(\d{3})(\d{4})$/, "$1 $2 $3 $4");
}

function day(instant: string | undefined): string {
  return instant?.slice(0, 10) ?? "never";
}

/** An amount in the currency's minor unit. */
function cents(amount: string): number {
  return Number(amount.replace(".", ""));
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function raise(): never {
  throw new Error("the story has lost its thread");
}
