/** Workers that publish what no worker should: no request but their own suffers, and the parent goes on. */
import { afterAll, describe, expect, test } from "bun:test";
import { PayloadError, ThreadPool, WorkerDied } from "../../../src/index.ts";
import { damageAtGate, damageFrame, damageSideMessage } from "../fixtures/damage.ts";
import type { FrameDamage, SideDamage } from "../fixtures/damage.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import { add, hold } from "../fixtures/tasks.ts";
import { rejection } from "../rejection.ts";

const RING_BYTES = 1 << 20;

const faults: [string, FrameDamage, RegExp][] = [
  ["a negative length", { length: -2 }, /length=-2/],
  ["a length beyond what is published", { length: 1000 }, /length=1000/],
  ["a length beyond the ring", { length: RING_BYTES }, /length=/],
  ["the greatest length", { length: 0x7fffffff }, /length=2147483647/],
  ["padding up to the end of the ring", { length: -1 }, /length=-1/],
  ["no task", { task: -1 }, /task=-1/],
  ["a task beyond all", { task: 1024 }, /task=1024/],
  ["a task that is not in use", { task: 0 }, /task=0/],
  ["another generation", { generation: 1 }, /task=/],
  ["no status", { status: 0 }, /status=0/],
  ["a status that there is not", { status: 10 }, /status=10/],
  ["flags that there are not", { status: 0x801 }, /status=2049/],
  ["a tail that went back", { tail: -1024 }, /tail/],
  ["a tail a lap ahead", { tail: RING_BYTES }, /tail/],
  ["a tail between two places", { tail: 1 }, /tail/],
  ["a tail far ahead", { tail: 0x40000000 }, /tail/],
];

describe("a worker whose ring is damaged is ended and replaced, and its request fails", () => {
  for (const [title, damage, message] of faults) {
    test(title, async () => {
      await using pool = new ThreadPool(2);
      const gate = newGate();
      const other = pool.run(hold, [gate, "unharmed"]);
      const died = (await rejection(pool.run(damageFrame, [damage, "result"]))) as WorkerDied;
      expect(died).toBeInstanceOf(WorkerDied);
      expect(died.message).toContain("its results made no sense");
      expect((died.cause as Error).message).toMatch(message);
      open(gate);
      expect(await other).toBe("unharmed");
      expect(pool.workers).toHaveLength(2);
      expect(pool.workers.some(({ id }) => id === died.workerId)).toBe(false);
      expect(await Promise.all([1, 2, 3, 4].map((n) => pool.run(add, [n, n])))).toEqual([
        2, 4, 6, 8,
      ]);
    });
  }

  test("while the parent blocks", () => {
    using pool = new ThreadPool(1);
    expect(() => pool.runSync(damageFrame, [{ length: -2 }, "result"])).toThrow(WorkerDied);
    expect(pool.runSync(add, [1, 2])).toBe(3);
  });

  test("although it was dismissed, and then without a successor", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const died = rejection(pool.run(damageAtGate, [gate, { status: 0 }]));
    await arrivals(gate, 1);
    pool.dismissWorkers(1);
    open(gate);
    expect(await died).toBeInstanceOf(WorkerDied);
    pool.joinAllDismissedWorkers();
    expect(pool.workers).toEqual([]);
    pool.createWorkers(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("although what it published before can be read: that is delivered", async () => {
    await using pool = new ThreadPool(1);
    const before = Array.from({ length: 20 }, (_, n) => pool.run(add, [n, 1]));
    const died = rejection(pool.run(damageFrame, [{ length: -2 }, "result"]));
    const after = Array.from({ length: 20 }, (_, n) => pool.run(add, [n, 2]));
    expect(await Promise.all(before)).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(await died).toBeInstanceOf(WorkerDied);
    // Requests behind the damage may have run. The pool cannot know, so each has one outcome.
    for (const { status, ...outcome } of await Promise.allSettled(after)) {
      if (status === "rejected") {
        expect((outcome as { reason: unknown }).reason).toBeInstanceOf(WorkerDied);
      }
    }
    expect(pool.stats().pending).toBe(0);
  });
});

describe("a payload that cannot be read fails its own request alone", () => {
  test.each([
    ["bytes that are no value", { payload: -1 }, "a result"],
    ["a number that is not as long as one", { status: 0x201 }, "a result"],
    ["an out-of-band message that was never sent", { status: 0x101 }, "a result"],
  ])("%s", async (_, damage, result) => {
    await using pool = new ThreadPool(1);
    const error = await rejection(pool.run(damageFrame, [damage, result]));
    expect(error).toBeInstanceOf(PayloadError);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(pool.workers.map(({ id }) => id)).toEqual([1]);
  });
});

describe("an out-of-band message of another shape fails its own request alone", () => {
  const LONG = 1 << 18;
  const damages: [string, SideDamage, number][] = [
    ["null", { fields: null }, 8],
    ["a number", { fields: 5 }, 8],
    ["text", { fields: "side" }, 8],
    ["no task", { fields: { task: undefined } }, 8],
    ["another task", { fields: { task: 7 } }, 8],
    ["a task that is no number", { fields: { task: {} } }, 8],
    ["another generation", { fields: { generation: -1 } }, 8],
    ["no handles", { fields: { handles: undefined } }, 8],
    ["handles that are no array", { fields: { handles: { length: 4 } } }, 8],
    ["too few handles", { fields: { handles: [] } }, 8],
    ["a length in the place of the payload", { fields: { spill: 1e12 } }, LONG],
    ["a payload that is not shared", { fields: { spill: new ArrayBuffer(8) } }, LONG],
    ["a payload that is too short", { fields: { spill: new SharedArrayBuffer(8) } }, LONG],
    ["a payload of zeros", { fields: { spill: new SharedArrayBuffer(LONG * 2) } }, LONG],
    ["no length", { fields: { spillBytes: undefined } }, LONG],
    ["a negative length", { fields: { spillBytes: -5 } }, LONG],
    ["a length that is no number", { fields: { spillBytes: NaN } }, LONG],
    ["a length that is too large", { fields: { spillBytes: 2 ** 40 } }, LONG],
  ];
  const pool = new ThreadPool(1);
  afterAll(() => pool.close());

  test.each(damages)("%s", async (_, damage, bytes) => {
    const outcome = await rejection(pool.run(damageSideMessage, [damage, bytes]));
    expect(outcome).toBeInstanceOf(PayloadError);
    const [shared, whole] = (await pool.run(damageSideMessage, [{}, bytes])) as [unknown, string];
    expect(shared).toBeInstanceOf(SharedArrayBuffer);
    expect(whole).toBe("7".repeat(bytes));
    expect(pool.workers.map(({ id }) => id)).toEqual([1]);
  });

  test("and is passed over when the right one comes after it", async () => {
    const before = [
      null,
      5,
      "text",
      [],
      {},
      { task: 0, generation: 0, handles: [], spillBytes: 0 },
    ];
    const [shared] = (await pool.run(damageSideMessage, [{ before }, 8])) as [unknown];
    expect(shared).toBeInstanceOf(SharedArrayBuffer);
  });

  test("and however many come, the parent does not read for ever", async () => {
    const before = Array.from({ length: 5000 }, () => "noise");
    expect(await rejection(pool.run(damageSideMessage, [{ before }, 8]))).toBeInstanceOf(
      PayloadError,
    );
    expect(await pool.run(add, [1, 2])).toBe(3);
  });
});
