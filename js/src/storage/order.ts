/** The order of keys: that of their UTF-8 bytes, which is the order of their code points; and what ranges come to in it. */
import type { Range } from "./contract.ts";

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

/**
 * Below, at or above zero as `a` comes before, is, or comes after `b`, both well-formed. JavaScript's own `<` compares
 * UTF-16 units, which puts the characters beyond U+FFFF (surrogates, from U+D800) before those from U+E000 to U+FFFF.
 */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) {
      const beyond = isSurrogate(left);
      return beyond === isSurrogate(right) ? left - right : beyond ? 1 : -1;
    }
  }
  return a.length - b.length;
}

const last_code_point = 0x10ffff;

/** The first key behind all those under a prefix; `undefined` where there is none, as for the empty prefix. */
export function prefixEnd(prefix: string): string | undefined {
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    if (point === last_code_point) continue;
    const next = point + 1;
    return points.join("") + String.fromCodePoint(isSurrogate(next) ? 0xe000 : next);
  }
  return undefined;
}

/** What a range comes to: the keys from `from`, itself left out with `beyond`, to `to`, which is left out. */
export interface Bounds {
  from: string;
  beyond: boolean;
  /** Absent: to the last key there is. */
  to?: string;
}

/** The keys under a range's prefix that are beyond its cursor, whichever way it is read. */
export function boundsOf({ prefix, cursor, reverse }: Range): Bounds {
  const end = prefixEnd(prefix);
  const bounds: Bounds = { from: prefix, beyond: false };
  if (end !== undefined) bounds.to = end;
  if (cursor === undefined) return bounds;
  if (reverse === true) {
    if (end === undefined || compareKeys(cursor, end) < 0) bounds.to = cursor;
  } else if (compareKeys(cursor, prefix) >= 0) {
    bounds.from = cursor;
    bounds.beyond = true;
  }
  return bounds;
}
