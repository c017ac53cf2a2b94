import { describe, expect, test } from "bun:test";
import { configuration } from "./configuration.ts";
import { verify } from "./verify.ts";
import { WIDE_GATE } from "./wide-gate.ts";

/** The parent kills its worker, starts another, and blocks: it does not hear when the first one's thread is gone. */
const KILL_AND_BLOCK = configuration("", { workers: 1, slots: 2, kills: 1, parent: "blocks" });

describe("a killed worker's late step", () => {
  // native-queue/README.md, "What does not hold yet", 1. While the event loop turns it holds: configurations "kill".
  test("can lose a wake-up while the parent blocks", () => {
    const { broken } = verify(KILL_AND_BLOCK);
    expect(broken?.invariant).toBe("I6");
    expect(broken?.story.at(-1)).toContain("waits for work");
    expect(broken?.story.some((line) => line.includes("is stopped by the system"))).toBe(true);
  });

  test("does no harm with a gate that covers all that others see", () => {
    const { broken, exploration } = verify(KILL_AND_BLOCK, WIDE_GATE);
    expect(broken?.story.join("\n"), broken?.what).toBeUndefined();
    expect(exploration.isComplete).toBe(true);
  });
});
