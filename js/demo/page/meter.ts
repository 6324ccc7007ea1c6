/** How a text is cut: a bar for each segment, the text with its cuts, and the characters that force UCS-2. */
import type { Segments } from "sms-ledger";
import { byId, make, plural, say } from "./dom.ts";

/** Bars that are drawn; what comes beyond is counted in one line. */
const bars_max = 12;

/** Shows how `text` is cut; dashes where it cannot be counted. */
export function showMeter(text: string, segments: Segments | undefined): void {
  if (segments === undefined) {
    say(byId("count"), "–");
    say(byId("encoding"), "–");
    for (const id of ["bars", "cuts", "culprits"]) byId(id).replaceChildren();
    return;
  }
  say(byId("count"), text === "" ? "no text yet" : plural(segments.segments, "segment"));
  const unit = segments.encoding === "GSM-7" ? "septets" : "UTF-16 units";
  say(
    byId("encoding"),
    text === ""
      ? "GSM-7 holds 160 characters in one segment, UCS-2 holds 70."
      : `${segments.encoding} · ${plural(segments.characters, "character")} · ${segments.units} ${unit} · ${segments.remaining} left in the last segment`,
  );
  byId("bars").replaceChildren(...bars(segments));
  byId("cuts").replaceChildren(
    ...(text === "" ? [make("span", "quiet", "The text as it will be cut.")] : cuts(text, segments)),
  );
  byId("culprits").replaceChildren(...culprits(segments));
}

function bars({ perSegment, capacity, segments }: Segments): HTMLElement[] {
  const drawn = perSegment.slice(0, bars_max).map((used, at) => {
    const fill = make("span", "fill");
    fill.style.setProperty("--full", String(used / capacity));
    const counted = make("span", "numbers", `${used} / ${capacity}`);
    return make("li", at % 2 === 0 ? "even" : "odd", make("span", "bar", fill), counted);
  });
  if (segments > bars_max)
    drawn.push(make("li", "more", `and ${plural(segments - bars_max, "more segment")}`));
  return drawn;
}

function cuts(text: string, { breaks, nonGsm }: Segments): HTMLElement[] {
  const odd = new Map(nonGsm.map(({ index, character }) => [index, character]));
  return breaks.flatMap((start, at) => {
    const end = breaks[at + 1] ?? text.length;
    const part = make("span", at % 2 === 0 ? "part even" : "part odd");
    let plainFrom = start;
    for (let index = start; index < end; index++) {
      const character = odd.get(index);
      if (character === undefined) continue;
      part.append(text.slice(plainFrom, index), make("mark", "", character));
      plainFrom = index + character.length;
    }
    part.append(text.slice(plainFrom, end));
    return at === 0 ? [part] : [make("span", "cut"), part];
  });
}

function culprits({ nonGsm }: Segments): HTMLElement[] {
  const counts = new Map<string, number>();
  for (const { character } of nonGsm) counts.set(character, (counts.get(character) ?? 0) + 1);
  return [...counts].map(([character, count]) => {
    const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    return make("li", "", make("mark", "", character), ` ${code}${count > 1 ? ` × ${count}` : ""}`);
  });
}
