import { describe, expect, test } from "bun:test";
import { INLINE_BYTES, postedCount } from "../../../native-queue/index.ts";
import { ThreadPool } from "../../../src/index.ts";
import { ARENAS } from "../../../src/protocol/index.ts";
import { meetWithText } from "../fixtures/meeting.ts";
import { playWorkers } from "../played-worker.ts";
import { addWorker, put, staffedQueueRoom } from "../pool-parts.ts";
import type { StaffedQueueRoom } from "../pool-parts.ts";

/** Longer than what a task holds, and shorter than what is spilled. */
const LONG = "x".repeat(10 * INLINE_BYTES);
/** The longest payload of each arena. */
const LONGEST = ARENAS.map(({ bytes }) => bytes / 16);
/** Too long for the first arena. */
const LONGER = "y".repeat(2 * LONGEST[0]!);
/** Too long for the second one. */
const STILL_LONGER = "z".repeat(2 * LONGEST[1]!);

function posted({ channels, channel }: StaffedQueueRoom): number {
  return postedCount(channels.views, channel.slot);
}

describe("an arena", () => {
  const played = playWorkers();

  test("is not made while all payloads fit into their tasks", () => {
    const room = staffedQueueRoom(played);
    put(room, ["short"]);
    expect(posted(room)).toBe(0);
  });

  test("is posted to every worker before the first request that needs it, and once", () => {
    const room = staffedQueueRoom(played);
    const texts = [LONG, LONG, LONGER, LONG, LONGER, STILL_LONGER, LONG, STILL_LONGER];
    const postedAfter = texts.map((text) => {
      put(room, [text]);
      return posted(room);
    });
    expect(postedAfter).toEqual([1, 1, 2, 2, 2, 3, 3, 3]);
  });

  test("is posted to a worker that starts later, before that begins", () => {
    const room = staffedQueueRoom(played);
    put(room, [LONG]);
    put(room, [LONGER]);
    const { channel } = addWorker(room, played, "not started");
    expect(posted({ ...room, channel })).toBe(2);
  });

  test.each([
    [0, 20, 2],
    [1, 20, 2],
    [0, 90, 3],
  ])("that is full leaves its payloads to a larger one", (index, count, made) => {
    const room = staffedQueueRoom(played);
    const text = "x".repeat(LONGEST[index]! - 100);
    const spilled = Array.from({ length: count }, () => put(room, [text])).filter(
      ({ pending }) => pending.outOfBand !== undefined,
    );
    expect([spilled, posted(room)]).toEqual([[], made]);
  });
});

describe.each([LONG, LONGER, STILL_LONGER])("a payload in an arena reaches", (text) => {
  /** Every worker gets one: the callables wait for each other. */
  function reachAll(pool: ThreadPool): Promise<number[]> {
    const all = pool.workers.length;
    const arrived = new Int32Array(new SharedArrayBuffer(4));
    const runs = Array.from({ length: all }, () => pool.run(meetWithText, [arrived, all, text]));
    return Promise.all(runs);
  }

  test("all workers, those that start later and successors of dead ones", async () => {
    await using pool = new ThreadPool(2);
    expect(await reachAll(pool)).toEqual([text.length, text.length]);
    pool.createWorkers(1);
    expect(await reachAll(pool)).toEqual(Array.from({ length: 3 }, () => text.length));
    for (const worker of pool.workers) worker.terminate();
    expect(await reachAll(pool)).toEqual(Array.from({ length: 3 }, () => text.length));
  });

  test("a worker whose first request needs it, in a blocking call", () => {
    using pool = new ThreadPool(1);
    const arrived = new Int32Array(new SharedArrayBuffer(4));
    expect(pool.runSync(meetWithText, [arrived, 1, text])).toBe(text.length);
  });

  test("a worker by way of the backlog", async () => {
    await using pool = new ThreadPool(1);
    const runs = Array.from(
      { length: text === LONG ? 3000 : text === LONGER ? 1100 : 60 },
      (_, i) => {
        const arrived = new Int32Array(new SharedArrayBuffer(4));
        return pool.run(meetWithText, [arrived, 1, text.slice(i % 7)]);
      },
    );
    expect(await Promise.all(runs)).toEqual(runs.map((_, i) => text.length - (i % 7)));
  });
});
