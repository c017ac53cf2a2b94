import { describe, expect, test } from "bun:test";
import { FUZZ_TARGETS, execute } from "./fuzz-targets.ts";

const EXECUTIONS = 3000;

describe("hostile bytes do no harm", () => {
  test.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
    "to the %s",
    (_, target) => {
      let executions = 0;
      for (let seed = 0; seed < EXECUTIONS; seed++) {
        try {
          execute(target, seed);
        } catch (cause) {
          throw new Error(`bun run fuzz --target ${target.name} --seed ${seed}`, { cause });
        }
        executions += 1;
      }
      expect(executions).toBe(EXECUTIONS);
    },
  );
});
