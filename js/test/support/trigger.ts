/** What has SQLite refuse one key, for the law of errors in the middle of a commit. */
import { failing_key } from "sms-ledger/testing";

/** A trigger by this name; a temporary one concerns its own connection alone. */
export function refusing(trigger: "TRIGGER IF NOT EXISTS" | "TEMP TRIGGER"): string {
  return `CREATE ${trigger} refuse BEFORE INSERT ON sms_ledger_document WHEN NEW.key = '${failing_key}' BEGIN SELECT RAISE(ABORT, 'this key cannot be written'); END`;
}
