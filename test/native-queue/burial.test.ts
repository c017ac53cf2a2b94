import { describe, expect, test } from "bun:test";
import { WorkerPass, buryWorker, killWorker } from "../../native-queue/burial.ts";
import type { Kill } from "../../native-queue/burial.ts";
import { WorkerGate, announceEnd, announceStart } from "../../native-queue/gate.ts";
import { PARENT_EPOCH, SLEEP, parkWord } from "../../native-queue/layout.ts";
import { enterIdleSet, enterSpinSet } from "../../native-queue/parker.ts";
import { generationOfTask } from "../../native-queue/request-ring.ts";
import { ResultReader, ResultWriter, createResultRing } from "../../native-queue/result-ring.ts";
import { atEveryStep, withSteps } from "./fixtures/interleave.ts";
import { putAll, queueAt } from "./fixtures/queue.ts";
import type { Queue } from "./fixtures/queue.ts";

const DEAD = 1;

interface Scene extends Queue {
  readonly gate: WorkerGate;
  readonly writer: ResultWriter;
  readonly reader: ResultReader;
  /** What was called, in order. */
  readonly calls: string[];
}

/** Three workers; the one that is about to die has claimed tasks 0 and 1. */
function newScene(): Scene {
  const queue = queueAt(0);
  for (const worker of [0, DEAD, 2]) announceStart(queue.views, worker);
  putAll(queue, 0, 1, 2);
  const gate = new WorkerGate(queue.views, DEAD);
  gate.claim();
  gate.claim();
  gate.leave();
  const ring = createResultRing(256);
  return {
    ...queue,
    gate,
    writer: new ResultWriter(ring),
    reader: new ResultReader(ring),
    calls: [],
  };
}

function publish({ views, gate, writer }: Scene, task: number): void {
  writer.tryReserve(0);
  if (gate.tryEnter()) writer.publish(task, generationOfTask(views, task), 1, 0);
  gate.leave();
}

function killOf({ views, producer, gate, reader, calls }: Scene): Kill {
  return {
    readResults: () => {
      calls.push(`readResults, shut=${!gate.tryEnter()}`);
      while (reader.next()) producer.release(reader.task);
    },
    endThread: () => void calls.push("endThread"),
    settle: (tasks) => void calls.push(`settle ${tasks.join()}, bits=${bitsOf(views)}`),
    live: () => {
      calls.push("live");
      return [0, 2];
    },
  };
}

function bitsOf({ words }: Queue["views"]): number {
  return Atomics.load(words, SLEEP);
}
function unparksOf({ words }: Queue["views"]): number[] {
  return [0, DEAD, 2].map((worker) => Atomics.load(words, parkWord(worker)));
}

describe("a killed worker", () => {
  test("is shut out, its results are read, and what it still holds is settled and returned", () => {
    const scene = newScene();
    publish(scene, 0);
    expect(killWorker(scene.views, scene.producer, DEAD, killOf(scene))).toEqual([1]);
    expect(scene.calls).toEqual([
      "readResults, shut=true",
      "endThread",
      "settle 1, bits=0",
      "live",
    ]);
    publish(scene, 1);
    expect(scene.reader.hasNext).toBe(false);
  });

  test("leaves the sleep sets after its requests are settled", () => {
    for (const enter of [enterIdleSet, enterSpinSet]) {
      const scene = newScene();
      enter(scene.views, DEAD);
      enterIdleSet(scene.views, 2);
      const before = bitsOf(scene.views);
      killWorker(scene.views, scene.producer, DEAD, killOf(scene));
      expect(scene.calls).toContain(`settle 0,1, bits=${before}`);
      expect(bitsOf(scene.views)).toBe(1 << 2);
    }
  });
});

describe("a burial", () => {
  test("settles an empty list when the worker held nothing", () => {
    const scene = newScene();
    publish(scene, 0);
    publish(scene, 1);
    announceEnd(scene.views, DEAD, 0);
    expect(buryWorker(scene.views, scene.producer, DEAD, killOf(scene))).toEqual([]);
    expect(scene.calls).toEqual(["readResults, shut=true", "settle , bits=0", "live"]);
  });

  test("unparks every live worker once, and bumps the epoch once, after it has settled", () => {
    const scene = newScene();
    const { views } = scene;
    const order: string[] = [];
    const burial = { ...killOf(scene), settle: () => void order.push("settle") };
    withSteps(
      ({ operation, word }) => {
        if (operation === "add") order.push(word === PARENT_EPOCH ? "epoch" : `unpark ${word}`);
      },
      () => buryWorker(views, scene.producer, DEAD, burial),
    );
    expect(order).toEqual(["settle", `unpark ${parkWord(0)}`, `unpark ${parkWord(2)}`, "epoch"]);
    expect(unparksOf(views)).toEqual([1, 0, 1]);
  });
});

describe("a pass", () => {
  /** Three workers, and what the passes over them have done. */
  function newPass(): {
    readonly views: Queue["views"];
    readonly done: string[];
    readonly pass: WorkerPass<{ readonly slot: number }>;
    readonly run: () => void;
    /** Called in the next reading of the results of worker 0. */
    meanwhile: () => void;
  } {
    const { views } = queueAt(0);
    const workers = [0, 1, 2].map((slot) => ({ slot }));
    for (const { slot } of workers) announceStart(views, slot);
    const done: string[] = [];
    const made = {
      views,
      done,
      pass: new WorkerPass(views, {
        readResults: ({ slot }: { readonly slot: number }) => {
          done.push(`read ${slot}`);
          if (slot === 0) made.meanwhile();
        },
        bury: ({ slot }, exitCode) => void done.push(`bury ${slot}, exitCode=${exitCode}`),
      }),
      run: () => made.pass.run(workers),
      meanwhile: () => {},
    };
    return made;
  }

  test("reads the results of all workers, and buries none while none has ended", () => {
    const { done, run, pass } = newPass();
    run();
    expect(done).toEqual(["read 0", "read 1", "read 2"]);
    expect(pass.hasNewEnds).toBe(false);
  });

  test("buries each worker that has ended, once, with its exit code, after all results are read", () => {
    const { views, done, run, pass } = newPass();
    announceEnd(views, 2, 5);
    announceEnd(views, 0, 0);
    expect(pass.hasNewEnds).toBe(true);
    run();
    expect(done).toEqual([
      "read 0",
      "read 1",
      "read 2",
      "bury 0, exitCode=0",
      "bury 2, exitCode=5",
    ]);
    expect(pass.hasNewEnds).toBe(false);
  });

  test("leaves a worker that ends while the results are read to the next pass", () => {
    const scene = newPass();
    scene.meanwhile = () => announceEnd(scene.views, 1, 3);
    scene.run();
    expect(scene.done).toEqual(["read 0", "read 1", "read 2"]);
    expect(scene.pass.hasNewEnds).toBe(true);
    scene.meanwhile = () => {};
    scene.run();
    expect(scene.done.slice(3)).toEqual(["read 0", "read 1", "read 2", "bury 1, exitCode=3"]);
  });

  test("misses no end of a worker, whichever step of the pass it comes before", () => {
    const orders = atEveryStep({
      arrange: () => {
        const scene = newPass();
        announceEnd(scene.views, 2, 0);
        return scene;
      },
      act: (scene) => scene.run(),
      meanwhile: ({ views }) => announceEnd(views, 1, 3),
      check: (scene, _, order) => {
        // A parent passes again while there are new ends. A worker that it has buried is in no later pass.
        const isBuried = (slot: number): boolean =>
          scene.done.some((what) => what.startsWith(`bury ${slot}`));
        if (scene.pass.hasNewEnds)
          scene.pass.run([1, 2].filter((slot) => !isBuried(slot)).map((slot) => ({ slot })));
        expect(scene.pass.hasNewEnds, order).toBe(false);
        expect(scene.done.filter((what) => what.startsWith("bury")).toSorted(), order).toEqual([
          "bury 1, exitCode=3",
          "bury 2, exitCode=0",
        ]);
      },
    });
    expect(orders).toBeGreaterThan(5);
  });
});
