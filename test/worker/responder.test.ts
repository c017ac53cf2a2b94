import { describe, expect, test } from "bun:test";
import { MessageChannel } from "node:worker_threads";
import { WorkerGate, announceStart, isGateOpen } from "../../native-queue/index.ts";
import { PayloadError } from "../../src/errors.ts";
import {
  DYING,
  FAILED,
  NOT_INITIALIZED,
  NO_TASK,
  PROGRESS,
  SUCCEEDED,
  UNCAUGHT,
} from "../../src/protocol/flags.ts";
import { Outbox } from "../../src/worker/outbox.ts";
import { Responder } from "../../src/worker/responder.ts";
import { turns } from "./fixtures/turns.ts";
import { SLOT, WorkerScene } from "./fixtures/worker-scene.ts";
import type { Reply } from "./fixtures/worker-scene.ts";

/** A responder, and three requests that its worker has claimed. */
class ResponderScene extends WorkerScene {
  readonly gate: WorkerGate;
  readonly outbox: Outbox;
  readonly responder: Responder;
  /** The tasks whose outcomes have been published, in this order. */
  readonly ended: number[] = [];

  constructor(ringBytes?: number) {
    super({}, ringBytes);
    announceStart(this.views, SLOT);
    this.gate = new WorkerGate(this.views, SLOT);
    this.outbox = new Outbox(this.init, this.gate);
    this.responder = new Responder(this.gate, this.outbox, (task) => {
      this.ended.push(task);
      this.gate.leave();
    });
    for (let i = 0; i < 3; i++) {
      this.put([]);
      this.gate.claim();
    }
    this.gate.leave();
  }

  /** Fills the result ring with numbers. */
  fill(): void {
    while (this.outbox.tryPublishNumber(0, -1));
    this.gate.leave();
  }

  /** Reads frames until so many outcomes have come that `fill` has not written. */
  async outcomes(count: number): Promise<Reply[]> {
    const found: Reply[] = [];
    while (found.length < count)
      found.push(...(await this.replies(1)).filter(({ value }) => value !== -1));
    return found;
  }
}

function errorIn(reply: Reply | undefined): Error {
  return reply?.value as Error;
}

describe("a result", () => {
  test.each([
    ["a number", 5],
    ["a short text", "text"],
    ["an object", { a: [1, 2] }],
  ])("that is %s is published at once, and then its run is over", (_, value) => {
    using scene = new ResponderScene();
    expect(scene.responder.replySuccess(1, value)).toBeUndefined();
    expect(scene.ended).toEqual([1]);
    expect(scene.read()).toEqual([{ task: 1, status: SUCCEEDED, value }]);
  });

  test("that is too long for the ring travels in memory of its own", () => {
    using scene = new ResponderScene();
    const value = "ab".repeat(10_000);
    expect(scene.responder.replySuccess(1, value)).toBeUndefined();
    expect(scene.read()).toEqual([{ task: 1, status: SUCCEEDED, value }]);
  });

  test("that cannot be encoded fails its request with the reason", () => {
    using scene = new ResponderScene();
    expect(scene.responder.replySuccess(1, { f: () => {} })).toBeUndefined();
    expect(scene.ended).toEqual([1]);
    const [reply] = scene.read();
    expect(reply).toMatchObject({ task: 1, status: FAILED });
    expect(reply?.value).toBeInstanceOf(PayloadError);
    expect(reply?.value).toHaveProperty("path", "result.f");
  });

  test("with a part that cannot be sent fails its request", () => {
    using scene = new ResponderScene();
    const { port1, port2 } = new MessageChannel();
    port1.close();
    port2.close();
    void scene.responder.replySuccess(1, { port: port1 });
    const [reply] = scene.read();
    expect(reply).toMatchObject({ task: 1, status: FAILED });
    expect(scene.ended).toEqual([1]);
  });
});

describe("while the result ring is full", () => {
  test.each([
    ["a number", 5],
    ["an object", { a: 1 }],
  ])("%s waits for space, and its run goes on until it is published", async (_, value) => {
    using scene = new ResponderScene(256);
    scene.fill();
    const replied = scene.responder.replySuccess(1, value);
    expect(replied).toBeInstanceOf(Promise);
    await turns(3);
    expect(scene.ended).toEqual([]);
    expect(await scene.outcomes(1)).toEqual([{ task: 1, status: SUCCEEDED, value }]);
    await replied;
    expect(scene.ended).toEqual([1]);
  });

  test("a result stays as it was when its callable returned it", async () => {
    using scene = new ResponderScene(1 << 14);
    scene.fill();
    const buffer = new Uint8Array(1000).fill(1);
    const replied = scene.responder.replySuccess(1, buffer);
    buffer.fill(2);
    const [reply] = await scene.outcomes(1);
    expect(reply?.value).toEqual(new Uint8Array(1000).fill(1));
    await replied;
  });

  test("later outcomes that need the encoder wait for the first, and all arrive", async () => {
    using scene = new ResponderScene(256);
    scene.fill();
    const replied = [
      scene.responder.replySuccess(0, { a: 1 }),
      scene.responder.replySuccess(1, { b: 2 }),
      scene.responder.replyFailure(2, "thrown"),
    ];
    expect(await scene.outcomes(3)).toEqual([
      { task: 0, status: SUCCEEDED, value: { a: 1 } },
      { task: 1, status: SUCCEEDED, value: { b: 2 } },
      { task: 2, status: FAILED, value: "thrown" },
    ]);
    await Promise.all(replied);
    expect(scene.ended).toEqual([0, 1, 2]);
  });

  test("the worker is away from the queue", async () => {
    using scene = new ResponderScene(256);
    scene.fill();
    void scene.responder.replySuccess(1, { a: 1 });
    expect(isGateOpen(scene.views, SLOT)).toBe(true);
    await turns(3);
    expect(isGateOpen(scene.views, SLOT)).toBe(true);
  });
});

describe("what a callable throws", () => {
  test("fails its request, and then its run is over", () => {
    using scene = new ResponderScene();
    expect(scene.responder.replyFailure(1, new RangeError("too far"))).toBeUndefined();
    const [reply] = scene.read();
    expect(reply).toMatchObject({ task: 1, status: FAILED });
    expect(errorIn(reply)).toBeInstanceOf(RangeError);
    expect(errorIn(reply).message).toBe("too far");
    expect(scene.ended).toEqual([1]);
  });

  test("arrives without its parts when one of them cannot be sent", () => {
    using scene = new ResponderScene();
    const { port1, port2 } = new MessageChannel();
    port1.close();
    port2.close();
    void scene.responder.replyFailure(1, Object.assign(new Error("with a port"), { port: port1 }));
    const [reply] = scene.read();
    expect(reply).toMatchObject({ task: 1, status: FAILED });
    expect(errorIn(reply).message).toBe("with a port");
    expect(scene.ended).toEqual([1]);
  });
});

describe("what a callable reports", () => {
  test("is sent at once, its run goes on, and the worker is away from the queue", () => {
    using scene = new ResponderScene();
    scene.responder.report(1, { done: 0.5 });
    expect(isGateOpen(scene.views, SLOT)).toBe(true);
    expect(scene.ended).toEqual([]);
    expect(scene.read()).toEqual([{ task: 1, status: PROGRESS, value: { done: 0.5 } }]);
  });

  test("may come from a getter of a result that is being encoded", () => {
    using scene = new ResponderScene();
    const result = {
      before: "b",
      get value() {
        scene.responder.report(1, ["half"]);
        return 1;
      },
    };
    void scene.responder.replySuccess(1, result);
    expect(scene.read()).toEqual([
      { task: 1, status: PROGRESS, value: ["half"] },
      { task: 1, status: SUCCEEDED, value: { before: "b", value: 1 } },
    ]);
  });

  test("throws when it cannot be sent", () => {
    using scene = new ResponderScene();
    expect(() => scene.responder.report(1, () => {})).toThrow(PayloadError);
    expect(scene.read()).toEqual([]);
  });
});

describe("the end of a worker", () => {
  const error = new Error("uncaught");

  test("fails every request that it runs with the uncaught error", () => {
    using scene = new ResponderScene();
    scene.responder.failAll([2, 0], error);
    const replies = scene.read();
    expect(replies.map(({ task, status }) => [task, status])).toEqual([
      [2, DYING],
      [0, DYING],
    ]);
    expect(replies.map((reply) => errorIn(reply).message)).toEqual(["uncaught", "uncaught"]);
    expect(scene.ended).toEqual([2, 0]);
  });

  test("is told of no task when it runs none", () => {
    using scene = new ResponderScene();
    scene.responder.tellUncaught(error);
    const [reply] = scene.read();
    expect(reply).toMatchObject({ task: NO_TASK, status: UNCAUGHT });
    expect(errorIn(reply).message).toBe("uncaught");
    expect(scene.ended).toEqual([]);
  });

  test("is told of no task when its initializer has failed", () => {
    using scene = new ResponderScene();
    scene.responder.failInitializer(error);
    const [reply] = scene.read();
    expect(reply).toMatchObject({ task: NO_TASK, status: NOT_INITIALIZED });
    expect(errorIn(reply).message).toBe("uncaught");
  });

  test("is told although the error came while a result was being encoded", () => {
    using scene = new ResponderScene();
    const result = {
      before: "b",
      get value() {
        scene.responder.failAll([1], error);
        return 1;
      },
    };
    void scene.responder.replySuccess(1, result);
    const [reply] = scene.read();
    expect(reply).toMatchObject({ task: 1, status: DYING });
    expect(errorIn(reply).message).toBe("uncaught");
  });
});
