import { describe, expect, spyOn, test } from "bun:test";
import { replaceable } from "../replaceable.ts";
import {
  TASK_PLACE,
  dismissAtGate,
  exitCodeOf,
  hasEnded,
  isGateOpen,
  parkEpoch,
  requestStop,
  shutGate,
  stopsHeard,
} from "../../native-queue/index.ts";
import { gateWord } from "../../native-queue/layout.ts";
import { enterIdleSet } from "../../native-queue/parker.ts";
import { Encoder } from "../../src/codec/objects.ts";
import {
  DYING,
  FAILED,
  FETCH,
  IS_TIMED,
  NOT_INITIALIZED,
  NO_TASK,
  OUT_OF_BAND_ON_DEMAND,
  OUT_OF_BAND_POSTED,
  SPILLED,
  SUCCEEDED,
  UNCAUGHT,
} from "../../src/protocol/flags.ts";
import type { FunctionDefinition } from "../../src/callable/load.ts";
import type { InitializerMessage } from "../../src/protocol/messages.ts";
import type { TaskContext } from "../../src/protocol/task-context.ts";
import { withSpill } from "../../src/protocol/out-of-band.ts";
import { hasBecomeReady, hasRecycled } from "../../src/protocol/worker-phase.ts";
import { RunLoop } from "../../src/worker/run-loop.ts";
import { eventLoopTurn } from "../../src/worker/yield-budget.ts";
import { onStep } from "./fixtures/steps.ts";
import { compute, turns, until } from "./fixtures/turns.ts";
import { SLOT, WorkerScene } from "./fixtures/worker-scene.ts";
import type { Reply } from "./fixtures/worker-scene.ts";

/** Starts the loop of a worker on this thread. */
function start(scene: WorkerScene): { loop: RunLoop; exitCode: Promise<0 | 1> } {
  const loop = new RunLoop(scene.init);
  return { loop, exitCode: loop.run(() => {}) };
}

function succeeded(task: number, value: unknown): Reply {
  return { task, status: SUCCEEDED, value };
}

/** What the frames say, errors by their messages alone. */
function plain(replies: readonly Reply[]): Reply[] {
  return replies.map((reply) => ({
    ...reply,
    value: reply.value instanceof Error ? reply.value.message : reply.value,
  }));
}

/** A function that tells whether the loop has ended. */
function endingOf(exitCode: Promise<0 | 1>): () => boolean {
  let isOver = false;
  void exitCode.finally(() => {
    isOver = true;
  });
  return () => isOver;
}

describe("the loop", () => {
  test("runs requests in the order in which they were put, and replies to each", async () => {
    using scene = new WorkerScene();
    onStep("double", (value: number) => 2 * value);
    onStep("text", (value: number) => `text ${value}`);
    for (const value of [1, 2, 3]) {
      scene.put(["double", value]);
      scene.put(["text", value]);
    }
    start(scene);
    expect(await scene.replies(6)).toEqual([
      succeeded(0, 2),
      succeeded(1, "text 1"),
      succeeded(2, 4),
      succeeded(3, "text 2"),
      succeeded(4, 6),
      succeeded(5, "text 3"),
    ]);
  });

  test("runs a request that comes while the worker is parked", async () => {
    using scene = new WorkerScene();
    onStep("echo", (value: unknown) => value);
    start(scene);
    for (const value of ["first", "second"]) {
      const task = scene.put(["echo", value]);
      expect(await scene.replies(1)).toEqual([succeeded(task, value)]);
    }
  });

  test("replies with what a callable throws, and goes on", async () => {
    using scene = new WorkerScene();
    onStep("fail", () => {
      throw new RangeError("too far");
    });
    onStep("echo", (value: unknown) => value);
    // The first time its callable has to be loaded, which takes another way through the loop.
    for (const args of [["fail"], ["echo", 5], ["fail"], ["echo", 6]]) scene.put(args);
    start(scene);
    const replies = await scene.replies(4);
    expect(replies[0]?.value).toBeInstanceOf(RangeError);
    expect(plain(replies)).toEqual([
      { task: 0, status: FAILED, value: "too far" },
      succeeded(1, 5),
      { task: 2, status: FAILED, value: "too far" },
      succeeded(3, 6),
    ]);
  });

  test("replies with what a thenable resolves to or is rejected with", async () => {
    using scene = new WorkerScene();
    onStep("resolve", () => Promise.resolve([1, 2]));
    onStep("reject", () => Promise.reject(new Error("no")));
    // oxlint-disable-next-line unicorn/no-thenable -- a thenable that is no promise
    onStep("thenable", () => ({ then: (resolve: (value: string) => void) => resolve("then") }));
    for (const name of ["resolve", "reject", "thenable"]) scene.put([name]);
    start(scene);
    expect(plain(await scene.replies(3))).toEqual([
      succeeded(0, [1, 2]),
      { task: 1, status: FAILED, value: "no" },
      succeeded(2, "then"),
    ]);
  });

  test("fails a request whose callable cannot be loaded, and goes on", async () => {
    using scene = new WorkerScene();
    const { loop } = start(scene);
    onStep("echo", (value: unknown) => value);
    scene.put(["echo"], { callable: 1 });
    scene.put(["echo", 5]);
    loop.define({ id: 1, definition: { kind: "source", name: "broken", source: "(" } });
    const [failed, echoed] = await scene.replies(2);
    expect(failed).toMatchObject({ task: 0, status: FAILED });
    expect(echoed).toEqual(succeeded(1, 5));
  });

  test("is away from the queue while a callable runs, back to back and after an asynchronous one", async () => {
    using scene = new WorkerScene();
    const wereAway: boolean[] = [];
    onStep("look", () => wereAway.push(isGateOpen(scene.views, SLOT)));
    onStep("wait", eventLoopTurn);
    for (const name of ["look", "look", "wait", "look"]) scene.put([name]);
    start(scene);
    await scene.replies(4);
    expect(wereAway).toEqual([true, true, true]);
  });

  test("is away from the queue once it has replied to a request whose promise has resolved", async () => {
    using scene = new WorkerScene({ concurrency: 2 });
    const { promise, resolve } = Promise.withResolvers<number>();
    let isWaiting = false;
    onStep("wait", () => {
      isWaiting = true;
      return promise;
    });
    scene.put(["wait"]);
    start(scene);
    await until(() => isWaiting);
    resolve(1);
    await scene.replies(1);
    expect(isGateOpen(scene.views, SLOT)).toBe(true);
  });

  test("is away from the queue while code runs that an asynchronous request has left behind", async () => {
    using scene = new WorkerScene();
    const wereAway: boolean[] = [];
    const lookOn = async (): Promise<void> => {
      while (wereAway.length < 10) {
        await undefined;
        if (scene.reader.hasNext) wereAway.push(isGateOpen(scene.views, SLOT));
      }
    };
    let looking: Promise<void> | undefined;
    onStep("leave", async () => {
      await eventLoopTurn();
      looking = lookOn();
    });
    scene.put(["leave"]);
    start(scene);
    await until(() => looking !== undefined);
    await looking;
    expect(wereAway).not.toContain(false);
  });

  test("tells when a run began, for a request that is timed", async () => {
    using scene = new WorkerScene();
    onStep("echo", (value: unknown) => value);
    scene.put(["echo", 5], { flags: IS_TIMED });
    const before = performance.timeOrigin + performance.now();
    start(scene);
    const [reply] = await scene.replies(1);
    expect(reply?.times?.[0]).toBeGreaterThanOrEqual(before);
    expect(reply?.times?.[1]).toBeGreaterThanOrEqual(0);
  });
});

describe("the event loop of the worker", () => {
  test("gets a turn within a long row of synchronous requests", async () => {
    using scene = new WorkerScene();
    let hasTurned = false;
    const seen: boolean[] = [];
    onStep("first", () => {
      setImmediate(() => {
        hasTurned = true;
      });
    });
    onStep("look", () => {
      seen.push(hasTurned);
      compute(2);
    });
    scene.put(["first"]);
    for (let i = 0; i < 20; i++) scene.put(["look"]);
    start(scene);
    await scene.replies(21);
    expect(seen[0]).toBe(false);
    expect(seen.at(-1)).toBe(true);
  });

  test("turns while the worker waits for requests, so that what a callable left behind goes on", async () => {
    using scene = new WorkerScene();
    const { promise, resolve } = Promise.withResolvers<string>();
    onStep("leave", () => {
      setTimeout(() => resolve("left behind"), 1);
    });
    scene.put(["leave"]);
    start(scene);
    expect(await promise).toBe("left behind");
  });
});

describe("asynchronous requests", () => {
  test("hold up the next one when the worker runs one at a time", async () => {
    using scene = new WorkerScene();
    const { promise, resolve } = Promise.withResolvers<string>();
    onStep("wait", () => promise);
    onStep("echo", (value: unknown) => value);
    scene.put(["wait"]);
    const second = scene.put(["echo", 5]);
    start(scene);
    await until(() => !scene.producer.isWaiting(0));
    await turns(5);
    expect(scene.producer.isWaiting(second)).toBe(true);
    resolve("first");
    expect(await scene.replies(2)).toEqual([succeeded(0, "first"), succeeded(1, 5)]);
  });

  test("go on together, up to the concurrency of the worker", async () => {
    using scene = new WorkerScene({ concurrency: 2 });
    const gates = [0, 1, 2].map(() => Promise.withResolvers<string>());
    onStep("wait", (index: number) => gates[index]?.promise);
    for (const index of [0, 1, 2]) scene.put(["wait", index]);
    start(scene);
    await until(() => !scene.producer.isWaiting(1));
    await turns(5);
    expect(scene.producer.isWaiting(2)).toBe(true);
    gates[1]?.resolve("second");
    expect(await scene.replies(1)).toEqual([succeeded(1, "second")]);
    await until(() => !scene.producer.isWaiting(2));
    gates[2]?.resolve("third");
    gates[0]?.resolve("first");
    expect(await scene.replies(2)).toEqual([succeeded(2, "third"), succeeded(0, "first")]);
  });

  test("get the event loop for themselves: the worker does not block while they wait", async () => {
    using scene = new WorkerScene({ concurrency: 2 });
    const { promise, resolve } = Promise.withResolvers<string>();
    let isWaiting = false;
    onStep("wait", () => {
      isWaiting = true;
      return promise;
    });
    start(scene);
    using block = spyOn(Atomics, "wait");
    scene.put(["wait"]);
    await until(() => isWaiting);
    await turns(5);
    // Loops of other tests may still be in this thread, so only waits on this queue count.
    const { queue } = scene.init.memory;
    expect(block.mock.calls.filter(([words]) => words.buffer === queue)).toEqual([]);
    resolve("done");
    await scene.replies(1);
  });

  test("are waited for when the worker is dismissed", async () => {
    using scene = new WorkerScene({ concurrency: 2 });
    const { promise, resolve } = Promise.withResolvers<string>();
    onStep("wait", () => promise);
    scene.put(["wait"]);
    const { exitCode } = start(scene);
    const isOver = endingOf(exitCode);
    await until(() => !scene.producer.isWaiting(0));
    scene.dismiss();
    await turns(5);
    expect(isOver()).toBe(false);
    resolve("done");
    expect(await exitCode).toBe(0);
    expect(scene.read()).toEqual([succeeded(0, "done")]);
  });
});

describe("a payload", () => {
  test("is read from the arena at its location", async () => {
    using scene = new WorkerScene();
    onStep("length", (text: string) => text.length);
    scene.put(["length", "a".repeat(500)], { location: 1024 });
    start(scene);
    expect(await scene.replies(1)).toEqual([succeeded(0, 500)]);
  });

  /** A spill with `runStep`'s arguments. */
  function spillOfArgs(args: readonly unknown[]): SharedArrayBuffer {
    const encoder = new Encoder();
    const spill = new SharedArrayBuffer(encoder.prepare(args, "args"));
    encoder.copyTo(new Uint8Array(spill), 0);
    return spill;
  }

  test("that was spilled comes with the message that was posted before", async () => {
    using scene = new WorkerScene();
    onStep("echo", (value: unknown) => value);
    for (const text of ["first", "second"]) {
      const spill = spillOfArgs(["echo", text]);
      const task = scene.put([], { location: SPILLED, flags: OUT_OF_BAND_POSTED });
      scene.postParts(task, withSpill(undefined, spill, spill.byteLength));
    }
    start(scene);
    expect(await scene.replies(2)).toEqual([succeeded(0, "first"), succeeded(1, "second")]);
  });

  test("on demand is asked for, and the request runs when it has come", async () => {
    using scene = new WorkerScene();
    onStep("echo", (value: unknown) => value);
    const spill = spillOfArgs(["echo", "fetched"]);
    const task = scene.put([], { location: SPILLED, flags: OUT_OF_BAND_ON_DEMAND });
    start(scene);
    expect(await scene.replies(1)).toEqual([{ task, status: FETCH, value: undefined }]);
    scene.postParts(task, withSpill(undefined, spill, spill.byteLength));
    expect(await scene.replies(1)).toEqual([succeeded(task, "fetched")]);
  });

  test("that was spilled and lost fails its request, and its callable does not run", async () => {
    using scene = new WorkerScene();
    let runs = 0;
    onStep("count", () => (runs += 1));
    // The bytes of an earlier request of the same task may still lie in it.
    const task = scene.put(["count"], { flags: OUT_OF_BAND_ON_DEMAND });
    scene.views.words[scene.views.task(task) + TASK_PLACE] = SPILLED;
    start(scene);
    await scene.replies(1);
    scene.postParts(task);
    const replies = await scene.replies(1);
    expect(plain(replies)).toEqual([
      { task, status: FAILED, value: "The arguments were lost on their way." },
    ]);
    expect(runs).toBe(0);
  });
});

describe("a request that is to stop", () => {
  test("does not run when it was told so before its callable was loaded", async () => {
    using scene = new WorkerScene();
    let runs = 0;
    onStep("count", () => (runs += 1));
    const { loop } = start(scene);
    const task = scene.put(["count"], { callable: 1 });
    await until(() => scene.producer.ownerOf(task) === SLOT);
    requestStop(scene.views, task);
    loop.define({ id: 1, definition: scene.init.callables[0]!.definition });
    expect(await scene.replies(1)).toMatchObject([{ task, status: FAILED }]);
    expect(runs).toBe(0);
  });

  test("hears of it through its signal, whose listeners belong to its run", async () => {
    using scene = new WorkerScene({ concurrency: 2 });
    const { loop } = start(scene);
    const heard: unknown[] = [];
    let isListening = false;
    onStep("listen", () => {
      isListening = true;
      const { promise, resolve } = Promise.withResolvers<void>();
      loop.context?.signal.addEventListener("abort", () => {
        heard.push(loop.context?.requestID);
        resolve();
      });
      return promise;
    });
    const task = scene.put(["listen"], { requestID: 12 });
    await until(() => isListening);
    requestStop(scene.views, task);
    loop.stop({ stopTask: task, generation: 0 });
    expect(stopsHeard(scene.views, SLOT)).toBe(1);
    await scene.replies(1);
    expect(heard).toEqual([12]);
  });
});

describe("the context of a run", () => {
  test("is over when the run is: it does not see what becomes of the next request of its task", async () => {
    using scene = new WorkerScene();
    const { loop } = start(scene);
    loop.activeRuns.markRuns();
    let kept: TaskContext | undefined;
    onStep("keep", () => {
      kept = loop.context;
    });
    const task = scene.put(["keep"]);
    await scene.replies(1);
    requestStop(scene.views, task);
    expect(kept?.cancelled()).toBe(false);
  });

  test("belongs to its callable and to what that leaves behind, until the run is over", async () => {
    using scene = new WorkerScene();
    const { loop } = start(scene);
    loop.activeRuns.markRuns();
    const seen: unknown[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    onStep("leave", () => {
      seen.push(loop.context?.requestID);
      void promise.then(() => seen.push(loop.context?.requestID));
      return eventLoopTurn().then(() => seen.push(loop.context?.requestID));
    });
    scene.put(["leave"], { requestID: 12 });
    await scene.replies(1);
    resolve();
    await turns(1);
    expect(seen).toEqual([12, 12, undefined]);
    expect(loop.context).toBeUndefined();
  });
});

describe("a dismissed worker", () => {
  test("ends after the request that it runs, and leaves the next one to others", async () => {
    using scene = new WorkerScene();
    onStep("dismiss", () => dismissAtGate(scene.views, SLOT));
    scene.put(["dismiss"]);
    const second = scene.put(["dismiss"]);
    const { exitCode } = start(scene);
    expect(await exitCode).toBe(0);
    expect(scene.read()).toEqual([succeeded(0, undefined)]);
    expect(scene.producer.isWaiting(second)).toBe(true);
    expect(hasRecycled(scene.views, SLOT)).toBe(false);
  });

  test("ends although it is parked", async () => {
    using scene = new WorkerScene();
    const { exitCode } = start(scene);
    scene.dismiss();
    expect(await exitCode).toBe(0);
  });

  test("hands a wake-up on that was meant for it", async () => {
    using scene = new WorkerScene();
    const other = SLOT + 1;
    const { exitCode } = start(scene);
    enterIdleSet(scene.views, other);
    const before = parkEpoch(scene.views, other);
    // Wakes the worker, which is the first in the idle set.
    scene.put(["never"]);
    expect(parkEpoch(scene.views, other)).toBe(before);
    dismissAtGate(scene.views, SLOT);
    await exitCode;
    expect(parkEpoch(scene.views, other)).not.toBe(before);
  });

  test("announces its end with its exit code", () => {
    using scene = new WorkerScene();
    const { loop } = start(scene);
    loop.announceEnd(3);
    expect(hasEnded(scene.views, SLOT)).toBe(true);
    expect(exitCodeOf(scene.views, SLOT)).toBe(3);
  });
});

describe("a worker with a limit on its requests", () => {
  test("ends when it has run so many, and announces that a successor is to replace it", async () => {
    using scene = new WorkerScene({ maxRequests: 2 });
    onStep("echo", (value: unknown) => value);
    for (const value of [1, 2, 3]) scene.put(["echo", value]);
    const { exitCode } = start(scene);
    expect(hasRecycled(scene.views, SLOT)).toBe(false);
    expect(await exitCode).toBe(0);
    expect(scene.read()).toEqual([succeeded(0, 1), succeeded(1, 2)]);
    expect(scene.producer.isWaiting(2)).toBe(true);
    expect(hasRecycled(scene.views, SLOT)).toBe(true);
  });
});

describe("a killed worker", () => {
  test("publishes nothing of the request that it runs, and claims no other", async () => {
    using scene = new WorkerScene();
    onStep("kill", () => shutGate(scene.views, SLOT));
    scene.put(["kill"]);
    const second = scene.put(["kill"]);
    const isOver = endingOf(start(scene).exitCode);
    await turns(5);
    expect(scene.read()).toEqual([]);
    expect(scene.producer.isWaiting(second)).toBe(true);
    expect(isOver()).toBe(false);
  });

  test("does not run what it has just claimed", async () => {
    using scene = new WorkerScene();
    let runs = 0;
    onStep("count", () => (runs += 1));
    const word = gateWord(SLOT);
    const { words } = scene.views;
    const trigger = new Int32Array(new SharedArrayBuffer(4));
    const killer = new Worker(new URL("fixtures/killer.ts", import.meta.url).href);
    const hasKilled = new Promise((resolve) => {
      killer.addEventListener("message", resolve);
    });
    killer.postMessage({ memory: scene.init.memory, slot: SLOT, trigger });
    const task = scene.put(["count"]);
    const { now } = replaceable;
    const clock = spyOn(replaceable, "now");
    // The loop reads the clock when its search ends: after the claim, and while it is still at the queue.
    clock.mockImplementation(() => {
      if (scene.producer.ownerOf(task) === SLOT && Atomics.load(trigger, 0) === 0) {
        const atQueue = Atomics.load(words, word);
        Atomics.store(trigger, 0, 1);
        Atomics.notify(trigger, 0);
        while (Atomics.load(words, word) === atQueue) Atomics.pause();
      }
      return now();
    });
    try {
      start(scene);
    } finally {
      clock.mockRestore();
    }
    await hasKilled;
    await turns(3);
    killer.terminate();
    expect(Atomics.load(trigger, 0)).toBe(1);
    expect(scene.producer.ownerOf(task)).toBe(SLOT);
    expect(runs).toBe(0);
    expect(scene.read()).toEqual([]);
  });
});

describe("an uncaught error", () => {
  test("fails the request that runs", async () => {
    using scene = new WorkerScene();
    const { loop } = start(scene);
    onStep("wait", () => new Promise(() => {}));
    const task = scene.put(["wait"]);
    await until(() => scene.producer.ownerOf(task) === SLOT);
    expect(loop.tellUncaught(new Error("left behind"))).toBe(true);
    expect(plain(scene.read())).toEqual([{ task, status: DYING, value: "left behind" }]);
  });

  test("fails all requests when several run", async () => {
    using scene = new WorkerScene({ concurrency: 3 });
    const { loop } = start(scene);
    onStep("wait", () => new Promise(() => {}));
    const tasks = [scene.put(["wait"]), scene.put(["wait"])];
    await until(() => tasks.every((task) => scene.producer.ownerOf(task) === SLOT));
    expect(loop.tellUncaught(new Error("left behind"))).toBe(true);
    const told = plain(scene.read());
    expect(told).toEqual(tasks.map((task) => ({ task, status: DYING, value: "left behind" })));
  });

  test("is told without a request when none runs", async () => {
    using scene = new WorkerScene();
    const { loop } = start(scene);
    expect(loop.tellUncaught(new Error("left behind"))).toBe(false);
    expect(plain(scene.read())).toEqual([
      { task: NO_TASK, status: UNCAUGHT, value: "left behind" },
    ]);
  });
});

describe("an initializer", () => {
  function messageOf(scene: WorkerScene, args: readonly unknown[]): InitializerMessage {
    const encoder = new Encoder();
    const encodedArgs = new Uint8Array(encoder.prepare(args, "initargs"));
    encoder.copyTo(encodedArgs, 0);
    const definition = scene.init.callables[0]!.definition as FunctionDefinition;
    return { definition, encodedArgs, handles: [] };
  }

  /** A scene whose worker has an initializer that takes a step. */
  function sceneOf(...args: unknown[]): WorkerScene {
    using plainScene = new WorkerScene();
    return new WorkerScene({ initializers: [messageOf(plainScene, args)] });
  }

  test("runs before the first request, and the worker is ready after it", async () => {
    using scene = sceneOf("initialize", 5);
    const { promise, resolve } = Promise.withResolvers<void>();
    const order: unknown[] = [];
    onStep("initialize", (value: number) => {
      order.push("initialize", value);
      return promise;
    });
    onStep("run", () => order.push("run"));
    scene.put(["run"]);
    let isReady = false;
    const loop = new RunLoop(scene.init);
    void loop.run(() => {
      isReady = true;
    });
    await until(() => order.length > 0);
    await turns(5);
    expect([order, isReady, hasBecomeReady(scene.views, SLOT)]).toEqual([
      ["initialize", 5],
      false,
      false,
    ]);
    resolve();
    await scene.replies(1);
    expect([order, isReady, hasBecomeReady(scene.views, SLOT)]).toEqual([
      ["initialize", 5, "run"],
      true,
      true,
    ]);
  });

  test("that fails is told, and the worker ends with exit code 1 and runs nothing", async () => {
    using scene = sceneOf("initialize");
    onStep("initialize", () => Promise.reject(new Error("no database")));
    const task = scene.put(["initialize"]);
    expect(await start(scene).exitCode).toBe(1);
    expect(plain(scene.read())).toEqual([
      { task: NO_TASK, status: NOT_INITIALIZED, value: "no database" },
    ]);
    expect(scene.producer.isWaiting(task)).toBe(true);
    expect(hasBecomeReady(scene.views, SLOT)).toBe(false);
  });
});
