/** The options of a pool: their defaults, and each misused in every way that can be told. */
import { describe, expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { CallableError, ThreadPool } from "../../src/index.ts";
import { resolveOptions } from "../../src/pool/options.ts";
import type { ThreadPoolOptions } from "../../src/pool/options.ts";
import { expectRefused, untyped } from "../misuse.ts";
import { WRONG_COUNTS, WRONG_DURATIONS, badValues } from "./bad-options.ts";
import type { BadOption } from "./bad-options.ts";

describe("the number of workers, when it is left out", () => {
  const cores = availableParallelism();

  const bounds: readonly [ThreadPoolOptions, number][] = [
    [{}, cores],
    [{ minWorkers: cores + 2, maxWorkers: cores + 3 }, cores + 2],
    [{ minWorkers: 0, maxWorkers: 1 }, 1],
  ];
  for (const [options, workers] of bounds) {
    test(`is that of the cores, within the bounds: ${Bun.inspect(options)}`, async () => {
      await using pool = new ThreadPool(undefined, options);
      expect(pool.workers).toHaveLength(workers);
    });
  }
});

describe("resolveOptions", () => {
  test("fills in the defaults: no bounds, automatic delivery, the package's name", () => {
    expect(resolveOptions(2, {})).toMatchObject({
      qSize: 0,
      resqSize: 0,
      delivery: "auto",
      name: "ringpool",
    });
  });

  test("keeps what is given", () => {
    const given: ThreadPoolOptions = { qSize: 3, resqSize: 4, delivery: "manual", name: "primes" };
    expect(resolveOptions(2, given)).toMatchObject(given);
  });

  test("takes undefined for left out", () => {
    const undefinedOptions = {
      qSize: undefined,
      resqSize: undefined,
      delivery: undefined,
      name: undefined,
    };
    expect(resolveOptions(2, undefinedOptions)).toEqual(resolveOptions(2, {}));
  });

  test("does not change what it is given", () => {
    const given = Object.freeze({ qSize: 3 });
    resolveOptions(2, given);
    expect(given).toEqual({ qSize: 3 });
  });
});

const OF_A_POOL: readonly BadOption[] = [
  ...badValues(["timeoutMs", "idleTimeoutMs", "slowMs"], WRONG_DURATIONS),
  ["foreign", "Plain", TypeError, /^foreign is "refuse" or "plain": foreign='Plain'$/],
  ["foreign", null, TypeError, /^foreign is "refuse" or "plain": foreign=null$/],
  ...badValues(["retries", "concurrencyPerWorker"], WRONG_COUNTS),
  ...badValues(["maxRequestsPerWorker", "memoryLimitBytes"], WRONG_COUNTS),
  ...badValues(["minWorkers", "maxWorkers"], WRONG_COUNTS),
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
  ["argv", "--quiet", TypeError, /^argv is an array of strings: argv='--quiet'$/],
  ["argv", ["--level", 3], TypeError, /array of strings: argv=\[ *"?'?--level/],
  ["preload", 5, TypeError, /^preload is a string or an array of strings: preload=5$/],
  ["preload", [new URL("file:///a.ts")], TypeError, /array of strings: preload=/],
  ["smol", 1, TypeError, /^smol is true or false: smol=1$/],
  ["smol", null, TypeError, /^smol is true or false: smol=null$/],
  ["env", { PATH: 5 }, TypeError, /plain object of strings: env=/],
  ["qSize", -1, RangeError, /^qSize .*0 to 2147483647: qSize=-1$/],
  ["qSize", 1.5, RangeError, /: qSize=1\.5$/],
  ["qSize", NaN, RangeError, /: qSize=NaN$/],
  ["qSize", Infinity, RangeError, /: qSize=Infinity$/],
  ["qSize", 2 ** 31, RangeError, /: qSize=2147483648$/],
  ["qSize", "4", TypeError, /^qSize .*: qSize='4'$/],
  ["qSize", 4n, TypeError, /^qSize .*: qSize=4n$/],
  ["qSize", null, TypeError, /^qSize .*: qSize=null$/],
  ["resqSize", -1, RangeError, /^resqSize .*0 to 2147483647: resqSize=-1$/],
  ["resqSize", 2 ** 40, RangeError, /: resqSize=1099511627776$/],
  ["resqSize", Infinity, RangeError, /: resqSize=Infinity$/],
  ["resqSize", "4", TypeError, /: resqSize='4'$/],
  ["resqSize", [], TypeError, /^resqSize .*: resqSize=/],
  ["delivery", "never", TypeError, /"auto" or "manual": delivery='never'$/],
  ["delivery", null, TypeError, /"auto" or "manual": delivery=null$/],
  ["delivery", true, TypeError, /: delivery=true$/],
  ["name", 7, TypeError, /^name .*: name=7$/],
  ["name", Symbol("pool"), TypeError, /^name .*: name=Symbol/],
  ["poolSize", 4, TypeError, /no such option; it knows qSize, .* option=poolSize$/],
  ["qsize", 4, TypeError, /: option=qsize$/],
];

/** What is given in place of options. */
const NOT_OPTIONS: readonly (readonly [unknown, RegExp])[] = [
  [null, /options.*: options=null$/],
  [4, /options.*: options=4$/],
  [[], /plain object: options=\[\]$/],
  ["manual", /plain object: options='manual'$/],
  [new Map([["qSize", 4]]), /plain object: options=Map/],
  [new Proxy({}, {}), /plain object: options=/],
];

describe("an option of a pool is refused", () => {
  test("initargs without an initializer: TypeError", () => {
    const message = /there is none: initargs=\[ 1 \]$/;
    const options = untyped<ThreadPoolOptions>({ initargs: [1] });
    expectRefused(() => new ThreadPool(1, options), TypeError, message);
  });

  for (const [option, value, errorClass, message] of OF_A_POOL) {
    test(`${option}=${Bun.inspect(value)}: ${errorClass.name}`, () => {
      const options = untyped<ThreadPoolOptions>({ [option]: value });
      expectRefused(() => new ThreadPool(1, options), errorClass, message);
    });
  }

  for (const [options, message] of NOT_OPTIONS) {
    test(`${Bun.inspect(options, { compact: true })} in place of options: TypeError`, () => {
      const attempt = (): ThreadPool => new ThreadPool(1, untyped<ThreadPoolOptions>(options));
      expectRefused(attempt, TypeError, message);
    });
  }
});
