import { describe, expect, test } from "bun:test";
import { verifyModel } from "../verify.ts";
import { SMALL_TREES } from "./configurations.ts";
import { ChildrenModel } from "./model.ts";
import { CHILDREN_MUTANTS } from "./mutants.ts";

describe("the protocol of children", () => {
  test.each(SMALL_TREES)("keeps its promises in every state: $name", (config) => {
    const { exploration, broken, mostStepsAlone } = verifyModel(new ChildrenModel(config));
    expect(broken?.story.join("\n"), broken?.what).toBeUndefined();
    expect(exploration.isComplete).toBe(true);
    // A worker that runs alone comes to the end of what it does, in fewer steps than this from every state.
    expect(mostStepsAlone).toBeLessThan(60);
  });
});

describe("the model of children notices when", () => {
  test.each(CHILDREN_MUTANTS)("$name", ({ breaks, config, mutation }) => {
    const { broken } = verifyModel(new ChildrenModel(config, mutation));
    expect(broken?.invariant, broken?.what).toBe(breaks);
    expect(broken?.story.length).toBeGreaterThan(1);
    // The same configuration holds without the mutation, so the mutation is what was noticed.
    expect(verifyModel(new ChildrenModel(config)).broken).toBeUndefined();
  });
});
