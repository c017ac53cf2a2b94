import { ChildrenModel } from "../model/protocol/children/model.ts";
import { SMALL_TREES, LARGE_TREES } from "../model/protocol/children/configurations.ts";
import { explore } from "../model/protocol/explorer/explore.ts";
import { runEachAlone } from "../model/protocol/explorer/alone.ts";
import { findFairCycle } from "../model/protocol/explorer/liveness.ts";
import { storyOf } from "../model/protocol/explorer/story.ts";
for (const c of [...SMALL_TREES, ...(process.argv[2] === "large" ? LARGE_TREES : [])]) {
  const model = new ChildrenModel(c);
  const e = explore(model, { ms: 60000 });
  let found = e.violation;
  let alone;
  if (!found && e.isComplete) {
    alone = runEachAlone(model, e.graph, model.workerThreads);
    found = alone.violation ?? findFairCycle(model, e.graph);
  }
  console.log(
    c.name,
    e.states,
    e.transitions,
    e.depth,
    Math.round(e.ms),
    e.isComplete,
    alone?.mostSteps,
    found?.invariant,
    found?.what,
  );
  if (found) {
    console.log(storyOf(model, e.graph, found.path).join("\n"));
    break;
  }
}
