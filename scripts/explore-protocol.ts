/**
 * Explores the model of the queue's protocol (test/model/protocol) and prints what was found: a table of
 * configurations, and one of mutants.
 *
 *     bun run explore:protocol [word …] [--seconds 90] [--story] [--states-only]
 *
 * Words select configurations and mutants by name. `--story` prints how each mutant was caught.
 * `--states-only` skips the checks that need most memory: cycles, and workers that run alone.
 * Exits with 1 when the protocol breaks an invariant, or when a mutant breaks none.
 */
import { parseArgs } from "node:util";
import { LARGE_TREES, SMALL_TREES } from "../test/model/protocol/children/configurations.ts";
import { ChildrenModel } from "../test/model/protocol/children/model.ts";
import { CHILDREN_MUTANTS } from "../test/model/protocol/children/mutants.ts";
import type { ChildrenConfiguration } from "../test/model/protocol/children/world.ts";
import { LARGE, LARGEST, SMALL } from "../test/model/protocol/configurations.ts";
import type { Configuration } from "../test/model/protocol/configuration.ts";
import { MUTANTS } from "../test/model/protocol/mutants/index.ts";
import { verify, verifyModel } from "../test/model/protocol/verify.ts";
import type { Verdict } from "../test/model/protocol/verify.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "90" },
    story: { type: "boolean", default: false },
    "states-only": { type: "boolean", default: false },
  },
});
const limits = { ms: Number(values.seconds) * 1000, statesOnly: values["states-only"] };
let failures = 0;

function isChosen(name: string): boolean {
  return positionals.length === 0 || positionals.some((word) => name.includes(word));
}

/** Describes a configuration: workers, requests, tasks, frames of a result ring, and what may happen. */
function sizeOf(config: Configuration): string {
  const { workers, requests, tasks, frames, slots, qSize } = config;
  const size = [`${workers}w ${requests}r ${tasks}t ${frames}f`];
  if (slots > workers) size.push(`${slots} slots`);
  if (qSize > 0) size.push(`qSize ${qSize}`);
  const deaths = (["kills", "exits", "crashes", "cancels", "dismissals"] as const)
    .filter((what) => config[what] > 0)
    .map((what) => `${config[what]} ${what}`);
  return [...size, config.parent, ...deaths].join(", ");
}

function verdictOf({ broken, exploration, mostStepsAlone }: Verdict): string {
  if (broken !== undefined) return `${broken.invariant}: ${broken.what}`;
  if (!exploration.isComplete) return "holds as far as seen";
  return mostStepsAlone === undefined ? "holds" : `holds; alone ${mostStepsAlone} steps at most`;
}

/** The same of a tree of children: the parents of its children, and what may happen. */
function sizeOfTree({ workers, parents, kills, crashes, aborts }: ChildrenConfiguration): string {
  return `${workers}w, children of ${parents.join(" ")}, ${kills} kills, ${crashes} crashes, ${aborts} aborts`;
}

/** Tells what came of a configuration. */
function tell(name: string, size: string, verdict: Verdict): void {
  const { states, transitions, depth, ms } = verdict.exploration;
  console.log(
    `| ${name} | ${size} | ${states.toLocaleString("en")} | ${transitions.toLocaleString("en")} | ${depth} | ${(ms / 1000).toFixed(1)} s | ${verdictOf(verdict)} |`,
  );
  if (verdict.broken === undefined) return;
  failures += 1;
  console.log(verdict.broken.story.join("\n"));
}

/** Tells what came of a mutant. */
function tellMutant(
  name: string,
  size: string,
  breaks: string,
  { broken, exploration }: Verdict,
): void {
  if (broken?.invariant !== breaks) failures += 1;
  console.log(
    `| ${name} | ${size} | ${broken === undefined ? "NOT CAUGHT" : broken.invariant} | ${broken?.story.length ?? 0} steps | ${exploration.states.toLocaleString("en")} |`,
  );
  if (values.story && broken !== undefined)
    console.log(`${broken.story.join("\n")}\n${broken.what}`);
}

const unasked = [...SMALL, ...LARGE];
for (const config of positionals.length > 0 ? [...unasked, ...LARGEST] : unasked)
  if (isChosen(config.name)) tell(config.name, sizeOf(config), verify(config, {}, limits));
for (const config of [...SMALL_TREES, ...LARGE_TREES])
  if (isChosen(config.name))
    tell(config.name, sizeOfTree(config), verifyModel(new ChildrenModel(config), limits));

for (const { name, breaks, config, mutation } of MUTANTS)
  if (isChosen(name)) tellMutant(name, sizeOf(config), breaks, verify(config, mutation, limits));
for (const { name, breaks, config, mutation } of CHILDREN_MUTANTS)
  if (isChosen(name))
    tellMutant(
      name,
      sizeOfTree(config),
      breaks,
      verifyModel(new ChildrenModel(config, mutation), limits),
    );

process.exitCode = failures > 0 ? 1 : 0;
