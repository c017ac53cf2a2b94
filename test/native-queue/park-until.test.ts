import { describe, expect, test } from "bun:test";
import { WorkerGate, announceStart, shutGate } from "../../native-queue/gate.ts";
import { QueueViews, createQueueMemory } from "../../native-queue/layout.ts";
import {
  parkRounds,
  parkUntil,
  parkUntilSync,
  spaceRounds,
} from "../../native-queue/park-until.ts";
import { unpark } from "../../native-queue/parker.ts";
import {
  FULL,
  ResultReader,
  ResultWriter,
  createResultRing,
} from "../../native-queue/result-ring.ts";
import { Asleep, atEveryStep, endOf, endOfNested, withSteps } from "./fixtures/interleave.ts";

const WORKER = 0;

function newViews(): QueueViews {
  const views = new QueueViews(createQueueMemory(2, 256));
  announceStart(views, WORKER);
  return views;
}

describe("the rounds of a wait", () => {
  test("end when the look returns true, and look once a round", async () => {
    const views = newViews();
    let looks = 0;
    const look = (): boolean => {
      looks += 1;
      unpark(views, WORKER);
      return looks === 3;
    };
    await parkUntil(parkRounds(views, WORKER, { look, blockMs: 0 }));
    expect(looks).toBe(3);
  });

  test("sleep until the worker is unparked, blocked or by promise", async () => {
    const views = newViews();
    let isDone = false;
    const end = endOfNested(() =>
      parkUntilSync(parkRounds(views, WORKER, { look: () => isDone, blockMs: Infinity })),
    );
    expect(end).toBeInstanceOf(Asleep);
    unpark(views, WORKER);
    expect((end as Asleep).isWoken).toBe(true);
    const done = parkUntil(parkRounds(views, WORKER, { look: () => isDone, blockMs: 0 }));
    isDone = true;
    unpark(views, WORKER);
    expect(await done).toBeUndefined();
  });

  test("miss no unpark, at whatever step it comes", () => {
    const orders = atEveryStep({
      arrange: () => ({ views: newViews(), isDone: false, isAnnounced: false }),
      act: (scene) => {
        const announce = (): void => {
          scene.isAnnounced = true;
        };
        const look = (): boolean => scene.isDone;
        parkUntilSync(parkRounds(scene.views, WORKER, { announce, look, blockMs: Infinity }));
      },
      meanwhile: (scene) => {
        scene.isDone = true;
        if (scene.isAnnounced) unpark(scene.views, WORKER);
      },
      check: (_, end, order) => {
        if (end instanceof Asleep) expect(end.isWoken, order).toBe(true);
      },
    });
    expect(orders).toBeGreaterThan(1);
  });

  test("read the counter before they say what the worker waits for, and say it in each round", () => {
    const views = newViews();
    let announced = 0;
    // An answer that comes right after the announcement, and is not enough, must not be slept through.
    const announce = (): void => {
      announced += 1;
      unpark(views, WORKER);
    };
    const look = (): boolean => announced === 3;
    withSteps(
      () => {},
      () => parkUntilSync(parkRounds(views, WORKER, { announce, look, blockMs: Infinity })),
    );
    expect(announced).toBe(3);
  });

  test("tell their spin limit whether spinning was enough", () => {
    for (const isUnparked of [true, false]) {
      const views = newViews();
      const told: string[] = [];
      const spin = {
        us: 1,
        sufficed: () => void told.push("sufficed"),
        failed: () => void told.push("failed"),
      };
      let looks = 0;
      const look = (): boolean => {
        looks += 1;
        if (isUnparked) unpark(views, WORKER);
        return looks === 2;
      };
      const end = endOfNested(() =>
        parkUntilSync(parkRounds(views, WORKER, { look, spin, blockMs: Infinity })),
      );
      expect(told).toEqual([isUnparked ? "sufficed" : "failed"]);
      expect(end instanceof Asleep).toBe(!isUnparked);
    }
  });

  test("are refused by a wait that blocks when they yield a promise", () => {
    const rounds = parkRounds(newViews(), WORKER, { look: () => false, blockMs: 0 });
    expect(() => parkUntilSync(rounds)).toThrow("A blocking wait takes no promise.");
  });
});

interface FullRing {
  readonly views: QueueViews;
  readonly gate: WorkerGate;
  readonly writer: ResultWriter;
  readonly reader: ResultReader;
}

function fullRing(): FullRing {
  const views = newViews();
  const memory = createResultRing(128);
  const writer = new ResultWriter(memory);
  while (writer.tryReserve(0) !== FULL) writer.publish(0, 0, 0, 0);
  return { views, gate: new WorkerGate(views, WORKER), writer, reader: new ResultReader(memory) };
}
function waitForSpace({ gate, writer }: FullRing): void {
  parkUntilSync(spaceRounds(gate, writer, () => writer.tryReserve(0) !== FULL, Infinity));
}
function readOne({ reader, views }: FullRing): void {
  reader.next();
  if (reader.commit()) unpark(views, WORKER);
}

describe("a worker that waits for space", () => {
  test("loses no wake-up when the reader gives space back at any step of it", () => {
    const orders = atEveryStep({
      arrange: fullRing,
      act: waitForSpace,
      meanwhile: readOne,
      check: (ring, end, order) => {
        if (end instanceof Asleep) expect(end.isWoken, order).toBe(true);
        expect(ring.writer.tryReserve(0), order).not.toBe(FULL);
      },
    });
    expect(orders).toBeGreaterThan(4);
  });

  test("loses no wake-up when it begins to wait at any step at which the reader gives space back", () => {
    atEveryStep({
      arrange: () => ({ ...fullRing(), writerEnd: undefined as unknown }),
      act: readOne,
      meanwhile: (ring) => {
        ring.writerEnd = endOfNested(() => waitForSpace(ring));
      },
      check: (ring, _, order) => {
        if (ring.writerEnd instanceof Asleep) expect(ring.writerEnd.isWoken, order).toBe(true);
      },
    });
  });

  test("is away from the queue meanwhile, so it can be killed there", () => {
    const ring = fullRing();
    expect(endOfNested(() => waitForSpace(ring))).toBeInstanceOf(Asleep);
    // It would sleep for ever if the worker were at the queue.
    expect(endOfNested(() => shutGate(ring.views, WORKER))).toBeUndefined();
  });

  test("does not say that it wants space when it is killed", () => {
    const ring = fullRing();
    shutGate(ring.views, WORKER);
    expect(endOfNested(() => waitForSpace(ring))).toBeInstanceOf(Asleep);
    expect(ring.reader.commit()).toBe(false);
  });

  test("waits as a promise while its event loop turns", async () => {
    const ring = fullRing();
    const tryPublish = (): boolean => ring.writer.tryReserve(0) !== FULL;
    const published = parkUntil(spaceRounds(ring.gate, ring.writer, tryPublish, 0));
    expect(endOf(() => ring.writer.tryReserve(0))).toBe(FULL);
    readOne(ring);
    expect(await published).toBeUndefined();
  });
});
