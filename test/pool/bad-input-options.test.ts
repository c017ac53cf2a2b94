/** Options of pools and requests, each misused in every way that can be told. */
import { describe, expect, test } from "bun:test";
import { CallableError, PayloadError, ThreadPool } from "../../src/index.ts";
import type { RunOptions, ThreadPoolOptions } from "../../src/index.ts";
import { add } from "../parity/fixtures/tasks.ts";

type ErrorClass = new (...args: never[]) => Error;
type Row = readonly [option: string, value: unknown, errorClass: ErrorClass, message: RegExp];

const WRONG_DURATIONS: readonly (readonly [unknown, ErrorClass, RegExp])[] = [
  ["5", TypeError, /milliseconds, over 0: \w+='5'$/],
  [null, TypeError, /milliseconds, over 0: \w+=null$/],
  [0, RangeError, /milliseconds, over 0: \w+=0$/],
  [-1, RangeError, /milliseconds, over 0: \w+=-1$/],
  [NaN, RangeError, /milliseconds, over 0: \w+=NaN$/],
];
const WRONG_COUNTS: readonly (readonly [unknown, ErrorClass, RegExp])[] = [
  ["1", TypeError, /whole number from \d+ to \d+: \w+='1'$/],
  [1.5, RangeError, /whole number from \d+ to \d+: \w+=1\.5$/],
  [-1, RangeError, /whole number from \d+ to \d+: \w+=-1$/],
  [NaN, RangeError, /whole number from \d+ to \d+: \w+=NaN$/],
];

function rows(options: readonly string[], wrong: typeof WRONG_COUNTS): Row[] {
  return options.flatMap((option) => wrong.map((rest): Row => [option, ...rest]));
}

const OF_A_REQUEST: readonly Row[] = [
  ...rows(["timeoutMs", "queueTimeoutMs"], WRONG_DURATIONS.slice(0, 1)),
  ...rows(["timeoutMs", "queueTimeoutMs"], WRONG_DURATIONS.slice(2)),
  ...rows(["retries"], WRONG_COUNTS),
  ["signal", new AbortController(), TypeError, /^signal is an AbortSignal: signal=/],
  ["signal", "abort", TypeError, /^signal is an AbortSignal: signal='abort'$/],
  ["signal", null, TypeError, /^signal is an AbortSignal: signal=null$/],
  ["priority", "high", TypeError, /^priority is a number: priority='high'$/],
  ["priority", NaN, RangeError, /^priority is a number: priority=NaN$/],
  ["onProgress", true, TypeError, /^onProgress is a function: onProgress=true$/],
  ["transfer", 5, PayloadError, /transfer/],
  ["timeout", 5, TypeError, /no such option; it knows .*timeoutMs.*: option=timeout$/],
];

const OF_A_POOL: readonly Row[] = [
  ...rows(["timeoutMs", "idleTimeoutMs"], WRONG_DURATIONS.slice(0, 1)),
  ...rows(["timeoutMs", "idleTimeoutMs"], WRONG_DURATIONS.slice(2)),
  ...rows(["retries", "concurrencyPerWorker"], WRONG_COUNTS),
  ...rows(["maxRequestsPerWorker", "memoryLimitBytes"], WRONG_COUNTS),
  ...rows(["minWorkers", "maxWorkers"], WRONG_COUNTS),
  ["concurrencyPerWorker", 0, RangeError, /from 1 to \d+: concurrencyPerWorker=0$/],
  ["maxRequestsPerWorker", 0, RangeError, /from 1 to \d+: maxRequestsPerWorker=0$/],
  ["memoryLimitBytes", 0, RangeError, /from 1 to \d+: memoryLimitBytes=0$/],
  ["minWorkers", 2, RangeError, /from 0 to 1: minWorkers=2$/],
  ["maxWorkers", 0, RangeError, /from 1 to 256: maxWorkers=0$/],
  ["maxWorkers", 257, RangeError, /from 1 to 256: maxWorkers=257$/],
  ["graceMs", "1000", TypeError, /milliseconds, 0 or more: graceMs='1000'$/],
  ["graceMs", -1, RangeError, /milliseconds, 0 or more: graceMs=-1$/],
  ["rejectionPolicy", "drop", TypeError, /"discardOldest".*: rejectionPolicy='drop'$/],
  ["rejectionPolicy", null, TypeError, /"block".*: rejectionPolicy=null$/],
  ["initializer", "init", TypeError, /function.*fromModule.*: initializer='init'$/],
  ["initializer", { url: "./tasks.ts" }, TypeError, /function.*fromModule.*: initializer=/],
  ["initializer", Math.max, CallableError, /./],
  ["initargs", "arguments", TypeError, /array.*: initargs='arguments'$/],
  ["env", "PATH=/bin", TypeError, /plain object of strings: env='PATH=\/bin'$/],
  ["env", { PATH: 5 }, TypeError, /plain object of strings: env=/],
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
    expect(await run.catch((error: Error) => error.message)).toMatch(/are an object: options=5$/);
  });
});

describe("an option of a pool is refused", () => {
  test("initargs without an initializer: TypeError", () => {
    const message = /there is none: initargs=\[ 1 \]$/;
    expect(() => new ThreadPool(1, { initargs: [1] })).toThrow(message);
  });

  for (const [option, value, errorClass, message] of OF_A_POOL) {
    test(`${option}=${Bun.inspect(value)}: ${errorClass.name}`, () => {
      const options = { initializer: add, [option]: value } as ThreadPoolOptions;
      const attempt = (): ThreadPool => new ThreadPool(1, options);
      expect(attempt).toThrow(errorClass);
      expect(attempt).toThrow(message);
    });
  }
});
