import { describe, expect, test } from "bun:test";
import { SMALL } from "./configurations.ts";
import { verify } from "./verify.ts";

describe("the queue's protocol", () => {
  for (const config of SMALL) {
    test(`keeps its promises in every state: ${config.name}`, () => {
      const { exploration, broken, mostStepsAlone } = verify(config);
      expect(broken?.story.join("\n"), broken?.what).toBeUndefined();
      expect(exploration.isComplete).toBe(true);
      // A worker that runs alone finishes what it does, in fewer steps than this from every state.
      expect(mostStepsAlone).toBeLessThan(40);
    });
  }
});
