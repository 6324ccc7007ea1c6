/** Several Node.js processes on one hot account of one Postgres, as behind a load balancer. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("process.ts", import.meta.url));

/** What a process has done. */
export interface Share {
  messages: number;
  /** The longest that one message waited, in milliseconds. */
  longest: number;
}

/** Every process reserves for so long at the same time; how many messages each has done. */
export async function together(
  url: string,
  account: string,
  { processes, inFlight, ms }: { processes: number; inFlight: number; ms: number },
): Promise<Share[]> {
  const children = Array.from({ length: processes }, (_, index) => {
    const given = [url, account, `p${index}-${Date.now().toString(36)}`, String(inFlight), String(ms)];
    return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, ...given], {
      stdio: ["pipe", "pipe", "inherit"],
    });
  });
  const lines = children.map((child) => linesOf(child));
  for (const line of lines) await line();
  for (const child of children) child.stdin?.write("go\n");
  const shares = await Promise.all(lines.map(async (line) => JSON.parse(await line()) as Share));
  await Promise.all(children.map((child) => child.exitCode ?? once(child, "exit")));
  return shares;
}

/** The lines that a process says, one after the other. */
function linesOf(child: ChildProcess): () => Promise<string> {
  if (child.stdout === null) throw new Error("a process without output");
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async () => {
    const { done, value } = await said.next();
    if (done === true) throw new Error("a process has ended before it was done");
    return value;
  };
}
