import { describe, expect, test } from "bun:test";
import { configuration } from "./configuration.ts";
import { verify } from "./verify.ts";

describe("what does not hold yet", () => {
  // native-queue/README.md, "What does not hold yet", 1. It holds while the event loop turns: the parent hears
  // of the end then (configurations "kill").
  test("a killed worker's late step can lose a wake-up while the parent blocks", () => {
    const { broken } = verify(
      configuration("", { workers: 1, slots: 2, kills: 1, parent: "blocks" }),
    );
    expect(broken?.invariant).toBe("I6");
    expect(broken?.story.at(-1)).toContain("waits for work");
    expect(broken?.story.some((line) => line.includes("is stopped by the system"))).toBe(true);
  });
});
