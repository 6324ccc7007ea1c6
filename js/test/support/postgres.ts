/**
 * A real Postgres for the tests: the server that `DATABASE_URL` names, or one of their own on loopback, made by the
 * programs in `POSTGRES_BIN`. `cargo xtask test` finds those or installs them.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { after } from "node:test";
import { Client, Pool, type PoolConfig } from "pg";
import { freePort } from "../../demo/hosts/port.ts";
import { temporaryFolder } from "./files.ts";
import { delay } from "./ledgers.ts";

const { DATABASE_URL, POSTGRES_BIN } = process.env;

/** How long a server may take until it answers. */
const start_ms_max = 60_000;

/** A server that the tests own, and may kill. */
export interface OwnServer {
  url: string;
  start(): Promise<void>;
  /** Ends every process of the server at once, as a power cut would: nothing is finished, nothing flushed. */
  kill(): Promise<void>;
}

/** Postgres refuses to run as root: there it runs as `nobody`. */
function owner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "nobody"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

/** Whether the tests can have a server of their own. */
export const owns_servers: boolean = POSTGRES_BIN !== undefined;

/** A new server, which is gone after the file's tests. */
export async function ownServer(): Promise<OwnServer> {
  const server = await postgresServer(path.join(temporaryFolder(), "server"));
  after(server.kill);
  return server;
}

/** A new server with its data in a folder, which must not be there yet and whose parent the server may enter. */
export async function postgresServer(folder: string): Promise<OwnServer> {
  const bin = POSTGRES_BIN;
  if (bin === undefined) {
    throw new Error(
      "there is no Postgres: name a server in DATABASE_URL, or the folder with `initdb` and `postgres` in POSTGRES_BIN",
    );
  }
  const as = owner();
  mkdirSync(folder);
  if (as !== undefined) {
    chownSync(path.dirname(folder), as.uid, as.gid);
    chownSync(folder, as.uid, as.gid);
  }
  const [data, port] = [path.join(folder, "data"), await freePort()];
  const options = { cwd: folder, stdio: "ignore" as const, ...as };
  const made = [
    "--pgdata",
    data,
    "--username",
    "postgres",
    "--auth",
    "trust",
    "--encoding",
    "UTF8",
    "--no-sync",
  ];
  execFileSync(path.join(bin, "initdb"), made, options);
  const settings = [`port=${port}`, "listen_addresses=127.0.0.1", "unix_socket_directories="];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | undefined;

  const args = ["-D", data, ...settings.flatMap((setting) => ["-c", setting])];
  const start = async (): Promise<void> => {
    for (const deadline = Date.now() + start_ms_max; ; await delay(20)) {
      // Right after a kill it may find itself not quite gone yet, and end.
      if (server === undefined || server.exitCode !== null)
        server = spawn(path.join(bin, "postgres"), args, options);
      if (await answers(url)) return;
      if (Date.now() > deadline) throw new Error("Postgres does not answer");
    }
  };
  const kill = async (): Promise<void> => {
    const killed = server;
    server = undefined;
    if (killed?.pid === undefined || killed.exitCode !== null) return;
    const ended = once(killed, "exit");
    // The first of them is stopped, so that it starts no others while the others are killed.
    process.kill(killed.pid, "SIGSTOP");
    for (const child of childrenOf(killed.pid)) signal(child, "SIGKILL");
    process.kill(killed.pid, "SIGKILL");
    await ended;
  };
  await start();
  return { url, start, kill };
}

function childrenOf(parent: number): number[] {
  // Linux tells it in a file, and may have no `ps`.
  const children = `/proc/${parent}/task/${parent}/children`;
  if (existsSync(children))
    return readFileSync(children, "utf8").trim().split(" ").filter(Boolean).map(Number);
  const processes = execFileSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8" });
  const pairs = processes.split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([pid, of]) => (pid !== undefined && of === parent ? [pid] : []));
}

/** Signals a process, which may have ended by itself. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has.
  }
}

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/** A database for a file's tests: a schema of their own in the server that there is, dropped after them. */
export async function ownSchema(): Promise<string> {
  const url = DATABASE_URL ?? (await ownServer()).url;
  const schema = `sms_ledger_test_${process.pid}_${Date.now().toString(36)}`;
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE SCHEMA ${schema}`);
  after(async () => {
    if (DATABASE_URL !== undefined) await client.query(`DROP SCHEMA ${schema} CASCADE`);
    await client.end().catch(() => {});
  });
  client.on("error", () => {});
  const own = new URL(url);
  own.searchParams.set("options", `-c search_path=${schema}`);
  return own.href;
}

/** Opens pools, all of which are closed after the file's tests. */
export function pools(): (url: string, config?: PoolConfig) => Pool {
  const open: Pool[] = [];
  after(() => Promise.all(open.map((pool) => (pool.ended ? undefined : pool.end()))));
  return (url, config) => {
    const pool = new Pool({ connectionString: url, ...config });
    // The server may go away while a connection is idle: the pool opens another.
    pool.on("error", () => {});
    open.push(pool);
    return pool;
  };
}
