/**
 * What may stand for characters that GSM-7 cannot carry. Letters and marks are taken apart by the host's own Unicode
 * tables (`normalize`); here is only what those do not say.
 */
import type { Replacement } from "./types.ts";

/** A replacement and how far it goes: 0 typographic, 1 accents, 2 script. */
export interface StandIn extends Replacement {
  reach: number;
}

const TYPOGRAPHIC = 0;
const ACCENTS = 1;
const SCRIPT = 2;

/** By the code point of each character of a list, what stands for it. */
function map(...lists: [characters: string, replacement: string][]): ReadonlyMap<string, string> {
  return new Map(
    lists.flatMap(([characters, replacement]) =>
      [...characters].map((one): [string, string] => [one, replacement]),
    ),
  );
}

/** Between digits they are a decimal point or a product, and nothing is suggested. */
const bullets = "•‣·∙●▪";

/** What a word processor puts in, and what a keyboard would have. */
const typographic = map(
  ["\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\u02b9\u02bb\u02bc\u02bd\u02c8\u00b4\uff40`", "'"],
  ["\u201c\u201d\u201e\u201f\u2033\u2036«»\u02ba\u301d\u301e\u301f「」『』", '"'],
  ["\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\ufe58\ufe63", "-"],
  [bullets, "-"],
  ["\t", " "],
  ["\u000b\u0085\u2028\u2029", "\n"],
  ["\u00ad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff", ""],
  ["×✕✖", "x"],
  ["÷\u2044\u2215", "/"],
  ["¼", "1/4"],
  ["½", "1/2"],
  ["¾", "3/4"],
  ["©", "(c)"],
  ["®", "(R)"],
  ["™", "(TM)"],
  ["№", "No."],
  ["→", "->"],
  ["←", "<-"],
  ["≤", "<="],
  ["≥", ">="],
  ["₤", "£"],
  ["、", ","],
  ["。", "."],
  ["【〔", "["],
  ["】〕", "]"],
  ["〈《", "<"],
  ["〉》", ">"],
  ["〜∼", "~"],
);

/** Letters that are not a letter and a mark. */
const letters = new Map(
  Object.entries({
    ...{ Œ: "OE", œ: "oe", Þ: "Th", þ: "th", ẞ: "ß", Đ: "D", đ: "d", Ð: "D", ð: "d", Ħ: "H", ħ: "h" },
    ...{ Ł: "L", ł: "l", Ŧ: "T", ŧ: "t", Ŋ: "N", ŋ: "n", ı: "i", ĸ: "k", ŉ: "'n", ƒ: "f", Ə: "E", ə: "e" },
    ...{ Ø: "O", ø: "o", Æ: "AE", æ: "ae", ß: "ss" },
  }),
);

/** Characters of two scripts that look alike, in pairs. */
function pairs(list: string): ReadonlyMap<string, string> {
  return new Map(list.split(" ").map((pair) => [pair.slice(0, 1), pair.slice(1)]));
}

const look_alikes = pairs(
  "АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX ЅS ІI ЈJ аa еe оo рp сc уy хx ѕs іi јj " +
    "ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX αa εe ηn ιi κk νv οo ρp τt υu χx",
);

/** Latin letters for the Cyrillic capitals. */
const cyrillic = pairs(
  "АA БB ВV ГG ДD ЕE ЖZh ЗZ ИI ЙY КK ЛL МM НN ОO ПP РR СS ТT УU ФF ХKh ЦTs ЧCh ШSh ЩShch Ъ ЫY Ь ЭE ЮYu ЯYa " +
    "ЀE ЁYo ЂDj ЃG ЄYe ЅDz ІI ЇYi ЈJ ЉLj ЊNj ЋC ЌK ЍI ЎU ЏDz ҐG",
);

/** Greek capitals that GSM-7 has no letter of its own for. */
const greek = pairs("ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX");

const is_greek = /^[\u0370-\u03ff\u1f00-\u1fff]$/;
const is_mark = /^[\u0300-\u036f]$/;
/** They mean something behind letters of other scripts and within pictures. */
const is_joiner = /^(?:\u200c|\u200d|[\ufe00-\ufe0f])$/;
const word = /[A-Za-z\u0370-\u052f]+/g;
const is_digit = /^\d$/;
/**
 * What is the same in other characters: letters written in two (`ﬁ`), spaces, punctuation (`…`), full-width forms. Not raised,
 * lowered or circled numbers and letters, which mean something else on the line.
 */
const is_form = /^(?:[\p{Ll}\p{Lu}\p{Lt}\p{Zs}\p{P}\p{Nl}]|[\uff01-\uffee])$/u;
const is_letter = /^\p{L}$/u;
/** Behind them a joiner makes a picture. */
const is_keycap = /^[\u200d\u20e3]$/;

/** A character at its place. */
interface Foreign {
  index: number;
  character: string;
}

/**
 * The stand-ins of a text, in order and apart, up to a reach. `foreign` are the characters that are not carried;
 * `carriage` tells of all characters at once, and then of a replacement, whether it is.
 */
export function standIns(
  text: string,
  foreign: readonly Foreign[],
  reach: number,
  carriage: (characters: string) => (replacement: string) => boolean,
): StandIn[] {
  const latin = latinWords(text);
  // By the last unit of each.
  const taken = new Set(foreign.map(({ index, character }) => index + character.length - 1));
  const choices = foreign.map(({ index, character }) => {
    const left = index > 0 ? text.charAt(index - 1) : "";
    const around = {
      left,
      carried: taken.has(index - 1) ? "" : left,
      right: text.charAt(index + character.length),
      latin: latin(index),
    };
    return choicesFor(index, character, around).filter((one) => one.reach <= reach);
  });
  const characters = new Set(choices.flat().flatMap(({ replacement }) => [...replacement]));
  const carried = carriage([...characters].join(""));
  const found: StandIn[] = [];
  for (const some of choices) {
    const choice = some.find(({ replacement }) => carried(replacement));
    if (choice !== undefined) found.push(dressed(choice, text));
  }
  return found;
}

/** A stand-in with the mark behind the character that says whether it is drawn in colours: it goes with it. */
function dressed(choice: StandIn, text: string): StandIn {
  const end = choice.index + choice.found.length;
  const mark = text.charAt(end);
  const plain = /^[\ufe0e\ufe0f]$/.test(mark) && !is_keycap.test(text.charAt(end + 1));
  return plain && choice.found !== mark ? { ...choice, found: choice.found + mark } : choice;
}

/** Whether the word at an index has Latin letters. */
function latinWords(text: string): (index: number) => boolean {
  let start = 0;
  let end = 0;
  let latin = false;
  word.lastIndex = 0;
  // Asked in order, so that each word is looked at once.
  return (index) => {
    while (index >= end) {
      const match = word.exec(text);
      if (match === null) {
        [start, end] = [text.length, Number.POSITIVE_INFINITY];
        break;
      }
      [start, end, latin] = [match.index, word.lastIndex, /[A-Za-z]/.test(match[0])];
    }
    return index >= start && latin;
  };
}

/** What is around a character. */
interface Around {
  left: string;
  /** The same, where GSM-7 carries it. */
  carried: string;
  right: string;
  /** It stands in a word with Latin letters. */
  latin: boolean;
}

/** What may stand for a character, the nearest first. */
function choicesFor(index: number, character: string, around: Around): StandIn[] {
  const { left, carried: before, right } = around;
  const choices: StandIn[] = [];
  const add = (reach: number, replacement: string | undefined): void => {
    if (replacement !== undefined) choices.push({ index, found: character, replacement, reach });
  };
  if (is_mark.test(character)) {
    const composed = (before + character).normalize("NFC");
    if (before !== "" && composed.length === 1)
      choices.push({
        index: index - 1,
        found: before + character,
        replacement: composed,
        reach: TYPOGRAPHIC,
      });
    if (index > 0) add(ACCENTS, "");
    return choices;
  }
  if (is_joiner.test(character)) {
    if (before !== "" && !is_keycap.test(right)) add(TYPOGRAPHIC, "");
    return choices;
  }
  const numbered = is_digit.test(left) && is_digit.test(right);
  const plain = typographic.get(character);
  if (!(bullets.includes(character) && numbered))
    add(TYPOGRAPHIC, plain?.includes("/") && is_digit.test(left) && plain !== "/" ? ` ${plain}` : plain);
  if (is_form.test(character)) add(TYPOGRAPHIC, other(character, character.normalize("NFKC")));
  add(ACCENTS, letters.get(character));
  const [base = character] = character.normalize("NFD");
  if (is_letter.test(character) && !is_greek.test(character)) add(ACCENTS, other(character, base));
  if (around.latin) add(SCRIPT, look_alikes.get(character));
  const capital = base.toUpperCase();
  if (is_greek.test(character)) add(SCRIPT, greek.get(capital) ?? other(character, capital));
  const letter = cyrillic.get(character.toUpperCase()) ?? cyrillic.get(capital);
  add(SCRIPT, character === character.toUpperCase() ? letter : letter?.toLowerCase());
  return choices;
}

const other = (character: string, replacement: string): string | undefined =>
  replacement === character ? undefined : replacement;
