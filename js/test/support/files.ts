/** Folders that are gone when the tests are over, and SQLite databases in them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after } from "node:test";

/** A new folder, removed with all in it after the file's tests. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "sms-ledger-"));
  after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Opens databases, all of which are closed after the file's tests. */
export function databases(): (file: string) => DatabaseSync {
  const open: DatabaseSync[] = [];
  after(() => {
    for (const database of open) if (database.isOpen) database.close();
  });
  return (file) => {
    const database = new DatabaseSync(file);
    open.push(database);
    return database;
  };
}
