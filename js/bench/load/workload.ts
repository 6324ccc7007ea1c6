/** Which account each message is for: one hot account, or many of which a few get most. The same in every run. */

/** A name of an account for each message, in order. */
export interface Workload {
  name: string;
  /** So many accounts, one for each message. */
  accounts(messages: number): readonly string[];
}

/** All messages for one account. */
export function hot(): Workload {
  return { name: "one hot account", accounts: (messages) => new Array(messages).fill("hot") };
}

/** The account of rank k gets a share in proportion to 1/k: Zipf's law with exponent 1. */
export function zipf(accounts: number): Workload {
  const sums = new Float64Array(accounts);
  let sum = 0;
  for (let rank = 1; rank <= accounts; rank++) {
    sum += 1 / rank;
    sums[rank - 1] = sum;
  }
  const next = random();
  return {
    name: `Zipf(1.0) over ${accounts.toLocaleString("en-US")} accounts`,
    accounts: (messages) => Array.from({ length: messages }, () => `account-${below(sums, next() * sum)}`),
  };
}

/** The first place whose sum is above a value. */
function below(sums: Float64Array, value: number): number {
  let [from, to] = [0, sums.length - 1];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((sums[middle] ?? 0) > value) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** Numbers from 0 to 1: a linear congruential generator, so that each run has the same messages. */
function random(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
