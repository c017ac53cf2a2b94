/** What people write first, and is wrong: the error says what to write instead. */
import { describe, expect, test } from "bun:test";
import { CallableError, ThreadPool, WorkRequest, makeRequests } from "../../src/index.ts";
import type { Callable, RunOptions, WorkRequestOptions } from "../../src/index.ts";
import { expectRefused, untyped } from "../misuse.ts";
import { add } from "./fixtures/tasks.ts";
import { expectStillWorking, testPoolMisuses } from "./pool-misuse.ts";
import { rejection } from "./rejection.ts";

/** A pool as a program without types sees it. */
type Untyped = Record<string, (...args: unknown[]) => unknown>;

const callback = (): void => {};

describe("an error says what to write for", () => {
  testPoolMisuses([
    [
      "a function and its arguments, put",
      (pool) => untyped<Untyped>(pool)["putRequest"]?.(add, [1, 2]),
      TypeError,
      /write putRequest\(new WorkRequest\(add, \[1, 2\]\)\), or run\(add, \[1, 2\]\).*: request=\[Function: add\]$/,
    ],
    [
      "an inline function, put",
      (pool) => untyped<Untyped>(pool)["putRequest"]?.(() => 1),
      TypeError,
      /write putRequest\(new WorkRequest\(add, .*: request=/,
    ],
    [
      "a list of requests, put",
      (pool) => untyped<Untyped>(pool)["putRequest"]?.(makeRequests(add, [[1, 2]])),
      TypeError,
      /write for \(const request of requests\) pool\.putRequest\(request\): request=/,
    ],
    [
      "a limit of time in place of block",
      (pool) => untyped<Untyped>(pool)["putRequest"]?.(new WorkRequest(add, [1, 2]), 100),
      TypeError,
      /putRequest\(request, block, timeoutMs\) is true or false: block=100$/,
    ],
    [
      "a limit of time for wait",
      (pool) => untyped<Untyped>(pool)["wait"]?.(1000),
      TypeError,
      /timeoutMs, or write await Promise\.race\(\[pool\.settled\(\).*: argument=1000$/,
    ],
    [
      "a limit of time for poll",
      (pool) => untyped<Untyped>(pool)["poll"]?.(1000),
      TypeError,
      /no limit of time is true or false: block=1000$/,
    ],
    [
      "arguments that are not in an array",
      (pool) => untyped<Untyped>(pool)["runSync"]?.(add, 1, 2),
      TypeError,
      /array of positional arguments; write run\(add, \[1, 2\]\): args=1$/,
    ],
    [
      "what a call of the callable returns",
      (pool) => untyped<Untyped>(pool)["runSync"]?.(add(1, 2)),
      CallableError,
      /not a call of it, run\(add\(1, 2\)\)\. callable=3$/,
    ],
    [
      "a callback in place of the options of run",
      (pool) => pool.runSync(add, [1, 2], untyped<RunOptions>(callback)),
      TypeError,
      /callbacks are for new WorkRequest\(callable, args, \{\}, \{ callback \}\): options=callback$/,
    ],
    [
      "a limit of time in place of the options of run",
      (pool) => pool.runSync(add, [1, 2], untyped<RunOptions>(1000)),
      TypeError,
      /\{ timeoutMs: 1000 \}: options=1000$/,
    ],
    [
      "arguments of a WorkRequest that are not in an array",
      () => new WorkRequest(add, untyped<[number, number]>(1)),
      TypeError,
      /write new WorkRequest\(add, \[1, 2\]\): args=1$/,
    ],
    [
      "a callback in place of keywords",
      () => new WorkRequest(add, [1, 2], untyped<Record<string, never>>(callback)),
      TypeError,
      /callbacks are options: new WorkRequest\(callable, args, \{\}, \{ callback, excCallback \}\): kwds=/,
    ],
    [
      "a callback among keywords",
      () => new WorkRequest(add, [1, 2], untyped<Record<string, never>>({ callback })),
      TypeError,
      /callbacks are options: .*: kwds=\{/s,
    ],
    [
      "a callback in place of options",
      () => new WorkRequest(add, [1, 2], {}, untyped<WorkRequestOptions<Callable>>(callback)),
      TypeError,
      /callbacks are options: .*: options=callback$/,
    ],
    [
      "arguments of makeRequests that are no list",
      () => untyped<Callable & ((...args: unknown[]) => unknown)>(makeRequests)(add, 1, 2),
      TypeError,
      /makeRequests\(add, \[\[1, 2\], \[3, 4\]\], callback\): argsList=1$/,
    ],
  ]);

  test("options in place of the number of workers", () => {
    expectRefused(
      () => new ThreadPool(untyped<number>({ maxWorkers: 4 })),
      TypeError,
      /options come after it: new ThreadPool\(4, \{ name: "primes" \}\): numWorkers=\{ maxWorkers: 4 \}$/,
    );
  });

  test("arguments that are not in an array, as a rejection of run", async () => {
    await using pool = new ThreadPool(1);
    const error = (await rejection(
      untyped<Untyped>(pool)["run"]?.(add, 1, 2) as Promise<unknown>,
    )) as Error;
    expect(error.message).toEndWith("write run(add, [1, 2]): args=1");
    expectStillWorking(pool);
  });
});
