/** What a user would write over SQLite, to disk: a transaction a message, and a hundred messages in one. */
import type { DatabaseSync } from "node:sqlite";
import { HandWritten } from "../handwritten.ts";
import { sqlOver } from "../sql.ts";
import { credits, type Side, text, to, type Written } from "./side.ts";

export function handWrittenSqlite(database: DatabaseSync, grouped: number): Side {
  const sql = sqlOver(database);
  const peer = new HandWritten(sql);
  return {
    store: "SQLite",
    name: grouped === 1 ? "hand-written: conditional statement" : `hand-written: ${grouped} grouped by hand`,
    grouped,
    callsMax: 1,
    open: async (accounts) => {
      sql.transaction(() => {
        for (const account of accounts) peer.open(account, credits);
      });
    },
    reserve(account, ids) {
      sql.transaction(() => {
        for (const id of ids) peer.reserveWithin(account, id, to, text);
      });
    },
    async written() {
      const rows = sql.all("SELECT SUM(available) AS available, SUM(held) AS held FROM package");
      return rows[0] as unknown as Written;
    },
    close: () => database.close(),
  };
}
