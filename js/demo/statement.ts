/** An account's journal as rows for a reader: runs of alike entries in one row, the money beside what it bought. */
import type { Entry, EntryKind, Order } from "sms-ledger";
import type { Column, Row } from "./terminal/table.ts";

export const statementColumns: readonly Column[] = [
  { title: "No.", align: "right" },
  { title: "UTC" },
  { title: "Entry" },
  { title: "For" },
  { title: "Moved", align: "right" },
  { title: "USD", align: "right" },
  { title: "Available", align: "right" },
  { title: "Held", align: "right" },
  { title: "Spent", align: "right" },
];

const names: Readonly<Record<EntryKind, string>> = {
  open: "opened",
  plan: "plan",
  plan_change: "plan change",
  schedule: "gift",
  purchase: "purchase",
  recharge: "recharge",
  reserve: "reserved",
  spend: "charged",
  settle: "spent",
  release: "released",
  correct: "corrected",
  expire: "expired",
  refund: "refunded",
  adjust: "adjusted",
  gates: "certified",
  suspend: "suspended",
  resume: "resumed",
  close: "closed",
  activate: "activated",
  alarm: "runs low",
  expiring: "expires soon",
  migrate: "migrated",
  revert: "migrated back",
  exchange: "exchanged",
};

/** What the journal's references stand for. */
export interface Known {
  orders: ReadonlyMap<string, Order>;
}

/** Entries of one kind that follow each other and are about numbered things of one name. */
interface Run {
  first: Entry;
  last: Entry;
  segments: number;
}

/** `reminder-07` without its number. */
function series(reference: string): string | undefined {
  return /^(.*)-\d{2,}$/.exec(reference)?.[1];
}

function runsOf(entries: readonly Entry[]): Run[] {
  const runs: Run[] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    const name = series(entry.reference);
    const alike = name !== undefined && run?.last.kind === entry.kind && series(run.last.reference) === name;
    if (run !== undefined && alike) {
      run.last = entry;
      run.segments += moved(entry);
    } else {
      runs.push({ first: entry, last: entry, segments: moved(entry) });
    }
  }
  return runs;
}

/** The segments that an entry moves: out of what is held where they are spent, else in or out of what is available. */
function moved({ kind, postings }: Entry): number {
  const bucket = kind === "settle" ? "spent" : "available";
  return postings.reduce((total, each) => total + (each.bucket === bucket ? each.segments : 0), 0);
}

/** What an entry adds to or takes from the available segments, with its sign; without one where it does neither. */
function signed(kind: EntryKind, count: number): string {
  if (count === 0) return "";
  if (kind === "settle") return String(count);
  return count > 0 ? `+${count}` : `−${-count}`;
}

/** What an entry is about; an account that is opened says nothing new about itself. */
function subject({ kind, reference }: Entry): string {
  return kind === "open" ? "" : reference;
}

export function statementRows(entries: readonly Entry[], known: Known): Row[] {
  return runsOf(entries).map(({ first, last, segments }) => {
    const several = first !== last;
    const count = last.sequence - first.sequence + 1;
    const { available, held, spent } = last.balance;
    return [
      several ? `${first.sequence}–${last.sequence}` : String(first.sequence),
      first.recordedAt.slice(11, 16),
      names[first.kind],
      several ? `${count} ${series(first.reference)}s` : subject(first),
      signed(first.kind, segments),
      known.orders.get(first.reference)?.total ?? "",
      String(available),
      String(held),
      String(spent),
    ];
  });
}
