import { describe, expect, test } from "bun:test";
import { INLINE_BYTES, postedCount } from "../../../native-queue/index.ts";
import { ThreadPool } from "../../../src/index.ts";
import { meetWithText } from "../fixtures/meeting.ts";
import { playWorkers } from "../played-worker.ts";
import { addWorker, put, staffedQueueRoom } from "../pool-parts.ts";
import type { StaffedQueueRoom } from "../pool-parts.ts";

/** Longer than what a task holds, and shorter than what is spilled. */
const LONG = "x".repeat(10 * INLINE_BYTES);

function posted({ channels, channel }: StaffedQueueRoom): number {
  return postedCount(channels.views, channel.slot);
}

describe("the arena", () => {
  const played = playWorkers();

  test("does not exist while all payloads fit into their tasks", () => {
    const room = staffedQueueRoom(played);
    put(room, ["short"]);
    expect([room.tasks.views.arenaBytes, posted(room)]).toEqual([undefined, 0]);
  });

  test("is posted to every worker before the first request that needs it, and once", () => {
    const room = staffedQueueRoom(played);
    put(room, [LONG]);
    put(room, [LONG]);
    expect(posted(room)).toBe(1);
  });

  test("is posted to a worker that starts later, before that begins", () => {
    const room = staffedQueueRoom(played);
    put(room, [LONG]);
    const { channel } = addWorker(room, played, "not started");
    expect(posted({ ...room, channel })).toBe(1);
  });
});

describe("a payload in the arena reaches", () => {
  /** Every worker gets one: the callables wait for each other. */
  async function reachAll(pool: ThreadPool): Promise<number[]> {
    const all = pool.workers.length;
    const arrived = new Int32Array(new SharedArrayBuffer(4));
    const runs = Array.from({ length: all }, () => pool.run(meetWithText, [arrived, all, LONG]));
    return await Promise.all(runs);
  }

  test("all workers, those that start later and successors of dead ones", async () => {
    await using pool = new ThreadPool(2);
    expect(await reachAll(pool)).toEqual([LONG.length, LONG.length]);
    pool.createWorkers(1);
    expect(await reachAll(pool)).toEqual(Array.from({ length: 3 }, () => LONG.length));
    for (const worker of pool.workers) worker.terminate();
    expect(await reachAll(pool)).toEqual(Array.from({ length: 3 }, () => LONG.length));
  });

  test("a worker whose first request needs it, in a blocking call", () => {
    using pool = new ThreadPool(1);
    const arrived = new Int32Array(new SharedArrayBuffer(4));
    expect(pool.runSync(meetWithText, [arrived, 1, LONG])).toBe(LONG.length);
  });

  test("a worker by way of the backlog", async () => {
    await using pool = new ThreadPool(1);
    const runs = Array.from({ length: 3000 }, (_, i) => {
      const arrived = new Int32Array(new SharedArrayBuffer(4));
      return pool.run(meetWithText, [arrived, 1, LONG.slice(i % 7)]);
    });
    expect(await Promise.all(runs)).toEqual(runs.map((_, i) => LONG.length - (i % 7)));
  });
});
