// The metadata's patterns of digits as automata, so that it can be asked what a number may still become. Reads the few
// forms of regular expressions that the metadata uses, and refuses others.

const digits = Array.from("0123456789");

/** States of a pattern: `on` digits, or freely, one goes `to` others. */
function states(source) {
  const all = [];
  const state = () => all.push({ on: null, to: [] }) - 1;
  let at = 0;
  const peek = () => source[at];
  const take = () => source[at++];

  function alternatives() {
    const start = state();
    const end = state();
    do {
      const part = sequence();
      all[start].to.push(part.start);
      all[part.end].to.push(end);
    } while (peek() === "|" && take());
    return { start, end };
  }
  function sequence() {
    const start = state();
    let end = start;
    while (at < source.length && peek() !== "|" && peek() !== ")") {
      const part = repeated();
      all[end].to.push(part.start);
      end = part.end;
    }
    return { start, end };
  }
  function repeated() {
    const from = at;
    const first = atom();
    const [least, most] = bounds();
    if (!(most >= 1)) throw new Error(`cannot read \`${source}\` at ${at}`);
    const after = at;
    const start = state();
    let end = start;
    for (let copy = 0; copy < most; copy++) {
      at = from;
      const part = copy === 0 ? first : atom();
      const next = state();
      all[end].to.push(part.start);
      all[part.end].to.push(next);
      if (copy >= least) all[end].to.push(next);
      end = next;
    }
    at = after;
    return { start, end };
  }
  function bounds() {
    if (peek() === "?") {
      take();
      return [0, 1];
    }
    if (peek() !== "{") return [1, 1];
    const close = source.indexOf("}", at);
    const [least, most = least] = source
      .slice(at + 1, close)
      .split(",")
      .map(Number);
    at = close + 1;
    return [least, most];
  }
  function atom() {
    const character = take();
    if (character === "(") {
      if (source.startsWith("?:", at)) at += 2;
      const inner = alternatives();
      if (take() !== ")") throw new Error(`cannot read \`${source}\``);
      return inner;
    }
    const start = state();
    const end = state();
    all[start].on = digitsOf(character);
    all[start].to.push(end);
    return { start, end };
  }
  function digitsOf(character) {
    if (character === "\\" && take() === "d") return "0123456789";
    if (/\d/.test(character)) return character;
    if (character !== "[") throw new Error(`cannot read \`${source}\` at ${at}`);
    const close = source.indexOf("]", at);
    const inside = source.slice(at, close);
    at = close + 1;
    return inside.replace(/(\d)-(\d)/g, (_, from, to) => "0123456789".slice(Number(from), Number(to) + 1));
  }

  const whole = alternatives();
  if (at !== source.length) throw new Error(`cannot read \`${source}\` at ${at}`);
  return { all, start: whole.start, end: whole.end };
}

/** A pattern of digits, deterministic. A state is a number; null is one from which nothing can match any more. */
export function automaton(source) {
  const { all, start, end } = states(source);
  const numbers = new Map();
  const sets = [];
  const closed = (some) => {
    const set = new Set(some);
    for (const one of set) if (all[one].on === null) for (const next of all[one].to) set.add(next);
    if (set.size === 0) return null;
    const key = [...set].sort((a, b) => a - b).join();
    if (!numbers.has(key)) numbers.set(key, sets.push({ set, after: {} }) - 1);
    return numbers.get(key);
  };
  const first = closed([start]);
  const step = (state, digit) => {
    const { set, after } = sets[state];
    after[digit] ??= closed(
      [...set].filter((one) => all[one].on?.includes(digit)).flatMap((one) => all[one].to),
    );
    return after[digit];
  };
  const ends = (state) => sets[state].set.has(end);
  /** How many digits the matches from a state on may have. */
  const lengths = (state) => {
    const after = digits.map((digit) => step(state, digit)).filter((one) => one !== null);
    sets[state].lengths ??= new Set([
      ...(ends(state) ? [0] : []),
      ...[...new Set(after)].flatMap((one) => [...lengths(one)].map((length) => length + 1)),
    ]);
    return sets[state].lengths;
  };
  return {
    start: first,
    step,
    ends,
    /** Every match, the longest first, with a dot for any digit. */
    words() {
      const found = [];
      const visit = (state, word) => {
        if (ends(state) && word !== "") found.push(word);
        const next = digits.map((digit) => step(state, digit));
        if (next[0] !== null && next.every((one) => one === next[0])) return visit(next[0], `${word}.`);
        next.forEach((one, digit) => {
          if (one !== null) visit(one, word + digit);
        });
      };
      visit(first, "");
      return found.sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
    },
    /** How many digits a match that begins with a word may have. */
    lengths(word) {
      let state = first;
      for (const digit of word) {
        state = step(state, digit);
        if (state === null) return [];
      }
      return [...lengths(state)].map((length) => word.length + length).sort((a, b) => a - b);
    },
  };
}
