/**
 * What one would write by hand in JavaScript, as quick as it goes: a table of 65,536 bytes that says what each UTF-16
 * unit costs. Segments alone, with default options.
 */

const single =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
const double = "\f^{}\\[~]|€";

const costs = new Uint8Array(0x1_0000);
for (const character of single) costs[character.charCodeAt(0)] = 1;
for (const character of double) costs[character.charCodeAt(0)] = 2;

function gsm(text: string): number {
  let units = 0;
  let laid = 0;
  for (let at = 0; at < text.length; at++) {
    const cost = costs[text.charCodeAt(at)] as number;
    if (cost === 0) return 0;
    if (cost === 2 && laid % 153 === 152) laid += 1;
    units += cost;
    laid += cost;
  }
  return units <= 160 ? 1 : Math.ceil(laid / 153);
}

const isHigh = (unit: number): boolean => (unit & 0xfc00) === 0xd800;
const isLow = (unit: number): boolean => (unit & 0xfc00) === 0xdc00;

/** Looks at every unit of a text in UCS-2. */
export function walking(text: string): number {
  const segments = gsm(text);
  if (segments > 0) return segments;
  if (text.length <= 70) return 1;
  let laid = 0;
  for (let at = 0; at < text.length; at++) {
    if (isHigh(text.charCodeAt(at)) && isLow(text.charCodeAt(at + 1))) {
      if (laid % 67 === 66) laid += 1;
      laid += 2;
      at += 1;
    } else {
      laid += 1;
    }
  }
  return Math.ceil(laid / 67);
}

/** Looks in UCS-2 only where segments end: nothing that copies the text first can be as quick. */
export function jumping(text: string): number {
  const segments = gsm(text);
  if (segments > 0) return segments;
  if (text.length <= 70) return 1;
  let count = 1;
  for (let start = 0; ; count++) {
    const end = start + 67;
    if (end >= text.length) return count;
    start = isLow(text.charCodeAt(end)) && isHigh(text.charCodeAt(end - 1)) ? end - 1 : end;
  }
}
