import { afterEach, describe, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { ThreadPoolError } from "../../src/errors.ts";
import { RUN_IS_OVER, provideTaskContext, taskContext } from "../../src/protocol/task-context.ts";
import type { TaskContext } from "../../src/protocol/task-context.ts";
import type * as TaskContextModule from "../../src/protocol/task-context.ts";

afterEach(() => {
  provideTaskContext(
    () => undefined,
    () => {},
  );
});

/** A context that notes what is asked of it. */
function noting(notes: unknown[]): TaskContext {
  return {
    requestID: "the id",
    workerId: 7,
    attempt: 2,
    signal: AbortSignal.abort("reason"),
    cancelled: () => true,
    throwIfCancelled: () => notes.push("throwIfCancelled"),
    progress: (value) => notes.push(value),
  };
}

describe("taskContext", () => {
  test("is the context of the run that the calling code belongs to", () => {
    const notes: unknown[] = [];
    const context = noting(notes);
    provideTaskContext(() => context);
    const { requestID, workerId, attempt, signal } = taskContext;
    expect({ requestID, workerId, attempt, signal }).toEqual({
      requestID: "the id",
      workerId: 7,
      attempt: 2,
      signal: context.signal,
    });
    expect(taskContext.cancelled()).toBe(true);
    taskContext.throwIfCancelled();
    taskContext.progress(5);
    expect(notes).toEqual(["throwIfCancelled", 5]);
  });

  const members: readonly [string, () => unknown][] = [
    ["requestID", () => taskContext.requestID],
    ["workerId", () => taskContext.workerId],
    ["attempt", () => taskContext.attempt],
    ["signal", () => taskContext.signal],
    ["cancelled()", () => taskContext.cancelled()],
    ["throwIfCancelled()", () => taskContext.throwIfCancelled()],
    ["progress()", () => taskContext.progress(1)],
  ];

  test.each(members)("throws for %s in code whose run is over", (_, ask) => {
    provideTaskContext(() => RUN_IS_OVER);
    expect(ask).toThrow(ThreadPoolError);
    expect(ask).toThrow("after its run was over");
  });

  test.each(members)("is inert for %s in code that belongs to no run", (_, ask) => {
    provideTaskContext(() => undefined);
    const answer = ask();
    if (answer instanceof AbortSignal) expect(answer.aborted).toBe(false);
    else expect([0, 1, false, undefined]).toContain(answer as number);
  });

  test("finds the provider of another copy of the package in the same thread", async () => {
    // Imported by its path, and with a query, a module is another one.
    const path = fileURLToPath(new URL("../../src/protocol/task-context.ts", import.meta.url));
    const copy = (await import(`${path}?copy`)) as typeof TaskContextModule;
    copy.provideTaskContext(() => noting([]));
    expect(copy.taskContext).not.toBe(taskContext);
    expect(taskContext.requestID).toBe("the id");
  });
});

test("a worker hears of code that may use taskContext, whether it is loaded before or after", async () => {
  // In a thread of its own: it remembers for ever that such code has been loaded.
  const worker = new Worker(new URL("fixtures/uses.ts", import.meta.url).href);
  const heard = await new Promise((resolve) => {
    worker.addEventListener("message", (event) => resolve((event as MessageEvent).data));
  });
  worker.terminate();
  expect(heard).toEqual([
    "code is loaded",
    "first listener",
    "second worker starts",
    "second listener",
  ]);
});
