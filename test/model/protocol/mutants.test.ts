import { describe, expect, test } from "bun:test";
import { MUTANTS } from "./mutants/index.ts";
import { verify } from "./verify.ts";

describe("the model notices when", () => {
  for (const { name, breaks, config, mutation } of MUTANTS) {
    test(name, () => {
      const { broken } = verify(config, mutation);
      expect(broken?.invariant, broken?.what).toBe(breaks);
      expect(broken?.story.length).toBeGreaterThan(1);
      // The same configuration holds without the mutation, so the mutation is what was noticed.
      expect(verify(config, {}, { states: 20_000 }).broken).toBeUndefined();
    });
  }
});
