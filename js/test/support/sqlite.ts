/** SQLite files for the suite of stores, through whichever client opens them. */
import path from "node:path";
import type { Storage, SyncStorage } from "sms-ledger";
import { type SqliteDatabase, sqliteStorage } from "sms-ledger/node-sqlite";
import type { Subject } from "sms-ledger/testing";
import { temporaryFolder } from "./files.ts";
import { refusing } from "./trigger.ts";

/** A new file for each store. */
export function sqliteSubject(open: (file: string) => SqliteDatabase): Subject {
  const folder = temporaryFolder();
  const files = new WeakMap<Storage, string>();
  let opened = 0;
  const storageOf = (file: string): SyncStorage => {
    const storage = sqliteStorage(open(file));
    files.set(storage, file);
    return storage;
  };
  return {
    many: true,
    open() {
      opened += 1;
      return storageOf(path.join(folder, `${opened}.sqlite`));
    },
    reopen: (storage: Storage) => storageOf(files.get(storage) as string),
    failing(storage: Storage) {
      const database = open(files.get(storage) as string);
      const handle = sqliteStorage(database);
      database.exec(refusing("TEMP TRIGGER"));
      return handle;
    },
  };
}
