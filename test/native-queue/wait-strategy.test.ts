import { afterEach, describe, expect, test } from "bun:test";
import {
  STOPPED,
  WorkerGate,
  announceStart,
  dismissAtGate,
  isGateOpen,
  shutGate,
} from "../../native-queue/gate.ts";
import { HEAD, PARENT_ARM, PARENT_EPOCH, parkWord } from "../../native-queue/layout.ts";
import {
  ARM_FOR_CLAIMS,
  ARM_FOR_RESULTS,
  bumpEpoch,
  enterSpinSet,
  leaveSets,
  unpark,
  wakeOne,
  wakeParent,
  wakeParentForClaim,
} from "../../native-queue/parker.ts";
import { claim, hasWork } from "../../native-queue/request-ring.ts";
import {
  awaitWork,
  awaitWorkers,
  awaitWorkersAsync,
  nap,
  parkEpoch,
  spinUntil,
  waitUnparked,
} from "../../native-queue/wait-strategy.ts";
import {
  Asleep,
  Died,
  atEveryStep,
  atEveryTwoSteps,
  endOf,
  endOfNested,
  withSteps,
} from "./fixtures/interleave.ts";
import { putAll, queueAt } from "./fixtures/queue.ts";
import { replaceable } from "../replaceable.ts";
import type { Queue } from "./fixtures/queue.ts";
import { search } from "./fixtures/search.ts";
import { Threads } from "./fixtures/threads.ts";

/** A queue with workers. In the end each of them sleeps, holds a task or has stopped: `ends`, by worker. */
interface Scene extends Queue {
  readonly gates: readonly WorkerGate[];
  readonly ends: unknown[];
}

function sceneOf(workers: number): Scene {
  const queue = queueAt(-1, 8, workers);
  for (let worker = 0; worker < workers; worker++) announceStart(queue.views, worker);
  const gates = Array.from({ length: workers }, (_, i) => new WorkerGate(queue.views, i));
  return { ...queue, gates, ends: [] };
}
function searchOf({ gates }: Scene, worker: number): number | Promise<unknown> {
  return search(gates[worker] as WorkerGate);
}
/** A worker searches until it sleeps, holds a task or is stopped. To be called between the steps of another thread. */
function searchAside(scene: Scene, worker: number): void {
  scene.ends[worker] = endOfNested(() => searchOf(scene, worker));
}
function put(scene: Scene, task: number): void {
  putAll(scene, task);
  wakeOne(scene.views);
}
function dismiss({ views }: Scene, worker: number): void {
  dismissAtGate(views, worker);
  unpark(views, worker);
}
/** Lets every worker that was unparked search again, as its thread would, until no wake-up is under way. */
function letWakeUpsArrive(scene: Scene): void {
  for (let isQuiet = false; !isQuiet;) {
    isQuiet = true;
    for (const [worker, end] of scene.ends.entries()) {
      if (!(end instanceof Asleep) || !end.isWoken) continue;
      searchAside(scene, worker);
      isQuiet = false;
    }
  }
}
/** No request waits while a worker sleeps: a worker that holds one may run it for ever. */
function expectNoneLost(scene: Scene, order: string): void {
  letWakeUpsArrive(scene);
  const asleep = scene.ends.filter((end) => end instanceof Asleep);
  if (asleep.length > 0) expect(hasWork(scene.views), `a request waits: ${order}`).toBe(false);
}

describe("a worker with nothing to do", () => {
  test("looks again at once when there is work, and is then the last spinner", () => {
    const { gates, ...queue } = sceneOf(1);
    putAll(queue, 0);
    const [gate] = gates as [WorkerGate];
    expect(
      withSteps(
        () => {},
        () => awaitWork(gate, 0, 2),
      ),
    ).toBeUndefined();
    expect(leaveSets(queue.views, 0)).toBe(true);
  });

  test.each([
    ["dismissed", dismissAtGate],
    ["killed", shutGate],
  ] as const)("looks again at once when it is %s, and enters no set", (_, stop) => {
    const { views, gates } = sceneOf(1);
    stop(views, 0);
    const [gate] = gates as [WorkerGate];
    expect(
      withSteps(
        () => {},
        () => awaitWork(gate, 0, 2),
      ),
    ).toBeUndefined();
    expect(leaveSets(views, 0)).toBe(false);
  });

  test("spins away from the queue: it can be dismissed and killed there, and stops at once", () => {
    for (const stop of [dismissAtGate, shutGate]) {
      const { views, gates } = sceneOf(1);
      const [gate] = gates as [WorkerGate];
      let pauses = 0;
      withSteps(
        ({ operation }) => {
          if (operation === "pause" && ++pauses === 100) stop(views, 0);
        },
        () => expect(awaitWork(gate, 1e6, 2)).toBeUndefined(),
      );
      expect(pauses).toBe(100);
      expect(gate.claim()).toBe(STOPPED);
    }
  });

  test("sleeps on its own park counter, where a put finds it", () => {
    const scene = sceneOf(2);
    searchAside(scene, 1);
    const end = scene.ends[1] as Asleep;
    expect(end).toBeInstanceOf(Asleep);
    expect(end.word).toBe(parkWord(1));
    expect(end.isWoken).toBe(false);
    put(scene, 0);
    expect(end.isWoken).toBe(true);
  });

  test("spins for work before it sleeps when no other worker spins", () => {
    for (const isOtherSpinning of [false, true]) {
      const scene = sceneOf(2);
      if (isOtherSpinning) enterSpinSet(scene.views, 1);
      let pauses = 0;
      const end = endOf(() =>
        withSteps(
          ({ operation }) => {
            if (operation === "pause" && ++pauses === 100) putAll(scene, 0);
          },
          () => awaitWork(scene.gates[0] as WorkerGate, 1e6, 2),
        ),
      );
      expect(end instanceof Asleep).toBe(isOtherSpinning);
      expect(pauses).toBe(isOtherSpinning ? 0 : 100);
    }
  });

  test("loses no request that is put at any step of its going to sleep", () => {
    const orders = atEveryStep({
      arrange: () => sceneOf(1),
      act: (scene) => searchOf(scene, 0),
      meanwhile: (scene) => put(scene, 3),
      check: (scene, end, order) => {
        scene.ends[0] = end;
        expectNoneLost(scene, order);
        expect(scene.ends[0], order).toBe(3);
      },
    });
    expect(orders).toBeGreaterThan(15);
  });

  test("loses no request when it goes to sleep at any step of the put", () => {
    const orders = atEveryStep({
      arrange: () => sceneOf(1),
      act: (scene) => put(scene, 3),
      meanwhile: (scene) => searchAside(scene, 0),
      check: (scene, _, order) => {
        expectNoneLost(scene, order);
        expect(scene.ends[0], order).toBe(3);
      },
    });
    expect(orders).toBeGreaterThan(3);
  });

  test("leaves no request waiting while another worker sleeps, whenever two are put", () => {
    const orders = atEveryTwoSteps({
      arrange: () => {
        const scene = sceneOf(2);
        searchAside(scene, 1);
        return scene;
      },
      act: (scene) => searchOf(scene, 0),
      first: (scene) => put(scene, 3),
      second: (scene) => put(scene, 4),
      check: (scene, end, order) => {
        scene.ends[0] = end;
        expectNoneLost(scene, order);
        expect(new Set(scene.ends), order).toEqual(new Set([3, 4]));
      },
    });
    expect(orders).toBeGreaterThan(100);
  });

  test("hands the search on when it claims one of several requests while others claim or sleep", () => {
    atEveryTwoSteps({
      arrange: () => {
        const scene = sceneOf(3);
        searchAside(scene, 1);
        return scene;
      },
      act: (scene) => searchOf(scene, 0),
      first: (scene) => {
        for (const task of [3, 4, 5]) put(scene, task);
      },
      second: (scene) => searchAside(scene, 2),
      check: (scene, end, order) => {
        scene.ends[0] = end;
        expectNoneLost(scene, order);
        expect(new Set(scene.ends), order).toEqual(new Set([3, 4, 5]));
      },
    });
  });

  test("that is dismissed hands on the wake-up of a put, whenever the two come", () => {
    atEveryTwoSteps({
      arrange: () => {
        const scene = sceneOf(2);
        searchAside(scene, 1);
        return scene;
      },
      act: (scene) => searchOf(scene, 0),
      first: (scene) => put(scene, 3),
      second: (scene) => {
        if (canShut(scene)) dismiss(scene, 0);
      },
      check: (scene, end, order) => {
        scene.ends[0] = end;
        dismiss(scene, 0);
        expectNoneLost(scene, order);
        expect([3, STOPPED], order).toContain(scene.ends[0] as number);
        if (scene.ends[0] === STOPPED) expect(scene.ends[1], order).toBe(3);
      },
    });
  });

  test("that is dismissed before a put hands on the wake-up that it may still get from that put", () => {
    atEveryStep({
      arrange: () => {
        const scene = sceneOf(2);
        for (const worker of [0, 1]) searchAside(scene, worker);
        return scene;
      },
      act: (scene) => put(scene, 3),
      meanwhile: (scene) => {
        dismiss(scene, 0);
        searchAside(scene, 0);
      },
      check: (scene, _, order) => {
        expectNoneLost(scene, order);
        expect(scene.ends, order).toEqual([STOPPED, 3]);
      },
    });
  });

  test("stops when it is dismissed at any step of its going to sleep", () => {
    atEveryStep({
      arrange: () => sceneOf(1),
      act: (scene) => searchOf(scene, 0),
      meanwhile: (scene) => {
        if (canShut(scene)) dismiss(scene, 0);
      },
      check: (scene, end, order) => {
        scene.ends[0] = end;
        if (isGateOpen(scene.views, 0)) dismiss(scene, 0);
        letWakeUpsArrive(scene);
        expect(scene.ends[0], order).toBe(STOPPED);
        expect(leaveSets(scene.views, 0)).toBe(false);
      },
    });
  });

  test("that dies at any step loses no request for the others, after these were all woken", () => {
    atEveryTwoSteps({
      arrange: () => {
        const scene = sceneOf(2);
        searchAside(scene, 1);
        return scene;
      },
      act: (scene) => searchOf(scene, 0),
      first: (scene) => {
        put(scene, 3);
        put(scene, 4);
      },
      second: () => {
        throw new Died();
      },
      check: (scene, _, order) => {
        // What the parent does when the thread is gone.
        leaveSets(scene.views, 0);
        const recovered = scene.producer.claimedBy(0);
        for (const task of recovered) {
          scene.producer.release(task);
          putAll(scene, task);
        }
        unpark(scene.views, 1);
        for (let left = 2; left > 0; left--) {
          letWakeUpsArrive(scene);
          expect([3, 4], order).toContain(scene.ends[1] as number);
          searchAside(scene, 1);
        }
        expect(scene.ends[1], order).toBeInstanceOf(Asleep);
        expect(hasWork(scene.views), order).toBe(false);
        // The survivor is woken for what comes later.
        put(scene, 7);
        expectNoneLost(scene, order);
        expect(scene.ends[1], order).toBe(7);
      },
    });
  });

  test("that is killed and buried at once loses no request for the others, however far it runs on", () => {
    let killed = 0;
    let isKilled = false;
    atEveryTwoSteps({
      arrange: () => {
        isKilled = false;
        const scene = sceneOf(2);
        searchAside(scene, 1);
        return scene;
      },
      act: (scene) => searchOf(scene, 0),
      first: (scene) => {
        if (!canShut(scene)) return;
        shutGate(scene.views, 0);
        leaveSets(scene.views, 0);
        unpark(scene.views, 1);
        isKilled = true;
        killed += 1;
      },
      second: () => {
        throw new Died();
      },
      check: (scene, _, order) => {
        if (!isKilled) return;
        letWakeUpsArrive(scene);
        expect(scene.ends[1], order).toBeInstanceOf(Asleep);
        put(scene, 7);
        expectNoneLost(scene, order);
        expect(scene.ends[1], order).toBe(7);
      },
    });
    expect(killed).toBeGreaterThan(40);
  });

  test("goes on waiting as a promise when it has blocked long enough, and is woken there", async () => {
    const { views } = sceneOf(1);
    const promise = waitUnparked(views, 0, parkEpoch(views, 0), 1);
    expect(promise).toBeInstanceOf(Promise);
    unpark(views, 0);
    expect(await promise).toBe("ok");
  });

  test("does not wait for an unpark that came after its last look", () => {
    const { views } = sceneOf(1);
    for (const blockMs of [0, 60_000]) {
      const epoch = parkEpoch(views, 0);
      unpark(views, 0);
      expect(waitUnparked(views, 0, epoch, blockMs)).toBeUndefined();
    }
  });
});

/** Whether worker 0 is away from the queue. Shutting its gate would wait for it otherwise. */
function canShut({ views }: Scene): boolean {
  return isGateOpen(views, 0);
}

describe("a parent that waits", () => {
  /** Both ways of waiting arm the parent, look again, and sleep on the same word. */
  const ways = [
    ["blocked", awaitWorkersBlocked],
    ["in its event loop", awaitWorkersAsync],
  ] as const;

  interface Results {
    published: number;
  }
  function newResults(): Scene & Results {
    return { ...sceneOf(1), published: 0 };
  }
  function publish(scene: Scene & Results): void {
    scene.published += 1;
    // The counter above stands for the store of the tail, which is one atomic step.
    wakeParent(scene.views);
  }

  test.each(ways)("%s, loses no result that is published at any step of it", (_, wait) => {
    const orders = atEveryStep({
      arrange: newResults,
      act: (scene) => wait(scene.views, ARM_FOR_RESULTS, () => scene.published > 0),
      meanwhile: publish,
      check: (_scene, end, order) => {
        if (end instanceof Asleep) expect(end.isWoken, order).toBe(true);
      },
    });
    expect(orders).toBeGreaterThan(2);
  });

  test.each(ways)(
    "%s, loses no result when it begins to wait at any step of the publishing",
    (_, wait) => {
      atEveryStep({
        arrange: newResults,
        act: publish,
        meanwhile: (scene) => {
          scene.ends[0] = endOfNested(() =>
            wait(scene.views, ARM_FOR_RESULTS, () => scene.published > 0),
          );
        },
        check: (scene, _end, order) => {
          const end = scene.ends[0];
          if (end instanceof Asleep) expect(end.isWoken, order).toBe(true);
        },
      });
    },
  );

  test.each(ways)("%s, loses no result of two workers, whenever they come", (_, wait) => {
    atEveryTwoSteps({
      arrange: newResults,
      act: (scene) => {
        // The parent reads one result, then waits for the other.
        void wait(scene.views, ARM_FOR_RESULTS, () => scene.published > 0);
        return wait(scene.views, ARM_FOR_RESULTS, () => scene.published > 1);
      },
      first: publish,
      second: publish,
      check: (_scene, end, order) => {
        if (end instanceof Asleep) expect(end.isWoken, order).toBe(true);
      },
    });
  });

  test.each(ways)("%s, for room in the queue misses no claim, at any step of it", (_, wait) => {
    atEveryStep({
      arrange: () => {
        const scene = sceneOf(1);
        putAll(scene, 0);
        return scene;
      },
      act: (scene) => wait(scene.views, ARM_FOR_CLAIMS, () => scene.producer.waiting === 0),
      meanwhile: ({ views }) => {
        claim(views, 0);
        wakeParentForClaim(views);
      },
      check: (_scene, end, order) => {
        if (end instanceof Asleep) expect(end.isWoken, order).toBe(true);
      },
    });
  });

  test.each(ways)("%s, for room in the queue is woken by a result too", (_, wait) => {
    const scene = newResults();
    const end = endOfNested(() => wait(scene.views, ARM_FOR_CLAIMS, () => false));
    expect(end).toBeInstanceOf(Asleep);
    publish(scene);
    expect((end as Asleep).isWoken).toBe(true);
  });

  test("does not wait for what is there already, and does not arm itself when spinning is enough", () => {
    const { views } = sceneOf(1);
    awaitWorkers(views, ARM_FOR_RESULTS, () => true, 0, 60_000);
    expect(awaitWorkersAsync(views, ARM_FOR_RESULTS, () => true)).toBeUndefined();
    Atomics.store(views.words, PARENT_ARM, 0);
    let looks = 0;
    awaitWorkers(views, ARM_FOR_RESULTS, () => ++looks === 10, 1e6, 60_000);
    expect(looks).toBe(10);
    expect(Atomics.load(views.words, PARENT_ARM)).toBe(0);
  });

  test("gives up after its timeout", () => {
    const { views } = sceneOf(1);
    awaitWorkers(views, ARM_FOR_RESULTS, () => false, 0, 1);
    expect(Atomics.load(views.words, PARENT_EPOCH)).toBe(0);
  });

  test("says whether it has slept", () => {
    const { views } = sceneOf(1);
    expect(awaitWorkers(views, ARM_FOR_RESULTS, () => true, 0, 60_000)).toBe(false);
    let looks = 0;
    expect(awaitWorkers(views, ARM_FOR_RESULTS, () => ++looks === 2, 0, 60_000)).toBe(false);
    expect(awaitWorkers(views, ARM_FOR_RESULTS, () => false, 0, 1)).toBe(true);
  });

  test("naps without arming itself, and a result does not wake it", () => {
    const scene = newResults();
    const end = endOfNested(() => nap(scene.views, () => false, 60_000));
    expect(end).toBeInstanceOf(Asleep);
    expect(Atomics.load(scene.views.words, PARENT_ARM)).toBe(0);
    publish(scene);
    expect((end as Asleep).isWoken).toBe(false);
    bumpEpoch(scene.views);
    expect((end as Asleep).isWoken).toBe(true);
  });

  test("does not nap when something is unread, and wakes from a nap by itself", () => {
    const { views } = sceneOf(1);
    nap(views, () => true, 60_000);
    nap(views, () => false, 1);
    expect(Atomics.load(views.words, PARENT_EPOCH)).toBe(0);
  });

  test("is woken in both ways when it blocks while it has a promise out", async () => {
    const promises: (Promise<unknown> | undefined)[] = [];
    const orders = atEveryStep({
      arrange: () => {
        const scene = newResults();
        promises.push(awaitWorkersAsync(scene.views, ARM_FOR_RESULTS, () => false));
        return scene;
      },
      act: (scene) => awaitWorkersBlocked(scene.views, ARM_FOR_CLAIMS, () => scene.published > 0),
      meanwhile: publish,
      check: (_scene, end, order) => {
        if (end instanceof Asleep) expect(end.isWoken, order).toBe(true);
      },
    });
    expect(await Promise.all(promises)).toEqual(Array.from({ length: orders }, () => "ok"));
  });

  test("is woken by the end of a worker, blocked or not", async () => {
    const { views } = sceneOf(1);
    const promise = awaitWorkersAsync(views, ARM_FOR_RESULTS, () => false);
    bumpEpoch(views);
    expect(await promise).toBe("ok");
    const end = endOfNested(() => awaitWorkersBlocked(views, ARM_FOR_RESULTS, () => false));
    bumpEpoch(views);
    expect((end as Asleep).isWoken).toBe(true);
  });
});

function awaitWorkersBlocked(
  views: Scene["views"],
  wish: number,
  isDone: () => boolean,
): undefined {
  awaitWorkers(views, wish, isDone, 0, 60_000);
}

describe("a parent thread", () => {
  let threads: Threads | undefined;
  afterEach(() => threads?.[Symbol.dispose]());

  test("gets every result although it blocks again and again while it has a promise out", async () => {
    const REQUESTS = 500;
    threads = new Threads({ workers: 2, requests: REQUESTS, spinUs: 0 });
    const { views, hasUnread } = threads;
    for (let request = 0; request < REQUESTS; request++) {
      threads.untilAllIdle();
      const promise = awaitWorkersAsync(views, ARM_FOR_RESULTS, hasUnread);
      threads.tryPut(request);
      if (request % 3 !== 0) threads.readResults();
      if (promise !== undefined) expect(await promise).toBe("ok");
      if (request % 3 === 0) threads.readResults();
      expect(threads.settled).toBe(request + 1);
    }
  });

  test("gets room for more requests when a worker claims and nothing else happens", () => {
    threads = new Threads({ workers: 1, requests: 8, work: "meet", wakesForClaims: true });
    const { views, producer } = threads;
    // The worker holds its first request until the meeting is called off.
    Atomics.store(threads.meeting, 0, 1000);
    threads.untilAllIdle();
    const head = Atomics.load(views.words, HEAD);
    threads.tryPut(0);
    const deadline = performance.now() + 10_000;
    while (producer.waiting > 0 && performance.now() < deadline) {
      awaitWorkers(views, ARM_FOR_CLAIMS, () => producer.waiting === 0, 0, 10_000);
    }
    expect(performance.now()).toBeLessThan(deadline);
    expect(Atomics.load(views.words, HEAD)).toBe(head + 1);
    threads.callOff();
    threads.readResults();
    expect(threads.settled).toBe(1);
  });
});

test("a spin ends although the clock stands still", () => {
  const { now } = replaceable;
  replaceable.now = () => 5;
  try {
    expect(spinUntil(() => false, 50)).toBe(false);
  } finally {
    replaceable.now = now;
  }
});
