/**
 * What changes for a buyer from one catalog to another: prices by the quotes of both, everything else by what the documents
 * say. Both are valid: whoever calls has had them checked. A list in another order, and a decimal with other zeros, is no change.
 */
import { unitsOf } from "../pricing/decimals.ts";
import type {
  Catalog,
  CatalogChange,
  CatalogLegacyModel,
  CatalogOffer,
  CatalogPolicy,
  CatalogPriceList,
  CatalogRefund,
  CatalogValidity,
  Stage,
} from "../types.ts";
import { priceChanges, type Side } from "./diff-prices.ts";
import { refundChanges } from "./diff-refunds.ts";
import { monthsOf, validitiesOf } from "./offers.ts";

type Effect = CatalogChange["effect"];
type Kind = CatalogChange["kind"];

/** How a value's rise is for the buyer; a list's or an object's change is neutral unless said. */
type Sense = "more" | "less" | "neutral";

/** Collects changes. */
class Changes {
  readonly all: CatalogChange[] = [];

  add(kind: Kind, path: string, effect: Effect, message: string, values: Partial<CatalogChange> = {}): void {
    this.all.push({ kind, path, effect, message, ...values });
  }

  /** Compares two values of a field; `sense` says whether more of it is better. */
  value(
    kind: Kind,
    path: string,
    what: string,
    before: unknown,
    after: unknown,
    sense: Sense = "neutral",
  ): void {
    if (same(before, after)) return;
    const values = { ...given("before", before), ...given("after", after) };
    const message = `${what}: ${shown(before)} becomes ${shown(after)}`;
    this.add(kind, path, effectOf(before, after, sense), message, values);
  }

  /** Items by id: which have come, which have gone, and what has become of the others. */
  items<T>(
    kind: Kind,
    path: string,
    what: string,
    before: ReadonlyMap<string, T>,
    after: ReadonlyMap<string, T>,
    both: (id: string, before: T, after: T) => void,
  ): void {
    for (const [id, item] of before) {
      const other = after.get(id);
      if (other === undefined)
        this.add(kind, `${path}.${id}`, "worse", `${what} ${id} is gone`, { before: item });
      else both(id, item, other);
    }
    for (const [id, item] of after)
      if (!before.has(id)) this.add(kind, `${path}.${id}`, "better", `${what} ${id} is new`, { after: item });
  }
}

function given(name: "before" | "after", value: unknown): Partial<CatalogChange> {
  return value === undefined ? {} : { [name]: value };
}

function effectOf(before: unknown, after: unknown, sense: Sense): Effect {
  if (sense === "neutral") return "neutral";
  const rank = (value: unknown): number =>
    value === undefined || value === false ? 0 : value === true ? 1 : Number(value);
  return rank(after) > rank(before) === (sense === "more") ? "better" : "worse";
}

function same(before: unknown, after: unknown): boolean {
  return JSON.stringify(plainOf(before)) === JSON.stringify(plainOf(after));
}

/** Without the order of properties. */
function plainOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainOf);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
  return Object.fromEntries(
    fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, plainOf(each)]),
  );
}

/** A value in a sentence: what a catalog's document holds, in words. */
function shown(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value !== "object") return `${value}`;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(shown).join(", ");
  const fields = Object.entries(value).filter(([, each]) => each !== undefined && each !== null);
  const [[unit, count] = ["", 0]] = fields;
  if (unit === "months" || unit === "days") return `${count} ${count === 1 ? unit.slice(0, -1) : unit}`;
  return fields.map(([name, each]) => `${name.replaceAll("_", " ")} ${shown(each)}`).join(", ");
}

function byId<T extends { readonly id: string }>(items: readonly T[] | undefined): Map<string, T> {
  return new Map((items ?? []).map((item) => [item.id, item]));
}

export function diff(from: Side, to: Side, at: number): CatalogChange[] {
  const changes = new Changes();
  const [before, after] = [from.catalog, to.catalog];
  changes.value("seller", "id", "The seller", before.id, after.id);
  changes.value("seller", "currency", "The currency", before.currency, after.currency);
  changes.value("seller", "zone", "The zone of dates and months", before.zone, after.zone);
  const holds = "Seconds that a quote holds";
  changes.value("quote", "quote_seconds", holds, before.quote_seconds, after.quote_seconds, "more");
  regions(changes, before, after);
  changes.items("offer", "offers", "Offer", byId(before.offers), byId(after.offers), (id, a, b) => {
    offer(changes, `offers.${id}`, a, b);
    changes.all.push(...priceChanges(from, to, a, b, at), ...refundChanges(before, after, a, b, at));
  });
  lists(changes, before, after);
  changes.items("plan", "plans", "Plan", byId(before.plans), byId(after.plans), (id, a, b) => {
    const path = `plans.${id}`;
    changes.value("plan", `${path}.credits`, `Credits a month of ${id}`, a.credits, b.credits, "more");
    prorated(changes, "plan", path, id, a, b);
    const periods = `Further periods for which credits of ${id} can be used`;
    const [old, now] = [a.rollover, b.rollover];
    changes.value("plan", `${path}.rollover.periods`, periods, old?.periods ?? 0, now?.periods ?? 0, "more");
    if (old === undefined || now === undefined || old.cap === now.cap) return;
    const effect = (now.cap ?? Number.POSITIVE_INFINITY) > (old.cap ?? Number.POSITIVE_INFINITY);
    const message = `Most credits of ${id} that roll over: ${shown(old.cap)} becomes ${shown(now.cap)}`;
    changes.add("plan", `${path}.rollover.cap`, effect ? "better" : "worse", message, {
      ...given("before", old.cap),
      ...given("after", now.cap),
    });
  });
  changes.items(
    "schedule",
    "schedules",
    "Schedule",
    byId(before.schedules),
    byId(after.schedules),
    (id, a, b) => {
      const path = `schedules.${id}`;
      changes.value("schedule", `${path}.credits`, `Credits a month of ${id}`, a.credits, b.credits, "more");
      choice(changes, "schedule", `${path}.regions`, `regions of ${id}`, a.regions, b.regions);
      set(changes, "schedule", `${path}.gates`, `conditions of ${id}`, a.gates, b.gates, "worse");
      prorated(changes, "schedule", path, id, a, b);
    },
  );
  policy(changes, before, after);
  changes.items("legacy", "legacy", "Legacy model", byId(before.legacy), byId(after.legacy), (id, a, b) =>
    legacy(changes, id, a, b),
  );
  const codes = (catalog: Catalog): Map<string, string> =>
    new Map(
      (catalog.errors ?? []).map(({ code, reason, seller }) => [
        reason === undefined ? code : `${code}.${reason}`,
        seller,
      ]),
    );
  const [old, now] = [codes(before), codes(after)];
  for (const code of new Set([...old.keys(), ...now.keys()]))
    changes.value(
      "error_code",
      `errors.${code}`,
      `The seller's code of ${code}`,
      old.get(code),
      now.get(code),
    );
  return changes.all;
}

/** A charge model of earlier accounts: another order, other zeros and another offset are no change. */
function legacy(changes: Changes, id: string, before: CatalogLegacyModel, after: CatalogLegacyModel): void {
  const path = `legacy.${id}`;
  const meant = ({ name, opened_before }: CatalogLegacyModel): object => ({
    name,
    opened_before: Date.parse(opened_before),
  });
  if (!same(meant(before), meant(after)))
    changes.value("legacy", path, `The legacy model ${id}`, before, after);
  const rates = (model: CatalogLegacyModel): Map<string, string> =>
    new Map((model.rates ?? []).map(({ region, credits }) => [region, credits]));
  changes.items(
    "legacy",
    `${path}.rates`,
    `The rate of ${id} for`,
    rates(before),
    rates(after),
    (to, a, b) => {
      if (unitsOf(a) !== unitsOf(b))
        changes.value("legacy", `${path}.rates.${to}`, `Credits a segment of ${id} to ${to}`, a, b, "less");
    },
  );
}

function prorated(
  changes: Changes,
  kind: Kind,
  path: string,
  id: string,
  before: { readonly prorate?: boolean },
  after: { readonly prorate?: boolean },
): void {
  const what = `Whether ${id} that comes within a period brings only what is left of it`;
  changes.value(kind, `${path}.prorate`, what, before.prorate ?? false, after.prorate ?? false, "less");
}

function regions(changes: Changes, before: Catalog, after: Catalog): void {
  const byCode = ({ regions: all }: Catalog): Map<string, Catalog["regions"][0]> =>
    new Map(all.map((region) => [region.code, region]));
  changes.items("region", "regions", "Region", byCode(before), byCode(after), (code, a, b) => {
    set(changes, "region", `regions.${code}.numbers`, `numbers of ${code}`, a.numbers, b.numbers, "better");
    const conditions = `conditions of sending to ${code}`;
    set(changes, "region", `regions.${code}.gates`, conditions, a.gates, b.gates, "worse");
  });
}

/** A list whose order means nothing: what has come and what has gone. `more` is what another item is for the buyer. */
function set(
  changes: Changes,
  kind: Kind,
  path: string,
  what: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
  more: Effect,
): void {
  const less: Effect = more === "better" ? "worse" : more === "worse" ? "better" : "neutral";
  for (const item of before)
    if (!after.includes(item))
      changes.add(kind, path, less, `The ${what} no longer include ${item}`, { before: item });
  for (const item of after)
    if (!before.includes(item))
      changes.add(kind, path, more, `The ${what} now include ${item}`, { after: item });
}

/** A list of which an empty one means any: any is more than some. */
function choice(
  changes: Changes,
  kind: Kind,
  path: string,
  what: string,
  before: readonly string[] = [],
  after: readonly string[] = [],
): void {
  if ((before.length === 0) === (after.length === 0)) set(changes, kind, path, what, before, after, "better");
  else if (before.length === 0)
    changes.add(kind, path, "worse", `The ${what} were any and are now only ${shown(after)}`, { after });
  else
    changes.add(kind, path, "better", `The ${what} were only ${shown(before)} and are now any`, { before });
}

function offer(changes: Changes, path: string, before: CatalogOffer, after: CatalogOffer): void {
  const id = before.id;
  for (const [name, what, sense] of [
    ["min", "smallest", "less"],
    ["max", "largest", "more"],
    ["step", "step between", "less"],
  ] as const) {
    const message = `The ${what} quantity of ${id}`;
    changes.value(
      "quantity",
      `${path}.quantity.${name}`,
      message,
      before.quantity[name],
      after.quantity[name],
      sense,
    );
  }
  validities(changes, path, before, after);
  const wait = `Seconds until a package of ${id} can be used`;
  const [a, b] = [before.activation_seconds ?? 0, after.activation_seconds ?? 0];
  changes.value("activation", `${path}.activation_seconds`, wait, a, b, "less");
  const accepted = `The agreement that a buyer of ${id} accepts`;
  changes.value("agreement", `${path}.agreement`, accepted, before.agreement, after.agreement);
  set(changes, "gates", `${path}.gates`, `conditions of ${id}`, before.gates, after.gates, "worse");
  set(changes, "offer", `${path}.regions`, `regions of ${id}`, before.regions, after.regions, "better");
  choice(changes, "offer", `${path}.purposes`, `purposes of ${id}`, before.purposes, after.purposes);
  if (!same(refundOf(before), refundOf(after))) {
    const [old, now] = [refundOf(before), refundOf(after)];
    const effect = refundEffect(old, now);
    const message = `Refunds of ${id}: ${shown(old)} becomes ${shown(now)}`;
    const values = { ...given("before", old), ...given("after", now) };
    changes.add("refund", `${path}.refund`, effect, message, values);
  }
  const take = `Whether ${id} takes vouchers`;
  changes.value(
    "vouchers",
    `${path}.vouchers`,
    take,
    before.vouchers ?? false,
    after.vouchers ?? false,
    "more",
  );
  for (const name of ["name", "category", "package_type", "recharge_quantity"] as const)
    changes.value(
      "offer",
      `${path}.${name}`,
      `The ${name.replace("_", " ")} of ${id}`,
      before[name],
      after[name],
    );
}

/** None where nothing is paid back, in whichever words. */
function refundOf({ refund }: CatalogOffer): CatalogRefund | undefined {
  return refund?.model === "none" ? undefined : refund;
}

/** For the buyer: whether anything is paid back, and within which time; another way to reckon it is neither better nor worse. */
function refundEffect(before: CatalogRefund | undefined, after: CatalogRefund | undefined): Effect {
  const months = (refund: CatalogRefund | undefined): number =>
    refund === undefined ? 0 : refund.within ? monthsOf(refund.within) : Number.POSITIVE_INFINITY;
  const [old, now] = [months(before), months(after)];
  return old === now ? "neutral" : now > old ? "better" : "worse";
}

function validities(changes: Changes, path: string, before: CatalogOffer, after: CatalogOffer): void {
  const [old, now] = [validitiesOf(before), validitiesOf(after)];
  const texts = (choices: readonly CatalogValidity[]): string[] =>
    choices.map((each) => JSON.stringify(plainOf(each))).sort();
  if (same(texts(old), texts(now))) return;
  const months = (choices: readonly CatalogValidity[]): number =>
    choices.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...choices.map(monthsOf));
  const [longest, longer] = [months(old), months(now)];
  const effect = longer > longest ? "better" : longer < longest ? "worse" : "neutral";
  const message = `How long a package of ${before.id} lasts: ${shown(before.validity ?? "for ever")} becomes ${shown(after.validity ?? "for ever")}`;
  const values = { ...given("before", before.validity), ...given("after", after.validity) };
  changes.add("validity", `${path}.validity`, effect, message, values);
}

/** Dated lists: which have come, which have gone, and when they hold. */
function lists(changes: Changes, before: Catalog, after: Catalog): void {
  const [old, now] = [byId(before.price_lists), byId(after.price_lists)];
  for (const [id, list] of old) {
    const other = now.get(id);
    const path = `price_lists.${id}`;
    if (other === undefined)
      changes.add("price_list", path, "neutral", `Price list ${id} is gone`, { before: dates(list) });
    else if (!same(holdsOf(list), holdsOf(other)))
      changes.value("price_list", path, `When price list ${id} holds`, dates(list), dates(other));
  }
  for (const [id, list] of now)
    if (!old.has(id))
      changes.add(
        "price_list",
        `price_lists.${id}`,
        "neutral",
        `Price list ${id} is new: ${shown(dates(list))}`,
        { after: dates(list) },
      );
}

/** When a list holds, whatever offset its instants are written with. */
function holdsOf({ series, currency, from, until }: CatalogPriceList): object {
  const instant = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text));
  return { series, currency, from: instant(from), until: instant(until) };
}

function dates({ series, currency, from, until }: CatalogPriceList): object {
  return {
    series,
    currency,
    ...(from === undefined ? {} : { from }),
    ...(until === undefined ? {} : { until }),
  };
}

const charges = ["none", "wait", "full"];

/** How long a message is held without a final word, and what becomes of it then: 72 hours, and settled, unless given. */
function timeOut(changes: Changes, before: CatalogPolicy["hold"], after: CatalogPolicy["hold"]): void {
  const hours = "Hours that a message is held without a final word";
  changes.value("policy", "policy.hold.hours", hours, before?.hours ?? 72, after?.hours ?? 72);
  const [old, now] = [before?.then ?? "settle", after?.then ?? "settle"];
  if (old === now) return;
  changes.add(
    "policy",
    "policy.hold.then",
    now === "settle" ? "worse" : "better",
    `What becomes of a message without a final word: ${old} becomes ${now}`,
    { before: old, after: now },
  );
}

function policy(changes: Changes, { policy: before }: Catalog, { policy: after }: Catalog): void {
  for (const [name, what] of [
    ["counting", "How texts are counted"],
    ["split", "Whether one message may be paid from several packages"],
    ["draw", "The order in which packages pay"],
    ["sources", "Which packages pay first"],
    ["default_purpose", "What a message is for that does not say it"],
    ["ceilings", "Most segments in an hour and a day"],
    ["alarms", "When something counts as low, and how long before an expiry it is told of"],
    ["recharge", "How often auto-recharge may order"],
  ] as const)
    changes.value("policy", `policy.${name}`, what, before[name], after[name]);
  const blocks = "Whether a suspended account neither sends nor buys";
  const [was, is] = [before.suspended_blocks ?? true, after.suspended_blocks ?? true];
  changes.value("policy", "policy.suspended_blocks", blocks, was, is, "less");
  const [need, needed] = [before.packs_need_plan ?? false, after.packs_need_plan ?? false];
  changes.value("policy", "policy.packs_need_plan", "Whether packs need a plan", need, needed, "less");
  const longest = "Segments of the longest message";
  changes.value("policy", "policy.segments_max", longest, before.segments_max, after.segments_max, "more");
  const [old, now] = [before.charge_on ?? "delivery", after.charge_on ?? "delivery"];
  if (old !== now)
    changes.add(
      "policy",
      "policy.charge_on",
      now === "submit" ? "worse" : "better",
      `When a message is charged: ${old} becomes ${now}`,
      { before: old, after: now },
    );
  timeOut(changes, before.hold, after.hold);
  const grace = "Hours in which segments still come back to an expired package";
  const [shorter, longer] = [before.grace_hours ?? 0, after.grace_hours ?? 0];
  changes.value("policy", "policy.grace_hours", grace, shorter, longer, "more");
  const corrections = "Whether a later receipt corrects the first";
  const [first, last] = [before.corrections ?? false, after.corrections ?? false];
  changes.value("policy", "policy.corrections", corrections, first, last);
  receipts(changes, before, after);
}

/** What each stage costs, and each code that either catalog lists for it, unless that is what the stage's change says. */
function receipts(changes: Changes, before: CatalogPolicy, after: CatalogPolicy): void {
  for (const { stage } of before.receipts.filter(({ codes }) => codes === undefined)) {
    const rules = [...before.receipts, ...after.receipts].filter((rule) => rule.stage === stage);
    const usual = `${chargeOf(before, stage)} ${chargeOf(after, stage)}`;
    for (const code of [undefined, ...new Set(rules.flatMap(({ codes }) => codes ?? []))]) {
      const [old, now] = [chargeOf(before, stage, code), chargeOf(after, stage, code)];
      if (old === now || (code !== undefined && `${old} ${now}` === usual)) continue;
      const effect = charges.indexOf(now) > charges.indexOf(old) ? "worse" : "better";
      const what = code === undefined ? stage : `${stage} with the code ${code}`;
      const message = `What a message costs that is ${what}: ${old} becomes ${now}`;
      const path = `policy.receipts.${stage}${code === undefined ? "" : `.${code}`}`;
      changes.add("receipt", path, effect, message, { before: old, after: now });
    }
  }
}

function chargeOf({ receipts: rules }: CatalogPolicy, stage: Stage, code?: string): string {
  const own = rules.filter((rule) => rule.stage === stage);
  const listed = own.find(({ codes }) => code !== undefined && codes?.includes(code));
  return (listed ?? own.find(({ codes }) => codes === undefined))?.charge ?? "wait";
}
