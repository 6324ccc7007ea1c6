/** A Redis server of the tests' own: on loopback, in a temporary folder, every commit on disk before it is answered. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { after } from "node:test";
import { freePort } from "../../demo/hosts/port.ts";
import { temporaryFolder } from "./files.ts";

export class RedisServer {
  readonly port: number;
  readonly #folder: string;
  readonly #settings: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(port: number, folder: string, settings: readonly string[]) {
    this.port = port;
    this.#folder = folder;
    this.#settings = settings;
  }

  /** A running server, stopped after the file's tests. */
  static async start(...settings: string[]): Promise<RedisServer> {
    const folder = temporaryFolder();
    const server = new RedisServer(await freePort(), folder, settings);
    after(() => server.kill());
    await server.restart();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it where it is not running, on what it has on disk. */
  async restart(): Promise<void> {
    const settings = [
      ...["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.#folder],
      ...["--appendonly", "yes", "--appendfsync", "always", "--save", "", "--maxmemory-policy", "noeviction"],
      ...this.#settings,
    ];
    const program = process.env["REDIS_SERVER"] ?? "redis-server";
    const child = spawn(program, settings, { stdio: ["ignore", "pipe", "inherit"] });
    this.#child = child;
    await new Promise<void>((resolve, reject) => {
      let said = "";
      child.stdout.on("data", (text: Buffer) => {
        said += text;
        if (said.includes("Ready to accept connections")) resolve();
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`redis-server ended: ${said}`)));
    });
  }

  /** Ends it at once, as a crash does: SIGKILL. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
}
