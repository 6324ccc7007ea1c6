/**
 * `estimate`: messages cross in one, and every one is decided by the module as it would be reserved. What is missing is priced by the
 * advice that `adviseQuantity` gives; how much is missing is the module's to say.
 */
import { messages_max, Part, whole_units_max } from "./batch.ts";
import { isForAny } from "./catalogs/offers.ts";
import { invalidInput, isLedgerError } from "./errors.ts";
import type { Engine } from "./module.ts";
import { then } from "./payments.ts";
import { advise, type Purposes } from "./pricing/advise.ts";
import type { Quoting } from "./pricing/shelf.ts";
import { checkEstimateMessage, checkTime, only, plain, text } from "./shape.ts";
import type { MaybePromise } from "./storage/contract.ts";
import type { Advice, AdviseRequest, Catalog, Estimate, EstimateRequest, Missing } from "./types.ts";

/** What carries an estimate to an engine, and prices what is missing. */
export interface EstimatePort {
  whole(send: (engine: Engine, ticket: number, now: number) => void): MaybePromise<unknown>;
  quoting(): Quoting;
  readonly catalog: Catalog;
}

/** As the module tells it. */
type Told = Omit<Estimate, "missing"> & {
  missing: Omit<Missing, "purchase">[];
  /** What the account has. */
  gates: string[];
};

/** How often more is asked for where each package must hold whole messages. */
const tries_max = 8;

export function estimate(port: EstimatePort, input: unknown): MaybePromise<Estimate> {
  const given = plain<EstimateRequest>(input, "", "estimate");
  only(given, ["account", "messages", "at", "currency"]);
  const account = text(given.account, "account");
  const at = given.at === undefined ? Number.NaN : checkTime(given.at, "at");
  const currency = given.currency === undefined ? undefined : currencyCode(given.currency);
  const part = partOf(given.messages);
  const answered = port.whole((engine, ticket, now) =>
    engine.estimate(ticket, now, account, at, part.text, part.words),
  );
  return then(answered, (answer) => {
    const { gates, missing, ...told } = answer as Told;
    return { ...told, missing: missing.map((gap) => priced(port, gap, gates, told.at, currency)) };
  });
}

/** Whether or not anything is missing whose price it would say. */
function currencyCode(given: unknown): string {
  const code = text(given, "currency");
  if (!/^[A-Z]{3}$/.test(code))
    throw invalidInput("currency", 'must be a currency code, such as "USD"', code);
  return code;
}

function partOf(messages: unknown): Part {
  if (!Array.isArray(messages)) throw invalidInput("messages", "must be an array", messages ?? null);
  if (messages.length > messages_max)
    throw invalidInput("messages", `must be at most ${messages_max} messages`, messages.length);
  const part = new Part(messages.length);
  for (let index = 0; index < messages.length; index++) {
    const { segments, ...message } = checkEstimateMessage(messages[index], index);
    part.add({ ...message, id: "", attempt: segments });
    if (part.text.length > whole_units_max)
      throw invalidInput("messages", "have more text than can be estimated at once");
  }
  return part;
}

function priced(
  { catalog, quoting }: EstimatePort,
  gap: Omit<Missing, "purchase">,
  gates: readonly string[],
  at: string,
  currency: string | undefined,
): Missing {
  const request: AdviseRequest = { region: gap.region, need: gap.segments, gates, at };
  if (currency !== undefined) request.currency = currency;
  // What is sold for no purpose pays every one; what is sold for one pays no other.
  const purposes: Purposes = (offer) => {
    if (isForAny(offer)) return [undefined];
    return gap.purpose !== undefined && offer.purposes?.includes(gap.purpose) ? [gap.purpose] : [];
  };
  try {
    for (let tries = 0; tries < tries_max; tries++) {
      const advice = advise(quoting(), catalog, request, () => Date.parse(at), purposes);
      const holds = catalog.policy.split === "allow" ? advice.segments : heldWhole(advice, gap.largest);
      if (holds >= gap.segments)
        return { ...gap, purchase: { ...advice, unused: advice.segments - gap.segments } };
      request.need += gap.segments - holds;
    }
  } catch (error) {
    if (!isLedgerError(error)) throw error;
  }
  return gap;
}

/** Segments that are sure to be used of packages which pay messages whole: each but a single one may be left with what the longest does not fit in. */
function heldWhole({ purchases, segments }: Advice, largest: number): number {
  const packages = purchases.reduce((sum, { times }) => sum + times, 0);
  if (packages === 1) return segments;
  const each = purchases.map(({ quote, times }) => Math.max(0, quote.quantity - largest + 1) * times);
  return each.reduce((sum, held) => sum + held, 0);
}
