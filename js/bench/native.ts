/** What is compiled for this machine: `bench-native`, whose figures come as JSON. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export function native(what: readonly string[], input = ""): unknown {
  const told = execFileSync(
    "cargo",
    ["run", "--release", "--quiet", "--package", "bench-native", "--", ...what],
    {
      cwd: root,
      input,
      // Memory that was used once stays the process's, as in a server that goes on.
      env: { ...process.env, MIMALLOC_PURGE_DELAY: "-1" },
      encoding: "utf8",
      maxBuffer: 1 << 24,
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  return JSON.parse(told);
}
