/**
 * Explores the files of native-queue under the scheduler of test/model/shipped, further than the tests do.
 *
 *     bun run explore:shipped [words of a configuration's name …] [--most-states 8000000] [--seeds 1000]
 *     bun run explore:shipped --replay "0 1 3*2" <the whole name of a configuration>
 *
 * Prints a line for each configuration: how far it was explored, how many states and transitions that took,
 * how many orders of all operations it stands for (where counting them is cheap), and the verdict. A failure
 * is told step by step, with the command that replays it. Exits with 1 when there was a failure.
 */
import { parseArgs } from "node:util";
import { exploreAll } from "../test/model/shipped/explore/exhaustive.ts";
import type { Exploration } from "../test/model/shipped/explore/exhaustive.ts";
import { runRandomly } from "../test/model/shipped/explore/random.ts";
import { scheduleFrom, story } from "../test/model/shipped/explore/story.ts";
import { QueueCode } from "../test/model/shipped/machine/load-queue.ts";
import { PLAN, depthInWords, explore } from "../test/model/shipped/plan.ts";
import type { Planned } from "../test/model/shipped/plan.ts";
import { Play } from "../test/model/shipped/scenes/world.ts";
import { table } from "./plots/markdown.ts";

const CHANGES = 3;
/** Interleavings are counted only where counting takes seconds. */
const MOST_STATES_TO_COUNT = 150_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "most-states": { type: "string", default: "8000000" },
    seeds: { type: "string", default: "1000" },
    replay: { type: "string" },
  },
});
const name = positionals.join(" ");
const code = await QueueCode.load();
const planned = PLAN.filter(({ configuration }) => configuration.name.includes(name));
if (planned.length === 0) throw new Error(`No configuration has these words: name=${name}`);
let failures = 0;

if (values.replay === undefined) {
  const rows = planned.map(line);
  console.log(
    `\n${table(["configuration", "explored", "states", "transitions", "interleavings", "seconds", "random runs", "verdict"], rows)}`,
  );
} else {
  const play = new Play(code, (planned[0] as Planned).configuration);
  console.log(story(play, { message: "Replayed.", schedule: scheduleFrom(values.replay) }));
}
process.exitCode = failures === 0 ? 0 : 1;

function line({ configuration, inLong }: Planned): string[] {
  const start = performance.now();
  const play = new Play(code, configuration);
  const found = explore(play, inLong, Number(values["most-states"]));
  const seconds = (performance.now() - start) / 1000;
  const runs = found.failure === undefined ? randomRuns(configuration) : 0;
  const verdict = verdictOf(play, found);
  const row = [
    configuration.name,
    depthInWords(inLong),
    found.states.toLocaleString("en"),
    found.transitions.toLocaleString("en"),
    inLong === "all" ? interleavings(configuration, found) : "",
    seconds.toFixed(1),
    runs.toLocaleString("en"),
    verdict,
  ];
  console.log(row.join(" | "));
  return row;
}

function verdictOf(play: Play, { failure, isComplete }: Exploration): string {
  if (failure === undefined) return isComplete ? "holds" : "holds so far: too many states";
  failures += 1;
  console.log(story(play, failure));
  return "FAILS";
}

function randomRuns(configuration: Planned["configuration"]): number {
  const play = new Play(code, configuration);
  const seeds = Number(values.seeds);
  let { steps } = runRandomly(play, 0, 0, 1);
  for (let seed = 1; seed <= seeds; seed++) {
    const run = runRandomly(play, seed, CHANGES, steps);
    steps = Math.max(steps, run.steps);
    if (run.failure === undefined) continue;
    failures += 1;
    console.log(`seed=${seed}\n${story(play, run.failure)}`);
    return seed;
  }
  return seeds;
}

/** Counts by a search without sleep sets, which must reach the same states. */
function interleavings(configuration: Planned["configuration"], found: Exploration): string {
  if (found.states > MOST_STATES_TO_COUNT || !found.isComplete) return "";
  const full = exploreAll(new Play(code, configuration), { hasSleepSets: false });
  if (full.states !== found.states)
    throw new Error(`Sleep sets have left out states: ${found.states} of ${full.states}`);
  return (full.interleavings as number).toPrecision(3);
}
