import { describe, expect, spyOn, test } from "bun:test";
import { replaceable } from "../replaceable.ts";
import workerThreads from "node:worker_threads";
import { WorkerGate, announceStart, claim, isGateOpen } from "../../native-queue/index.ts";
import type { CallableMessage } from "../../src/protocol/messages.ts";
import { FETCH, OUT_OF_BAND_ON_DEMAND, OUT_OF_BAND_POSTED } from "../../src/protocol/flags.ts";
import { outOfBandMessage, withSpill } from "../../src/protocol/out-of-band.ts";
import type { OutOfBandParts } from "../../src/protocol/out-of-band.ts";
import { Inbox } from "../../src/worker/inbox.ts";
import { Outbox } from "../../src/worker/outbox.ts";
import { turns } from "./fixtures/turns.ts";
import { SLOT, WorkerScene } from "./fixtures/worker-scene.ts";

const OTHER_SLOT = SLOT + 1;

class InboxScene extends WorkerScene {
  readonly gate: WorkerGate;
  readonly outbox: Outbox;
  readonly inbox: Inbox;

  constructor(ringBytes?: number) {
    super({}, ringBytes);
    announceStart(this.views, SLOT);
    this.gate = new WorkerGate(this.views, SLOT);
    this.outbox = new Outbox(this.init, this.gate);
    this.inbox = new Inbox(this.init, this.views, this.outbox);
  }

  /** The worker claims the oldest request, and leaves the queue. */
  claim(): number {
    const task = this.gate.claim();
    this.gate.leave();
    return task;
  }
}

function partsOf(bytes: number): OutOfBandParts {
  return withSpill(undefined, new SharedArrayBuffer(bytes), bytes);
}

describe("the definition of a callable", () => {
  const definition: CallableMessage["definition"] = {
    kind: "source",
    name: "f",
    source: "() => 1",
  };

  test("is there when the worker was started with it", () => {
    using scene = new InboxScene();
    expect(scene.inbox.definition(0)).toBe(scene.init.callables[0]!.definition);
  });

  test("is there once it has come", () => {
    using scene = new InboxScene();
    scene.inbox.define({ id: 1, definition });
    expect(scene.inbox.definition(1)).toBe(definition);
  });

  test("that is on its way is given to all who wait for it", async () => {
    using scene = new InboxScene();
    const waiting = [scene.inbox.definition(1), scene.inbox.definition(1)];
    scene.inbox.define({ id: 1, definition });
    expect(await Promise.all(waiting)).toEqual([definition, definition]);
  });
});

describe("the out-of-band message of a claimed task", () => {
  test("is taken without asking when it was posted before the task was put", async () => {
    using scene = new InboxScene();
    const task = scene.put([], { flags: OUT_OF_BAND_POSTED });
    scene.postParts(task, partsOf(10));
    scene.claim();
    expect(await scene.inbox.fetch(task)).toMatchObject({ task, spillBytes: 10 });
    expect(scene.read()).toEqual([]);
  });

  test("is asked for when it was not posted, and waited for", async () => {
    using scene = new InboxScene();
    const task = scene.put([], { flags: OUT_OF_BAND_ON_DEMAND });
    scene.claim();
    const fetched = scene.inbox.fetch(task);
    expect(scene.read()).toEqual([{ task, status: FETCH, value: undefined }]);
    await turns(3);
    scene.postParts(task, partsOf(10));
    expect(await fetched).toMatchObject({ task, spillBytes: 10 });
  });

  test("is not the one of an earlier use of the task", async () => {
    using scene = new InboxScene();
    scene.put([]);
    const task = scene.put([], { flags: OUT_OF_BAND_ON_DEMAND });
    scene.claim();
    scene.claim();
    // Posted for the position of the first request, so its generation is another one.
    scene.post(outOfBandMessage(task, scene.producer.positionOf(0), partsOf(10)));
    const fetched = scene.inbox.fetch(task);
    expect(scene.read()).toEqual([{ task, status: FETCH, value: undefined }]);
    scene.postParts(task, partsOf(20));
    expect(await fetched).toMatchObject({ task, spillBytes: 20 });
  });

  test("is asked for once there is space, when the result ring is full", async () => {
    using scene = new InboxScene(128);
    const task = scene.put([], { flags: OUT_OF_BAND_ON_DEMAND });
    scene.claim();
    while (scene.outbox.tryPublishNumber(task, 1));
    scene.gate.leave();
    const fetched = scene.inbox.fetch(task);
    await turns(3);
    const replies = scene.read();
    expect(replies.map(({ value }) => value)).toEqual(replies.map(() => 1));
    expect(await scene.replies(1)).toEqual([{ task, status: FETCH, value: undefined }]);
    scene.postParts(task, partsOf(10));
    expect(await fetched).toMatchObject({ task, spillBytes: 10 });
  });

  test("leaves the worker away from the queue while it is waited for", async () => {
    using scene = new InboxScene();
    const task = scene.put([], { flags: OUT_OF_BAND_ON_DEMAND });
    scene.gate.claim();
    const fetched = scene.inbox.fetch(task);
    await turns(3);
    expect(isGateOpen(scene.views, SLOT)).toBe(true);
    scene.postParts(task, partsOf(10));
    expect(await fetched).toMatchObject({ task });
  });
});

describe("a message that was posted to every worker", () => {
  test("is kept while this worker may still claim its task, and dropped when another one has claimed it", () => {
    using scene = new InboxScene();
    const task = scene.put([], { flags: OUT_OF_BAND_POSTED });
    scene.postParts(task, partsOf(10));
    expect(scene.inbox.hasUnread).toBe(true);
    scene.inbox.read();
    expect(scene.inbox.hasUnread).toBe(true);
    expect(claim(scene.views, OTHER_SLOT)).toBe(task);
    scene.inbox.read();
    expect(scene.inbox.hasUnread).toBe(false);
  });

  test("makes the engine collect garbage when it kept much memory alive and is dropped", () => {
    using scene = new InboxScene();
    using gc = spyOn(replaceable, "gc");
    for (const bytes of [1 << 24, 1 << 24]) {
      expect(gc).toHaveBeenCalledTimes(0);
      const task = scene.put([], { flags: OUT_OF_BAND_POSTED });
      scene.postParts(task, partsOf(bytes));
      claim(scene.views, OTHER_SLOT);
      scene.inbox.read();
    }
    expect(gc).toHaveBeenCalledTimes(1);
  });

  test("that comes while the port is read is looked for once more", () => {
    using scene = new InboxScene();
    const task = scene.put([], { flags: OUT_OF_BAND_POSTED });
    scene.postParts(task, partsOf(10));
    const receive = workerThreads.receiveMessageOnPort;
    {
      using port = spyOn(workerThreads, "receiveMessageOnPort");
      port.mockImplementation((from) => {
        const received = receive(from);
        if (received === undefined) {
          port.mockImplementation(receive);
          scene.post({ id: 1, buffer: new SharedArrayBuffer(8) });
        }
        return received;
      });
      claim(scene.views, OTHER_SLOT);
      scene.inbox.read();
    }
    expect(scene.inbox.hasUnread).toBe(true);
    expect(scene.inbox.sharedBuffer(1)?.byteLength).toBe(8);
    expect(scene.inbox.hasUnread).toBe(false);
  });
});

describe("a shared buffer", () => {
  test("is found by its number, and forgotten when the parent says so", () => {
    using scene = new InboxScene();
    const buffer = new SharedArrayBuffer(16);
    scene.post({ id: 5, buffer });
    expect(scene.inbox.sharedBuffer(5)?.byteLength).toBe(16);
    expect(scene.inbox.sharedBuffer(6)).toBeUndefined();
    scene.post({ id: 5, buffer: undefined });
    scene.inbox.read();
    expect(scene.inbox.sharedBuffer(5)).toBeUndefined();
  });
});
