/** `cargo xtask bench [what] [--quick]`: runs one of the benchmarks, `reserve` unless said. Each file says what it knows. */
const benchmarks: Readonly<Record<string, () => Promise<unknown>>> = {
  reserve: () => import("./reserve.ts"),
  ledger: () => import("./ledger.ts"),
  load: () => import("./load.ts"),
  pricing: () => import("./pricing.ts"),
  text: async () => {
    await import("./text/main.ts");
    const { numbers } = await import("./numbers/main.ts");
    console.log();
    numbers(process.argv.includes("--quick") ? 3 : 9);
  },
};
const name = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "reserve";
const benchmark = Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
if (benchmark === undefined) {
  console.error(`\`${name}\` is not a benchmark: choose from ${Object.keys(benchmarks).join(", ")}`);
  process.exit(2);
}
await benchmark();
