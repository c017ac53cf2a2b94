import { describe, expect, test } from "bun:test";
import { runRandomly } from "./explore/random.ts";
import { story } from "./explore/story.ts";
import type { Failure } from "./explore/exhaustive.ts";
import { QueueCode } from "./machine/load-queue.ts";
import { LIMITED, PLAN, depthInWords, explore } from "./plan.ts";
import { Play } from "./scenes/world.ts";

const SEEDS = 100;
const CHANGES = 3;

const code = await QueueCode.load();

function told(play: Play, failure: Failure | undefined): string {
  return failure === undefined ? "" : story(play, failure);
}

test("the plan names each configuration once, and bounds only what it has", () => {
  const names = new Set(PLAN.map(({ configuration }) => configuration.name));
  expect(names.size).toBe(PLAN.length);
  expect(Object.keys(LIMITED).filter((name) => !names.has(name))).toEqual([]);
});

describe("the files of native-queue", () => {
  const planned = PLAN.flatMap(({ configuration, inTests }) =>
    inTests === "random"
      ? []
      : [[configuration.name, depthInWords(inTests), configuration, inTests] as const],
  );

  test.each(planned)(
    "%s: nothing goes wrong in any interleaving (%s)",
    (_, __, configuration, depth) => {
      const play = new Play(code, configuration);
      const { failure, isComplete, endings } = explore(play, depth);
      expect(told(play, failure)).toBe("");
      expect(isComplete).toBe(true);
      expect(endings).toBeGreaterThan(0);
    },
  );

  test.each(PLAN.map(({ configuration }) => [configuration.name, configuration] as const))(
    "%s: nothing goes wrong in random orders, and no accesses race",
    (_, configuration) => {
      const play = new Play(code, configuration);
      let { steps } = runRandomly(play, 0, 0, 1);
      for (let seed = 1; seed <= SEEDS; seed++) {
        const run = runRandomly(play, seed, CHANGES, steps);
        expect(`seed=${seed} ${told(play, run.failure)}`).toBe(`seed=${seed} `);
        steps = Math.max(steps, run.steps);
      }
      expect(steps).toBeGreaterThan(5);
    },
  );
});
