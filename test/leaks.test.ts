/** `bun run leaks` in short: repeated work leaves nothing behind, and the command would notice if it did. */
import { existsSync } from "node:fs";
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { growthOf } from "../scripts/leaks/growth.ts";
import type { Figures } from "../scripts/leaks/figures.ts";
import { SCRIPT_TEST_MS, reportOf } from "./pool/script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** The memory of some ten pools of 50: that of the last few may not have been found to be garbage yet. */
const SOME_POOLS_MB = 700;
/** Half of what the result rings of 50 dead workers are. */
const SOME_RINGS_MB = 25;

const script = new URL("../scripts/leaks.ts", import.meta.url);

interface Report {
  readonly before: Figures;
  readonly after: Figures;
  readonly growth: ReturnType<typeof growthOf>;
}

function countsOf({ descriptors, workerThreads, listeners }: Figures): object {
  return { descriptors, workerThreads, listeners };
}

describe.skipIf(!existsSync("/proc/self/task"))("nothing is left behind", () => {
  test.each([
    ["50 pools that are closed", "pools-closed", 50, SOME_POOLS_MB],
    ["50 pools that are terminated", "pools-terminated", 50, SOME_POOLS_MB],
    ["50 workers that are terminated", "deaths-terminate", 50, SOME_RINGS_MB],
    ["50 workers that exit", "deaths-exit", 50, SOME_RINGS_MB],
    ["50 workers that end by an uncaught error", "deaths-uncaught", 50, SOME_RINGS_MB],
    ["200,000 requests", "requests", 200_000, SOME_RINGS_MB],
  ])("by %s", async (_, name, count, mostBuffersMb) => {
    const { before, after, growth } = (await reportOf(
      script,
      name,
      "--count",
      `${count}`,
      "--json",
    )) as Report;
    expect(countsOf(after)).toEqual(countsOf(before));
    expect(after.buffersMb - before.buffersMb).toBeLessThan(mostBuffersMb);
    expect(growth.filter(({ grows }) => grows)).toEqual([]);
  });
});

describe("growth without bound", () => {
  const flat: Figures = {
    residentMb: 60,
    heapMb: 3,
    buffersMb: 70,
    descriptors: 6,
    threads: 10,
    workerThreads: 1,
    listeners: 1,
  };

  function grownIn(course: (sample: number) => Partial<Figures>): string[] {
    const samples = Array.from({ length: 30 }, (_, i) => ({ ...flat, ...course(i) }));
    return growthOf(samples)
      .filter(({ grows }) => grows)
      .map(({ figure }) => figure);
  }

  test("is not seen in ups and downs, nor in what comes to an end early", () => {
    expect(grownIn(() => ({}))).toEqual([]);
    expect(grownIn((i) => ({ residentMb: 60 + (i % 2) * 100, threads: 9 + (i % 3) }))).toEqual([]);
    expect(
      grownIn((i) => ({ residentMb: Math.min(200, 60 + i * 30), heapMb: i < 9 ? 1 : 9 })),
    ).toEqual([]);
    // A thread that is about to go when the others have gone.
    expect(grownIn((i) => ({ workerThreads: i === 29 ? 2 : 1 }))).toEqual([]);
  });

  test("is seen in whatever keeps growing", () => {
    const course = (i: number): Figures => ({
      residentMb: 60 + 3 * i,
      heapMb: 3 + i / 3,
      buffersMb: 70 * i,
      descriptors: 6 + Math.floor(i / 5),
      threads: 10 + i,
      workerThreads: Math.floor(i / 10),
      listeners: 1 + Math.floor(i / 8),
    });
    expect(grownIn(course)).toEqual(Object.keys(flat));
  });
});
