/** SQLite as the hand-written peer sees it: prepared statements, and transactions. */
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Sql } from "./handwritten.ts";

export function sqlOver(database: DatabaseSync): Sql {
  const statements = new Map<string, StatementSync>();
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql) ?? database.prepare(sql);
    statements.set(sql, known);
    return known;
  };
  return {
    all: (sql, ...values) => prepared(sql).all(...values) as ReturnType<Sql["all"]>,
    run: (sql, ...values) => void prepared(sql).run(...values),
    transaction(body) {
      prepared("BEGIN IMMEDIATE").run();
      try {
        const result = body();
        prepared("COMMIT").run();
        return result;
      } catch (error) {
        prepared("ROLLBACK").run();
        throw error;
      }
    },
  };
}
