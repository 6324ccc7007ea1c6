/**
 * Requests for quotes as words: what a buyer names is looked up in the catalog once, and crosses as a number. A request that
 * holds anything else crosses as data, and what is wrong with it is the module's to say.
 */
import { validitiesOf } from "../catalogs/offers.ts";
import type { Catalog, CatalogOffer, Validity } from "../types.ts";
import { NONE } from "../words.ts";

/** Words of a request. */
export const request_words = 8;
/** The largest quantity that fits into a word without being taken for none. */
const quantity_max = 0xffff_fffe;

/** What an offer leaves to the buyer, by name. */
export interface Choices {
  readonly index: number;
  readonly offer: CatalogOffer;
  readonly regions: ReadonlyMap<string, number>;
  readonly validities: readonly Validity[];
}

export function choicesOf(catalog: Catalog): ReadonlyMap<string, Choices> {
  return new Map(
    catalog.offers.map((offer, index): [string, Choices] => {
      const validities = validitiesOf(offer);
      const regions = new Map(offer.regions.map((region, place) => [region, place]));
      return [offer.id, { index, offer, regions, validities }];
    }),
  );
}

const known: ReadonlySet<string> = new Set([
  "offer",
  "region",
  "quantity",
  "purpose",
  "currency",
  "validity",
  "at",
]);

/** Writes a request behind `start`; whether it could be written. */
export function writeRequest(
  offers: ReadonlyMap<string, Choices>,
  request: unknown,
  words: Uint32Array,
  start: number,
): boolean {
  if (typeof request !== "object" || request === null) return false;
  if (Object.getPrototypeOf(request) !== Object.prototype) return false;
  // What somebody has set on every object is no request's: it is asked as data.
  for (const _ in Object.prototype) return false;
  for (const name in request) if (!known.has(name)) return false;
  const { offer, region, quantity, purpose, currency, validity, at } = request as {
    readonly [name: string]: unknown;
  };
  const choices = offers.get(offer as string);
  if (choices === undefined || !isQuantity(quantity)) return false;
  const regionAt = region === undefined ? NONE : choices.regions.get(region as string);
  const purposeAt = purpose === undefined ? NONE : purposeOf(choices, purpose);
  const validityAt = validity === undefined ? NONE : validityOf(choices, validity);
  const code = currency === undefined ? NONE : codeOf(currency);
  if (regionAt === undefined || purposeAt === undefined || validityAt === undefined || code === undefined)
    return false;
  words[start] = choices.index;
  words[start + 1] = regionAt;
  words[start + 2] = purposeAt;
  words[start + 3] = validityAt;
  words[start + 4] = code;
  words[start + 5] = quantity;
  if (at === undefined) {
    words[start + 6] = NONE;
    words[start + 7] = NONE;
    return true;
  }
  // Texts are the module's to read.
  const millis = at instanceof Date ? at.getTime() : Number.NaN;
  if (!(millis >= 0)) return false;
  words[start + 6] = millis % 0x1_0000_0000;
  words[start + 7] = Math.floor(millis / 0x1_0000_0000);
  return true;
}

function isQuantity(quantity: unknown): quantity is number {
  return Number.isInteger(quantity) && (quantity as number) >= 0 && (quantity as number) <= quantity_max;
}

function purposeOf(choices: Choices, purpose: unknown): number | undefined {
  const place = choices.offer.purposes?.indexOf(purpose as string) ?? -1;
  return place < 0 ? undefined : place;
}

function validityOf(choices: Choices, validity: unknown): number | undefined {
  if (typeof validity !== "object" || validity === null) return undefined;
  let unit: string | undefined;
  for (const name in validity) {
    if (unit !== undefined) return undefined;
    unit = name;
  }
  if (unit !== "months" && unit !== "days") return undefined;
  const count = (validity as Record<string, unknown>)[unit];
  for (let place = 0; place < choices.validities.length; place++)
    if ((choices.validities[place] as Record<string, unknown>)[unit] === count) return place;
  return undefined;
}

/** The currency of a code. */
export function currencyOf(code: number): string {
  return String.fromCharCode(code >>> 16, (code >>> 8) & 0xff, code & 0xff);
}

/** Three letters, a byte each. */
function codeOf(currency: unknown): number | undefined {
  if (typeof currency !== "string" || currency.length !== 3) return undefined;
  let code = 0;
  for (let at = 0; at < 3; at++) {
    const letter = currency.charCodeAt(at);
    if (letter > 0x7f) return undefined;
    code = code * 0x100 + letter;
  }
  return code;
}
