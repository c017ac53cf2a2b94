/** Options of a request, each misused in every way that can be told. */
import { describe, expect, test } from "bun:test";
import { PayloadError, ThreadPool } from "../../../src/index.ts";
import type { RunOptions } from "../../../src/index.ts";
import { WRONG_COUNTS, WRONG_DURATIONS, badValues } from "../bad-options.ts";
import type { BadOption } from "../bad-options.ts";
import { add } from "../fixtures/tasks.ts";

const OF_A_REQUEST: readonly BadOption[] = [
  ...badValues(["timeoutMs", "queueTimeoutMs"], WRONG_DURATIONS),
  ...badValues(["retries"], WRONG_COUNTS),
  ["signal", new AbortController(), TypeError, /^signal is an AbortSignal: signal=/],
  ["signal", "abort", TypeError, /^signal is an AbortSignal: signal='abort'$/],
  ["signal", null, TypeError, /^signal is an AbortSignal: signal=null$/],
  ["priority", "high", TypeError, /^priority is a number: priority='high'$/],
  ["priority", NaN, RangeError, /^priority is a number: priority=NaN$/],
  ["onProgress", true, TypeError, /^onProgress is a function: onProgress=true$/],
  ["transfer", 5, PayloadError, /transfer/],
  ["foreign", "Plain", TypeError, /^foreign is "refuse" or "plain": foreign='Plain'$/],
  ["foreign", true, TypeError, /^foreign is "refuse" or "plain": foreign=true$/],
  ["timeout", 5, TypeError, /no such option; it knows .*timeoutMs.*: option=timeout$/],
];

describe("an option of a request is refused", () => {
  for (const [option, value, errorClass, message] of OF_A_REQUEST) {
    test(`${option}=${Bun.inspect(value)}: ${errorClass.name}`, async () => {
      await using pool = new ThreadPool(1);
      const options = { [option]: value } as RunOptions;
      for (const attempt of [
        () => pool.run(add, [1, 2], options),
        async () => pool.runSync(add, [1, 2], options),
      ]) {
        const outcome: unknown = await attempt().catch((error: unknown) => error);
        expect(outcome).toBeInstanceOf(errorClass);
        expect((outcome as Error).message).toMatch(message);
      }
      expect(pool.stats()).toMatchObject({ put: 0, pending: 0 });
      expect(await pool.run(add, [1, 2])).toBe(3);
    });
  }

  test("when they are no object", async () => {
    await using pool = new ThreadPool(1);
    const run = pool.run(add, [1, 2], 5 as RunOptions);
    expect(await run.catch((error: Error) => error.message)).toMatch(
      /are an object, .*: options=5$/,
    );
  });
});
