/** What becomes of a request that finds the queue full, by rejection policy. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { QueueFull, WorkRequest } from "../../src/index.ts";
import type { ExcInfo } from "../../src/index.ts";
import { open } from "./fixtures/gate.ts";
import { echo } from "./fixtures/tasks.ts";
import { fullPool } from "./full-pool.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("throw", () => {
  test("refuses what finds the queue full, and keeps what is in it", async () => {
    await using full = await fullPool("throw");
    const { pool, gate, held, queued } = full;
    expect(await rejection(pool.run(echo, [1]))).toBeInstanceOf(QueueFull);
    expect(() => pool.runSync(echo, [1])).toThrow(QueueFull);
    expect(() => pool.putRequest(new WorkRequest(echo, [1]))).toThrow("qSize=1");
    open(gate);
    expect(await Promise.all([held, queued])).toEqual(["held", "queued"]);
    expect(pool.stats()).toMatchObject({ put: 2, succeeded: 2 });
  });
});

describe("discardOldest", () => {
  test("fails what has waited longest, and nothing that runs", async () => {
    await using full = await fullPool("discardOldest");
    const { pool, gate, held, queued } = full;
    const newer = pool.run(echo, ["newer"]);
    newer.catch(() => {});
    const error = await rejection(queued);
    expect(error).toBeInstanceOf(QueueFull);
    expect((error as Error).message).toContain("discarded");
    const newest = pool.run(echo, ["newest"]);
    expect(await rejection(newer)).toBeInstanceOf(QueueFull);
    open(gate);
    expect(await Promise.all([held, newest])).toEqual(["held", "newest"]);
  });

  test("tells the exception callback of what it discards", async () => {
    await using full = await fullPool("discardOldest");
    const { pool, gate, queued, held } = full;
    const names: string[] = [];
    const excCallback = (_: unknown, [name]: ExcInfo): void => {
      names.push(name);
    };
    pool.putRequest(new WorkRequest(echo, [1], {}, { excCallback }));
    await rejection(queued);
    const last = pool.run(echo, ["last"]);
    open(gate);
    expect(await Promise.all([held, last])).toEqual(["held", "last"]);
    await pool.settled();
    expect(names).toEqual(["QueueFull"]);
  });
});

describe("block", () => {
  test("has run wait in the queue all the same, and putRequest and runSync for room", async () => {
    await using full = await fullPool("block");
    const { pool, gate, held, queued } = full;
    const more = pool.run(echo, ["more"]);
    expect(() => pool.putRequest(new WorkRequest(echo, [1]), false)).toThrow(QueueFull);
    expect(() => pool.putRequest(new WorkRequest(echo, [1]), true, 1)).toThrow(QueueFull);
    open(gate);
    expect(pool.runSync(echo, ["sync"])).toBe("sync");
    expect(await Promise.all([held, queued, more])).toEqual(["held", "queued", "more"]);
  });
});
