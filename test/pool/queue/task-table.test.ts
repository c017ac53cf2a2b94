import { describe, expect, test } from "bun:test";
import { ARENA_BYTES, LONGEST_IN_ARENA, TASKS } from "../../../src/pool/queue/task-table.ts";
import type { EncodedValue } from "../../../src/protocol/index.ts";
import { QueueParts, newPending } from "./parts.ts";

const NO_BYTES: EncodedValue = { copyTo: () => {} };

describe("a task that is free again", () => {
  test("has left its payload's place in the arena to others", () => {
    const { tasks } = new QueueParts();
    for (let i = 0; i < (2 * ARENA_BYTES) / LONGEST_IN_ARENA; i++) {
      const pending = newPending(i);
      tasks.publish(pending, NO_BYTES, { length: LONGEST_IN_ARENA, areNumbers: false, putAt: 0 });
      expect(pending.outOfBand).toBeUndefined();
      expect(tasks.tryWithdraw(pending.location as number)).toBe(true);
    }
  });

  test("may be used by another request, however often", () => {
    const { tasks } = new QueueParts();
    for (let i = 0; i < 3 * TASKS; i++) {
      expect(tasks.hasRoom).toBe(true);
      const pending = newPending(i);
      tasks.publish(pending, NO_BYTES, { length: 8, areNumbers: false, putAt: 0 });
      expect(tasks.tryWithdraw(pending.location as number)).toBe(true);
      expect(tasks.inUse).toBe(0);
    }
  });
});
