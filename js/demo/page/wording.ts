/** What the catalog sells, by name, and what each refusal asks of the person who reads it. */
import cloutly from "sms-ledger/catalogs/cloutly";
import { plural } from "./dom.ts";
import type { Refused } from "./wire.ts";

interface Offer {
  id: string;
  regions: string[];
  quantity: { step: number; min: number; max: number };
}
interface Shape {
  regions: { code: string; name: string }[];
  offers: Offer[];
}

const { regions, offers } = cloutly as unknown as Shape;

export { offers };

/** Names of the regions that the catalog does not sell. */
const worldwide = new Intl.DisplayNames("en", { type: "region" });

export function regionName(code: string | undefined): string {
  if (code === undefined) return "any region";
  return regions.find((region) => region.code === code)?.name ?? worldwide.of(code) ?? code;
}

/** A package without what every package is. */
export function packageName(name: string): string {
  return name.replace(/ SMS credits$/, " pack").replace(/ credits$/, "");
}

/** An instant's day, as people write it. */
export function day(instant: string): string {
  return new Date(instant).toLocaleDateString("en-GB", {
    day: "numeric",
    month: "long",
    year: "numeric",
    timeZone: "UTC",
  });
}

/** What went wrong and what to do about it. */
export function advice({ code, message, details }: Refused): string {
  const region = details.region === undefined ? "this region" : regionName(details.region);
  switch (code) {
    case "INVALID_NUMBER":
      return "This is no telephone number. Write + and the country code first, such as +61 491 570 006.";
    case "UNKNOWN_REGION":
      return `There is no price for ${region}. Choose a number in ${regions.map(({ name }) => name).join(", ")}.`;
    case "INSUFFICIENT_BALANCE": {
      const usable = details.available === 0 ? "none" : plural(details.available ?? 0, "segment");
      return `This takes ${plural(details.needed ?? 1, "segment")}, and ${usable} can be used for ${region}. Buy a pack for ${region} below, or write to another region.`;
    }
    case "MESSAGE_TOO_LONG":
      return "This is longer than one message may be. Shorten it, or send it as several messages.";
    case "ID_REUSED":
      return "This message was sent before with another text. Send it as a new message.";
    case "QUOTE_EXPIRED":
      return "The quote has expired. Look at the new price, then buy again.";
    case "UNREACHABLE":
      return "The demo's server does not answer. Start `cargo xtask demo` again, then reload this page.";
    default:
      return `${message}.`;
  }
}
