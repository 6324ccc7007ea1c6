/** `cargo xtask demo`: the main job in a terminal, then a page that shows prices while one types. */
import { parseArgs } from "node:util";
import { Clock } from "./clock.ts";
import type { Host } from "./hosts/host.ts";
import { printBalance, sqliteHost } from "./hosts/sqlite.ts";
import { workerdHost } from "./hosts/workerd.ts";
import { serve } from "./server.ts";
import { story_start, tell } from "./story.ts";
import { Screen } from "./terminal/screen.ts";
import { account } from "./texts.ts";

const { values } = parseArgs({
  options: {
    once: { type: "boolean", default: false },
    edge: { type: "boolean", default: false },
    port: { type: "string" },
    // What the story starts this file with, as the new process of its restart.
    "balance-of": { type: "string" },
    file: { type: "string", default: "" },
    at: { type: "string", default: "" },
  },
});

/** Whether somebody stopped the story. */
let stopped = false;

const asked = values["balance-of"];
if (asked === undefined) process.exitCode = await demonstrate().catch(failed);
else printBalance(asked, values.file, Number(values.at));

/** Says why the demo could not go on, unless somebody stopped it. */
function failed(error: unknown): number {
  if (stopped) return 130;
  process.stderr.write(`\nerror: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
}

/** Runs the demo and returns the exit code. */
async function demonstrate(): Promise<number> {
  const clock = new Clock(story_start);
  const screen = new Screen();
  let host: Host | undefined;
  const stop = (): void => {
    stopped = true;
    void Promise.resolve(host?.close()).finally(() => process.exit(130));
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    host = values.edge ? await workerdHost(account, clock) : sqliteHost(clock);
    await tell(host, clock, screen);
    const held = screen.verdict();
    if (values.once || !held) return held ? 0 : 1;
    process.off("SIGINT", stop).off("SIGTERM", stop);
    await page(host, clock, screen);
    return 0;
  } finally {
    await host?.close();
  }
}

/** Serves the page until somebody stops it. */
async function page(host: Host, clock: Clock, screen: Screen): Promise<void> {
  clock.run();
  const server = await serve(host, clock, values.port === undefined ? undefined : Number(values.port));
  screen.lines(["", "Now type a text yourself and see what it costs:", "", `  ${server.url}`, ""]);
  screen.sentence(`The account stays in ${host.path} until Ctrl-C.`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve).once("SIGTERM", resolve);
  });
  await server.close();
  screen.lines(["", "Stopped; the account is removed."]);
}
