import { describe, expect, test } from "bun:test";
import {
  QueueViews,
  TASK_FLAGS,
  clearRun,
  createQueueMemory,
  generationOfTask,
  requestStop,
  stopsHeard,
} from "../../native-queue/index.ts";
import { HAS_REQUEST_ID, NO_TASK, WANTS_PROGRESS, attemptFlags } from "../../src/protocol/flags.ts";
import { Encoder } from "../../src/codec/objects.ts";
import type { StopReasonMessage } from "../../src/protocol/messages.ts";
import type { TaskContext } from "../../src/protocol/task-context.ts";
import { RunContexts } from "../../src/worker/run-context.ts";

const SLOT = 3;
const TASK = 1;

interface Scene {
  readonly views: QueueViews;
  readonly contexts: RunContexts;
  readonly context: TaskContext;
  readonly reports: unknown[][];
}

/** The contexts of a worker that runs a task with these flags. */
function scene(flags: number = 0): Scene {
  const views = new QueueViews(createQueueMemory(4, 256));
  views.words[views.task(TASK) + TASK_FLAGS] = flags;
  views.taskFloats[views.id(TASK)] = 12.5;
  const reports: unknown[][] = [];
  const contexts = new RunContexts(views, SLOT, 7, (...report) => reports.push(report));
  return {
    views,
    contexts,
    reports,
    get context(): TaskContext {
      return contexts.of(TASK) as TaskContext;
    },
  };
}

describe("a run's context", () => {
  test("tells the request, the worker and the attempt", () => {
    const { context } = scene(attemptFlags(3));
    expect([context.requestID, context.workerId, context.attempt]).toEqual([12.5, 7, 3]);
  });

  test("has the requestID that came with the arguments, which are left without it", () => {
    const made = scene(HAS_REQUEST_ID);
    expect(made.contexts.takeRequestID(TASK, ["a", "b", "the id"])).toEqual(["a", "b"]);
    expect(made.context.requestID).toBe("the id");
  });

  test("leaves the arguments of a request alone whose requestID is a number", () => {
    const made = scene();
    expect(made.contexts.takeRequestID(TASK, ["a", "b"])).toEqual(["a", "b"]);
    expect(made.context.requestID).toBe(12.5);
  });

  test("is the same object as long as the run goes on, and another one for the next run", () => {
    const made = scene();
    const { context } = made;
    expect(made.context).toBe(context);
    made.contexts.end(TASK);
    expect(made.context).not.toBe(context);
  });

  test("forgets the requestID of a run that is over", () => {
    const made = scene(HAS_REQUEST_ID);
    made.contexts.takeRequestID(TASK, ["the id"]);
    made.contexts.end(TASK);
    expect(made.context.requestID).toBe(12.5);
  });

  test("does not exist for code that belongs to no run", () => {
    expect(scene().contexts.of(NO_TASK)).toBeUndefined();
  });
});

describe("a stop that the parent has asked for", () => {
  test("is seen at once, without a turn of the event loop", () => {
    const { views, context } = scene();
    const { signal } = context;
    context.throwIfCancelled();
    signal.throwIfAborted();
    expect([context.cancelled(), signal.aborted]).toEqual([false, false]);
    requestStop(views, TASK);
    expect([signal.aborted, context.cancelled()]).toEqual([true, true]);
    expect(() => context.throwIfCancelled()).toThrow(signal.reason as Error);
    expect(() => signal.throwIfAborted()).toThrow(signal.reason as Error);
  });

  test("aborts a signal that is asked for only after the stop", () => {
    const { views, context } = scene();
    requestStop(views, TASK);
    expect(context.signal.aborted).toBe(true);
    expect((context.signal.reason as Error).name).toBe("AbortError");
  });

  test("calls the listeners of the signal when its message comes", () => {
    const { views, contexts, context } = scene();
    let calls = 0;
    context.signal.addEventListener("abort", () => (calls += 1));
    requestStop(views, TASK);
    expect(calls).toBe(0);
    contexts.stop({ stopTask: TASK, generation: 0 });
    expect(calls).toBe(1);
    expect(stopsHeard(views, SLOT)).toBe(1);
  });

  test("does not concern another use of the same task, but is heard", () => {
    const { views, contexts, context } = scene();
    let calls = 0;
    context.signal.addEventListener("abort", () => (calls += 1));
    requestStop(views, TASK);
    contexts.stop({ stopTask: TASK, generation: 1 });
    expect(calls).toBe(0);
    expect(stopsHeard(views, SLOT)).toBe(1);
  });

  test("gives a signal that native code accepts", async () => {
    const { views, context } = scene();
    requestStop(views, TASK);
    const request = fetch("http://localhost:1/", { signal: context.signal });
    expect((await request.catch((error: unknown) => error)) as Error).toMatchObject({
      name: "AbortError",
    });
  });
});

describe("when the run is over, its context", () => {
  test("does not see that the next request of the same task is to stop", () => {
    const { views, contexts, context } = scene();
    contexts.end(TASK);
    requestStop(views, TASK);
    expect([context.cancelled(), context.signal.aborted]).toEqual([false, false]);
  });

  test("stays cancelled when it was cancelled before", () => {
    const { views, contexts, context } = scene();
    requestStop(views, TASK);
    expect(context.cancelled()).toBe(true);
    contexts.end(TASK);
    clearRun(views, TASK);
    expect([context.cancelled(), context.signal.aborted]).toEqual([true, true]);
  });

  test.each([
    ["that was not cancelled", false],
    ["that was cancelled", true],
  ])("reports nothing of a run %s", (_, isCancelled) => {
    const { views, contexts, context, reports } = scene(WANTS_PROGRESS);
    if (isCancelled) requestStop(views, TASK);
    expect(context.cancelled()).toBe(isCancelled);
    context.progress("before");
    contexts.end(TASK);
    context.progress("after");
    expect(reports).toEqual([[TASK, "before"]]);
  });
});

test("progress is not sent when no listener wants it", () => {
  const { context, reports } = scene();
  context.progress(1);
  expect(reports).toEqual([]);
});

describe("the reason to stop a run", () => {
  /** What the parent posts; `generation` of the task as it is in a new scene. */
  function reasonFor(views: QueueViews, reason: unknown): StopReasonMessage {
    const encoder = new Encoder();
    const length = encoder.encode(reason, "reason");
    const encoded = encoder.bytes.slice(0, length);
    const generation = generationOfTask(views, TASK);
    return { stopReason: { task: TASK, generation, encoded, handles: encoder.handles } };
  }

  test("is what its signal tells, and what is thrown", () => {
    const { views, contexts, context } = scene();
    contexts.noteStopReason(reasonFor(views, "the reason"));
    expect(context.signal.reason).toBeUndefined();
    requestStop(views, TASK);
    expect(context.signal.reason).toBe("the reason");
    expect(() => context.throwIfCancelled()).toThrow("the reason");
  });

  test("is read from the port at the moment in which the run sees that it is to stop", () => {
    const views = new QueueViews(createQueueMemory(4, 256));
    const contexts: RunContexts = new RunContexts(views, SLOT, 7, () => {}, {
      readInbox: () => contexts.noteStopReason(reasonFor(views, "just posted")),
    });
    const context = contexts.of(TASK) as TaskContext;
    requestStop(views, TASK);
    expect(context.cancelled()).toBe(true);
    expect(context.signal.reason).toBe("just posted");
  });

  test("is an AbortError when none came, when it is damaged, and when it was another run's", () => {
    const good = scene().views;
    const message = reasonFor(good, ["a", "b"]).stopReason;
    const others = [
      undefined,
      { stopReason: { ...message, encoded: message.encoded.subarray(0, 2) } },
      { stopReason: { ...message, generation: message.generation + 1 } },
    ];
    for (const other of others) {
      const { views, contexts, context } = scene();
      if (other !== undefined) contexts.noteStopReason(other);
      requestStop(views, TASK);
      expect(context.signal.reason).toMatchObject({ name: "AbortError" });
    }
  });

  test("is not that of the next run, when its own has not asked", () => {
    const made = scene();
    made.contexts.noteStopReason(reasonFor(made.views, "of the run before"));
    made.contexts.end(TASK);
    requestStop(made.views, TASK);
    expect(made.context.signal.reason).toMatchObject({ name: "AbortError" });
  });
});
