/** The texts that are counted: for each case many that differ, each a flat string, as they come out of a parser. */

export interface Case {
  name: string;
  texts: readonly string[];
}

const latin = "The quick brown fox jumps over the lazy dog 0123456789, pays @ $5 & leaves! ";
const extended = "Order {12} costs €9.50 [net]; see a|b ~ soon, or not. ";
const cyrillic = "Ваш заказ 😀 готов, заберите его сегодня ";

function texts(pattern: string, units: number, many: number): string[] {
  const long = pattern.repeat(Math.ceil(units / pattern.length) + 1);
  return Array.from({ length: many }, (_, index) => {
    const text = (String(index).padStart(5, "0") + long).slice(0, units).toWellFormed();
    // By way of JSON, which leaves no string that is a part or a sum of others.
    return JSON.parse(JSON.stringify(text)) as string;
  });
}

export const cases = (many: number): Case[] => [
  { name: "40 GSM-7", texts: texts(latin, 40, many) },
  { name: "160 GSM-7", texts: texts(latin, 160, many) },
  { name: "500 GSM-7, extended", texts: texts(extended, 500, many) },
  { name: "70 UCS-2, emoji", texts: texts(cyrillic, 70, many) },
  { name: "500 UCS-2, emoji", texts: texts(cyrillic, 500, many) },
];
