/**
 * A zone's offset from UTC by the host's `Intl`, which is why no zone rules are compiled into the module. What an offset
 * is used for is the engine's matter.
 */

/** Formats kept; more than there are zones, so that only a flood of odd spellings ever empties the cache. */
const formats_max = 1_000;
const formats = new Map<string, Intl.DateTimeFormat>();

const second_ms = 1_000;

/** Seconds that `zone` is ahead of UTC at an instant, to the second; `NaN` for a zone that the host does not know. */
export function zoneOffset(zone: string, epochMs: number): number {
  const format = formatOf(zone);
  if (format === undefined) return Number.NaN;
  const instant = Math.floor(epochMs / second_ms) * second_ms;
  return (wallClock(format, instant) - instant) / second_ms;
}

function formatOf(zone: string): Intl.DateTimeFormat | undefined {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  // `Intl` takes `+05:30` for a zone as well; such a one has no rules and no other runtime of the engine knows it.
  if (!/^[A-Za-z]/.test(zone)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      era: "short",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return undefined;
  }
  if (formats.size >= formats_max) formats.clear();
  formats.set(zone, format);
  return format;
}

/** What a clock on the wall of the zone shows, as if it were UTC, in milliseconds since the epoch. */
function wallClock(format: Intl.DateTimeFormat, instant: number): number {
  const parts: { [T in Intl.DateTimeFormatPartTypes]?: string } = {};
  for (const { type, value } of format.formatToParts(instant)) parts[type] = value;
  const number = (type: Intl.DateTimeFormatPartTypes): number => Number(parts[type]);
  const year = parts.era?.startsWith("B") ? 1 - number("year") : number("year");
  const wall = new Date(0);
  // `Date.UTC` would take the years 0 to 99 for 1900 to 1999.
  wall.setUTCFullYear(year, number("month") - 1, number("day"));
  wall.setUTCHours(number("hour"), number("minute"), number("second"));
  return wall.getTime();
}
