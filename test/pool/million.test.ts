import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const MILLION = 1_000_000;
const SUM = (MILLION * (MILLION - 1)) / 2;

/** A million further requests at a few bytes each would come to more. */
const HEAP_MARGIN_MEGABYTES = 16;
/** What the allocator keeps differs by this much from run to run; a leak of 256 bytes a request would come to more. */
const RSS_MARGIN_MEGABYTES = 256;

interface Report {
  readonly rounds: readonly {
    readonly once: number;
    readonly sum: number;
    readonly rssMegabytes: number;
    readonly heapMegabytes: number;
  }[];
  readonly pending: number;
  readonly succeeded: number;
  readonly failed: number;
}

describe.each(["callbacks", "promises"])("a million requests by %s", (kind) => {
  test.each([1, 2, 8])(
    "bring each its own result exactly once and leave nothing behind, on %d workers",
    async (workers) => {
      const report = (await reportOf("million.ts", kind, String(workers))) as Report;
      const { rounds, pending, succeeded, failed } = report;
      const { length } = rounds;
      expect({ length, pending, succeeded, failed }).toEqual({
        length: 2,
        pending: 0,
        succeeded: 2 * MILLION,
        failed: 0,
      });
      expect(rounds.map(({ once, sum }) => ({ once, sum }))).toEqual(
        Array.from({ length }, () => ({ once: MILLION, sum: SUM })),
      );
      const [first, last] = [rounds[0], rounds.at(-1)];
      expect(last?.heapMegabytes).toBeLessThan((first?.heapMegabytes ?? 0) + HEAP_MARGIN_MEGABYTES);
      expect(last?.rssMegabytes).toBeLessThan((first?.rssMegabytes ?? 0) + RSS_MARGIN_MEGABYTES);
    },
  );
});
