import { QueueCode } from "../model/shipped/machine/load-queue.ts";
import { explore } from "../model/shipped/plan.ts";
import { story } from "../model/shipped/explore/story.ts";
import { Play } from "../model/shipped/scenes/world.ts";
import { HELPERS } from "../model/shipped/configurations/helpers.ts";
const code = await QueueCode.load();
const word = process.argv[2] ?? "";
for (const c of HELPERS) {
  if (!c.name.includes(word)) continue;
  for (const depth of [2, "all"] as const) {
    const t = performance.now();
    const play = new Play(code, c);
    const e = explore(play, depth, 3000000);
    console.log(
      c.name,
      depth,
      e.states,
      e.isComplete,
      Math.round(performance.now() - t),
      e.failure?.message ?? "",
    );
    if (e.failure) {
      console.log(story(play, e.failure).split("\n").slice(-60).join("\n"));
      break;
    }
    if (!e.isComplete) break;
  }
}
