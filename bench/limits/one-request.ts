/**
 * What one awaited `run` is made of, and what the other contestants of a question do to each part: fresh processes with one worker, in turn.
 *
 *     bun run build && bun --tsconfig-override=bench/tsconfig.dist.json bench/limits/one-request.ts
 *
 * Takes 40 seconds. Prints median microseconds, with the best and the worst of five processes: of `run`; of `runSync`, which is the same
 * request without a promise and without the event loop; and of a turn of the event loop with nothing in it. Each alone in its process, beside a
 * million live objects, and all in turn with pools that post messages, as in the question "one-at-a-time".
 */
import { ThreadPool } from "ringpool";
import { batched, flat } from "../contestants/hand-made.ts";
import { startAll } from "../contestants/start.ts";
import { echo } from "../contestants/tasks.ts";
import { interleave } from "../interleave.ts";
import type { Entry } from "../interleave.ts";
import { medianOf } from "../rounds.ts";
import { valuesOf } from "../values.ts";

const PROCESSES = 5;
const OBJECTS = 1_000_000;
const LENGTHS = { warmUpMs: 400, rounds: 5 };

type Part = (pool: ThreadPool) => Entry;
const PARTS: readonly Part[] = [
  (pool) => ({ name: "run", sample: () => pool.run(echo, [42]) }),
  (pool) => ({ name: "runSync", sample: () => pool.runSync(echo, [42]) }),
  () => ({ name: "a turn", sample: () => new Promise((resolve) => setImmediate(resolve)) }),
];

/** The processes of each setting: which parts each of them measures. */
const SETTINGS: Readonly<Record<string, readonly (readonly Part[])[]>> = {
  alone: PARTS.map((part) => [part]),
  "beside a million objects": PARTS.slice(0, 1).map((part) => [part]),
  "in turn with pools by hand": [PARTS],
};

async function measure(setting: string, parts: readonly Part[]): Promise<Record<string, number>> {
  const pool = new ThreadPool(1);
  const kept = setting.startsWith("beside") ? valuesOf("object", OBJECTS) : [];
  const others = setting.startsWith("in turn") ? [batched, flat] : [];
  const { started } = await startAll(others, 1, setting);
  const entries = [
    ...parts.map((part) => part(pool)),
    ...started.map((one) => ({ name: one.name, sample: () => one.pool.run("echo", 42) })),
  ];
  const { rounds } = await interleave(entries, setting, LENGTHS);
  if (setting.startsWith("beside") && kept.length !== OBJECTS) throw new Error("They are gone.");
  const own = rounds.slice(0, parts.length);
  return Object.fromEntries(own.map(({ name, medians }) => [name, medianOf(medians) / 1000]));
}

function ask(setting: string, index: number): Record<string, number> {
  const args = [...process.execArgv, import.meta.path, setting, String(index)];
  const { stdout } = Bun.spawnSync([process.execPath, ...args], { stderr: "inherit" });
  return JSON.parse(stdout.toString()) as Record<string, number>;
}

const [asked, index] = process.argv.slice(2);
if (asked !== undefined) {
  console.log(JSON.stringify(await measure(asked, SETTINGS[asked]?.[Number(index)] ?? [])));
  process.exit();
}
const all = new Map<string, number[]>();
for (let i = 0; i < PROCESSES; i++) {
  for (const [setting, processes] of Object.entries(SETTINGS)) {
    for (const at of processes.keys()) {
      for (const [name, us] of Object.entries(ask(setting, at))) {
        const key = `${name}, ${setting}`;
        all.set(key, [...(all.get(key) ?? []), us]);
      }
    }
  }
}
for (const [key, figures] of all) {
  const [least, most] = [Math.min(...figures), Math.max(...figures)];
  console.log(
    `${key.padEnd(38)} ${medianOf(figures).toFixed(2)} us (${least.toFixed(2)} to ${most.toFixed(2)})`,
  );
}
