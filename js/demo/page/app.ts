/**
 * The page: the account's snapshot in the module that runs in this tab, asked again with every key. The decisions are the
 * ledger's; this file only asks, shows, and sends what was previewed.
 */
import {
  applyReplacements,
  createLedgerSync,
  type Explanation,
  isLedgerError,
  memoryStorage,
  type Order,
  type Package,
  type Preview,
  type Quote,
  type Reserved,
  type Segments,
  type Suggestions,
  type SyncLedger,
  suggestReplacements,
} from "sms-ledger";
import cloutly from "sms-ledger/catalogs/cloutly";
import { byId, make, plural, say } from "./dom.ts";
import { showMeter } from "./meter.ts";
import { type Account, type Answer, account, command, type Refused, unreachable } from "./wire.ts";
import { advice, day, offers, packageName, regionName } from "./wording.ts";

/** What is typed when the page opens: one curly quote, and so two segments. */
const first_text =
  "Hi Ben, it’s six months since your last check-up. Book on our website, or reply to this message and we will call you.";

const to = byId<HTMLInputElement>("to");
const text = byId<HTMLTextAreaElement>("text");
const send = byId<HTMLButtonElement>("send");
const again = byId<HTMLButtonElement>("again");
const plainButton = byId<HTMLButtonElement>("plainer");
const offer = byId<HTMLSelectElement>("offer");
const quantity = byId<HTMLInputElement>("quantity");
const buy = byId<HTMLButtonElement>("buy");

/** The account as the server last told it, and a ledger on it in this tab. */
interface Held {
  account: Account;
  ledger: SyncLedger;
}
interface Message {
  id: string;
  to: string;
  text: string;
}
/** A message that was sent: what was foretold and what the server answered. */
interface Sent {
  message: Message;
  preview: Preview;
  bill: Reserved;
}

type Verdict = Explanation["packages"][number]["verdict"];

/** The ids of a message whose answer never came and of the order of this quote: said again, they are taken once. */
const unanswered: { message?: string; order?: string } = {};
let held: Held | undefined;
let sent: Sent | undefined;
let quote: Quote | undefined;

/** Says the same in one shape, whether it succeeded or was refused. */
function attempt<T>(call: () => T): Answer<T> {
  try {
    return { ok: call() };
  } catch (error) {
    if (!isLedgerError(error)) throw error;
    const { code, message, details } = error;
    return { error: { code, message, details: details as Refused["details"] } };
  }
}

/** Takes the account anew from the server. */
async function refresh(): Promise<void> {
  const told = await account();
  if (told === undefined) return showProblem(unreachable);
  // The server's clock goes on from here, so that a quote made in this tab holds there.
  const began = performance.now();
  const now = (): number => Math.round(told.now + performance.now() - began);
  const ledger = createLedgerSync({ storage: memoryStorage(told.snapshot), catalog: cloutly, now });
  held = { account: told, ledger };
  say(byId("account"), told.account);
  say(byId("place"), told.place);
}

/** The number without what people put between its digits. */
function number(): string {
  return to.value.replace(/[\s().-]/g, "");
}

function show(): void {
  if (held === undefined) return;
  const { ledger } = held;
  const counted = attempt(() => ledger.segments(text.value));
  const segments = "ok" in counted ? counted.ok : undefined;
  showMeter(text.value, segments);
  showPlainer(segments);
  const message = { account: held.account.account, to: number(), text: text.value };
  const preview = sent === undefined ? attempt(() => ledger.preview(message)) : { ok: sent.preview };
  showProblem("error" in preview ? preview.error : undefined);
  to.setAttribute("aria-invalid", String("error" in preview && preview.error.code === "INVALID_NUMBER"));
  // No text has no price here, although an empty message would take a segment: there is nothing to send yet.
  const foretold = "ok" in preview && text.value !== "" ? preview.ok : undefined;
  showBill(foretold, sent?.bill, held.account);
  const explained = attempt(() => ledger.explain(message));
  const explanation = "ok" in explained && sent === undefined && text.value !== "" ? explained.ok : undefined;
  showBalance(held, foretold, explanation);
  send.disabled = foretold === undefined || sent !== undefined;
  again.hidden = sent === undefined;
}

/** What could stand for the characters that force UCS-2, where that leaves none of them. */
function plainer(): Suggestions | undefined {
  const asked = attempt(() => suggestReplacements(text.value, "typographic"));
  if (!("ok" in asked) || asked.ok.left > 0 || asked.ok.replacements.length === 0) return undefined;
  return asked.ok;
}

function showPlainer(counted: Segments | undefined): void {
  const forced = counted !== undefined && counted.nonGsm.length > 0;
  const suggested = forced ? plainer() : undefined;
  byId("forced").hidden = !forced;
  plainButton.hidden = suggested === undefined;
  if (suggested === undefined) return;
  const { replacements, all } = suggested;
  const [characters, costs] = [plural(replacements.length, "character"), plural(all.saves, "more segment")];
  const [cost, them] = replacements.length === 1 ? ["costs", "it"] : ["cost", "them"];
  say(
    plainButton,
    all.saves > 0 ? `${characters} ${cost} you ${costs}: replace ${them}` : "Use plain characters",
  );
}

function showProblem(refused: Refused | undefined): void {
  const problem = byId("problem");
  problem.hidden = refused === undefined;
  say(problem, refused === undefined ? "" : advice(refused));
  const region = refused?.details.region;
  const pack = offers.find(({ regions }) => region !== undefined && regions.includes(region));
  // What would help stands ready in the form below.
  if (refused?.code === "INSUFFICIENT_BALANCE" && pack !== undefined && offer.value !== pack.id) {
    offer.value = pack.id;
    showPrice();
  }
}

function showBill(preview: Preview | undefined, bill: Reserved | undefined, of: Account): void {
  const paidBy = ({ draws }: Preview): string =>
    draws
      .map(({ package: id, segments }) => {
        const name = packageName(of.packages.find((each) => each.id === id)?.name ?? id);
        return draws.length > 1 ? `${segments} × ${name}` : name;
      })
      .join(" + ");
  const rows: [string, (from: Preview) => string][] = [
    ["Region", ({ region }) => regionName(region)],
    ["Encoding", ({ encoding }) => encoding],
    ["Segments", ({ segments }) => String(segments)],
    ["Paid by", paidBy],
    ["Balance after", ({ available }) => available.toLocaleString("en")],
  ];
  const cell = (from: Preview | undefined, read: (from: Preview) => string): HTMLElement =>
    from === undefined ? make("td", "none", "–") : make("td", "", read(from));
  byId("bill").replaceChildren(
    ...rows.map(([title, read]) => {
      const head = make("th", "", title);
      head.scope = "row";
      return make("tr", "", head, cell(preview, read), cell(bill, read));
    }),
  );
}

function showBalance(
  { account: of, ledger }: Held,
  preview: Preview | undefined,
  explained?: Explanation,
): void {
  const { available } = ledger.balance({ account: of.account });
  say(byId("available"), plural(available, "segment"));
  const after =
    preview === undefined || sent !== undefined
      ? ""
      : `${preview.available.toLocaleString("en")} after this message`;
  say(byId("after"), after);
  byId("packages").replaceChildren(
    ...ledger.packages({ account: of.account }).map((each) => {
      const verdict = explained?.packages.find(({ package: id }) => id === each.id);
      const until = each.expiresAt === undefined ? "never expires" : `until ${day(each.expiresAt)}`;
      const pays = verdict?.verdict === "pays";
      const role = pays ? `pays ${verdict.segments}` : idle(each, verdict?.verdict);
      return make(
        "li",
        "",
        make("span", "", packageName(each.name)),
        make("b", "left", each.available.toLocaleString("en")),
        make(
          "span",
          "what",
          `${regionName(each.region)}, ${until}${each.held > 0 ? `, ${each.held} held` : ""}`,
        ),
        make("span", pays ? "left what pays" : "left what", role),
      );
    }),
  );
}

/** Why a package does not pay. */
function idle({ available }: Package, verdict: Verdict | undefined): string {
  if (available === 0) return "used up";
  if (verdict === "wrong_region") return "other region";
  return verdict === "too_small" ? "too few left" : "";
}

/** The price of the chosen pack, or the quantities that are sold. */
function showPrice(): void {
  if (held === undefined) return;
  const { ledger } = held;
  const wanted = Number(quantity.value.replace(/[\s,]/g, "") || Number.NaN);
  const answer = attempt(() => ledger.quote({ offer: offer.value, quantity: wanted }));
  quote = "ok" in answer ? answer.ok : undefined;
  delete unanswered.order;
  buy.textContent = "Buy";
  buy.disabled = quote === undefined;
  quantity.setAttribute("aria-invalid", String(quote === undefined));
  const price = byId("price");
  const [line] = quote?.lines ?? [];
  if (quote !== undefined && line !== undefined) {
    const amount = make("strong", "", `${quote.total} ${quote.currency}`);
    price.replaceChildren(amount, make("span", "quiet", ` ${line.price} per ${line.per}, ${lasting(quote)}`));
  } else {
    say(price, quantityAdvice());
  }
  showNearest(answer);
}

function lasting({ validity }: Quote): string {
  if (validity === undefined) return "never expires";
  return "months" in validity
    ? `lasts ${plural(validity.months, "month")}`
    : `lasts ${plural(validity.days, "day")}`;
}

function quantityAdvice(): string {
  const chosen = offers.find(({ id }) => id === offer.value);
  const { step, min, max } = chosen?.quantity ?? { step: 1, min: 1, max: 1 };
  return `Packs are sold in steps of ${step}, from ${min} to ${max.toLocaleString("en")} segments.`;
}

function showNearest(answer: Answer<Quote>): void {
  const nearest = "error" in answer ? answer.error.details.nearest : undefined;
  const row = byId("nearest");
  row.hidden = nearest === undefined;
  if (nearest === undefined) return;
  const choices = nearest.map((count) => {
    const button = make("button", "", `${count.toLocaleString("en")} segments`);
    button.type = "button";
    button.addEventListener("click", () => {
      quantity.value = String(count);
      showPrice();
      quantity.focus();
    });
    return button;
  });
  row.replaceChildren(make("span", "quiet", "Nearest:"), ...choices);
}

function verdict(words: string, className: "" | "good" | "bad"): void {
  const line = byId("sent");
  line.className = `verdict ${className}`;
  say(line, words);
}

/** Sends what was previewed, under an id of its own. */
async function sendMessage(): Promise<void> {
  if (held === undefined || sent !== undefined || text.value === "") return;
  const { ledger, account: of } = held;
  const id = unanswered.message ?? newId();
  const message = { id, to: number(), text: text.value };
  const preview = attempt(() => ledger.preview({ account: of.account, to: message.to, text: message.text }));
  if ("error" in preview) return showProblem(preview.error);
  send.disabled = true;
  const answer = await command<Reserved>("reserve", message);
  delete unanswered.message;
  if ("error" in answer) {
    if (answer.error === unreachable) unanswered.message = id;
    send.disabled = false;
    return showProblem(answer.error);
  }
  sent = { message, preview: preview.ok, bill: answer.ok };
  await refresh();
  show();
  const same = sameBill(preview.ok, answer.ok);
  verdict(
    same ? "✓ The bill is what the preview said." : "✗ The account changed meanwhile: the bill differs.",
    same ? "good" : "bad",
  );
  again.focus();
}

/** Sends the last message once more under its id: the same answer, and nothing is taken twice. */
async function sendAgain(): Promise<void> {
  if (sent === undefined) return;
  const { message, bill } = sent;
  const answer = await command<Reserved>("reserve", message);
  if ("error" in answer) return showProblem(answer.error);
  await refresh();
  show();
  const same = JSON.stringify(answer.ok) === JSON.stringify(bill);
  verdict(
    same ? "✓ Same id, same answer; nothing was taken twice." : "✗ The answer differs.",
    same ? "good" : "bad",
  );
}

/** Whether a bill says what the preview said. */
function sameBill(preview: Preview, { id: _, at: __, ...bill }: Reserved): boolean {
  return JSON.stringify(preview) === JSON.stringify(bill);
}

async function buyPack(): Promise<void> {
  if (quote === undefined) return;
  buy.disabled = true;
  // One order for a quote, however often the button is pressed.
  const id = unanswered.order ?? newId();
  unanswered.order = id;
  const answer = await command<Order>("purchase", { id, quote, payment: { reference: id } });
  if ("error" in answer) {
    // The same quote may be bought again; any other refusal needs a new one.
    if (answer.error !== unreachable) showPrice();
    buy.disabled = false;
    return showProblem(answer.error);
  }
  sent = undefined;
  await refresh();
  show();
  const { quantity: bought, region, total, currency } = answer.ok;
  const what = `Bought ${plural(bought, "segment")} for ${regionName(region)}: ${total} ${currency}.`;
  quote = undefined;
  buy.textContent = "Bought ✓";
  say(byId("price"), `✓ ${what} To buy more, choose a quantity again.`);
  verdict(`✓ ${what}`, "good");
}

function newId(): string {
  return `page-${crypto.randomUUID()}`;
}

/** A key was pressed: what was sent is history. */
function edited(): void {
  sent = undefined;
  delete unanswered.message;
  verdict("", "");
  show();
}

function listen(): void {
  to.addEventListener("input", edited);
  text.addEventListener("input", edited);
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void sendMessage();
  });
  byId<HTMLFormElement>("message").addEventListener("submit", (event) => {
    event.preventDefault();
    void sendMessage();
  });
  again.addEventListener("click", () => void sendAgain());
  for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-to]")) {
    button.addEventListener("click", () => {
      to.value = button.getAttribute("data-to") ?? "";
      edited();
    });
  }
  plainButton.addEventListener("click", () => {
    const suggested = plainer();
    if (suggested !== undefined) text.value = applyReplacements(text.value, suggested.replacements);
    edited();
    text.focus();
  });
  offer.addEventListener("change", showPrice);
  quantity.addEventListener("input", showPrice);
  byId<HTMLFormElement>("topup").addEventListener("submit", (event) => {
    event.preventDefault();
    void buyPack();
  });
}

async function begin(): Promise<void> {
  text.value = first_text;
  for (const { id, regions } of offers) {
    const option = make("option", "", regions.map((code) => regionName(code)).join(", "));
    option.value = id;
    offer.append(option);
  }
  listen();
  await refresh();
  show();
  showPrice();
}

await begin();
