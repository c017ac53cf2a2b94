/**
 * A storm as a process of its own, which a hang cannot take further:
 * `bun main.ts --seconds 20 --seed 1 --workers 4`. Prints the report as a line of JSON, the last one.
 * Exits with 1 when something was not as it must be.
 */
import { parseArgs } from "node:util";
import { Storm } from "./storm.ts";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "4" },
  },
});
const report = await new Storm({
  seed: Number(values.seed),
  workers: Number(values.workers),
  durationMs: Number(values.seconds) * 1000,
}).run();
console.log(JSON.stringify(report));
process.exit(report.violations.length === 0 ? 0 : 1);
