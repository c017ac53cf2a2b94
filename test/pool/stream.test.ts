import { describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  CallableError,
  NoWorkersAvailable,
  PayloadError,
  PoolClosed,
  ThreadPool,
  ThreadPoolError,
  WorkerDied,
  fromModule,
} from "../../src/index.ts";
import type { ResultStream } from "../../src/index.ts";
import {
  chunks,
  countAgain,
  countLater,
  countTo,
  endWorker,
  endless,
  endlessAsync,
  failAfter,
  failInFinally,
  hasWrongValueEnded,
  lines,
  plain,
  plainLater,
  promises,
  traces,
  waitForStop,
  wrongValue,
} from "./fixtures/generators.ts";
import type * as Generators from "./fixtures/generators.ts";
import { arrivals, arrivedAt, newGate, open } from "./fixtures/gate.ts";
import { requestContext } from "./fixtures/request-context.ts";
import { add, thread } from "./fixtures/tasks.ts";
import { rejection, thrownBy } from "./rejection.ts";
import { SCRIPT_TEST_MS, runScript } from "./script.ts";
import { turn } from "./turns.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** Bun's types do not know the method yet. */
const readableFrom = (values: AsyncIterable<unknown>): ReadableStream =>
  (ReadableStream as unknown as { from: (values: AsyncIterable<unknown>) => ReadableStream }).from(
    values,
  );

const upTo = (end: number): number[] => Array.from({ length: end }, (_, i) => i + 1);

describe("a stream", () => {
  test.each([1, 2, 3, 64, 1000])(
    "gives every value in order, with a buffer of %i",
    async (buffer) => {
      await using pool = new ThreadPool(2);
      expect(await Array.fromAsync(pool.stream(countTo, [500], { buffer }))).toEqual(upTo(500));
      expect(await Array.fromAsync(pool.stream(countLater, [50], { buffer }))).toEqual(upTo(50));
    },
  );

  test("takes functions that return a generator, inline ones, references, and no arguments", async () => {
    await using pool = new ThreadPool(1);
    const url = new URL("./fixtures/generators.ts", import.meta.url);
    expect(await Array.fromAsync(pool.stream(countAgain, [3]))).toEqual([1, 2, 3]);
    expect(
      await Array.fromAsync(pool.stream(fromModule<typeof Generators>(url).countTo, [2])),
    ).toEqual([1, 2]);
    expect(await Array.fromAsync(pool.stream(promises))).toEqual([1, 2]);
    const inline = function* (values: string[]): Generator<string> {
      yield* values;
    };
    expect(await Array.fromAsync(pool.stream(inline, [["a", "b"]]))).toEqual(["a", "b"]);
  });

  test("ends with what the generator has returned", async () => {
    await using pool = new ThreadPool(1);
    const stream = pool.stream(countTo, [1]);
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    expect(await stream.next()).toEqual({ done: true, value: "done" });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("answers calls of next in their order, however many there are at a time", async () => {
    await using pool = new ThreadPool(1);
    const stream = pool.stream(countTo, [3], { buffer: 1 });
    const steps = await Promise.all(Array.from({ length: 5 }, () => stream.next()));
    expect(steps.map(({ value }) => value as unknown)).toEqual([1, 2, 3, "done", undefined]);
  });

  test("has many beside it, and other requests", async () => {
    await using pool = new ThreadPool(2);
    const all = Array.from({ length: 6 }, (_, i) =>
      Array.fromAsync(pool.stream(countTo, [i * 10], { buffer: 2 })),
    );
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(await Promise.all(all)).toEqual([0, 10, 20, 30, 40, 50].map((end) => upTo(end)));
  });

  test("carries values of every size", async () => {
    await using pool = new ThreadPool(1);
    let at = 0;
    for await (const chunk of pool.stream(chunks, [20, 300_000], { buffer: 4 })) {
      expect(chunk.length).toBe(300_000);
      expect(chunk[0]).toBe(at);
      expect(chunk.at(-1)).toBe(at);
      at += 1;
    }
    expect(at).toBe(20);
  });

  test("sees the stores that are carried, and its consumer sees its own context", async () => {
    await using pool = new ThreadPool(1, { carry: [requestContext] });
    const seen: unknown[] = [];
    await requestContext.run({ traceId: "t" }, async () => {
      for await (const trace of pool.stream(traces, [], { buffer: 1 }))
        seen.push(trace, requestContext.getStore()?.traceId);
    });
    expect(seen).toEqual(Array(6).fill("t"));
  });

  test("sees its own stores in a worker that runs several, whose storages are not loaded yet", async () => {
    await using pool = new ThreadPool(1, { carry: [requestContext], concurrencyPerWorker: 4 });
    const read = (traceId: string): Promise<unknown[]> =>
      requestContext.run({ traceId }, () =>
        Array.fromAsync(pool.stream(traces, [], { buffer: 1 })),
      );
    const ids = ["a", "b", "c", "d", "e"];
    expect(await Promise.all(ids.map(read))).toEqual(ids.map((id) => [id, id, id]));
  });

  test("of a run that shares its worker gives way to others while it waits", async () => {
    await using pool = new ThreadPool(1, { concurrencyPerWorker: 3 });
    const first = pool.stream(countTo, [10], { buffer: 2 });
    const second = pool.stream(countLater, [10], { buffer: 2 });
    expect((await first.next()).value).toBe(1);
    expect((await second.next()).value).toBe(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(await Array.fromAsync(first)).toEqual(upTo(10).slice(1));
    expect(await Array.fromAsync(second)).toEqual(upTo(10).slice(1));
  });
});

describe("the buffer", () => {
  test.each([1, 5])("of %i is as far as the generator runs ahead", async (buffer) => {
    await using pool = new ThreadPool(1);
    const [yielded, ended] = [newGate(), newGate()];
    const stream = pool.stream(endless, [yielded, ended], { buffer });
    expect(arrivedAt(yielded)).toBe(0);
    for (let taken = 1; taken <= 20; taken++) {
      expect((await stream.next()).value).toBe(taken - 1);
      // The consumer tells what it has taken in parts of half the buffer.
      expect(arrivedAt(yielded)).toBeLessThanOrEqual(taken + buffer);
    }
    await stream.return();
    expect(arrivedAt(ended)).toBe(1);
  });

  test("is full while the consumer takes nothing", async () => {
    await using pool = new ThreadPool(1);
    const [yielded, ended] = [newGate(), newGate()];
    const stream = pool.stream(endless, [yielded, ended], { buffer: 8 });
    await stream.next();
    await arrivals(yielded, 8);
    for (let i = 0; i < 20; i++) await turn();
    expect(arrivedAt(yielded)).toBeLessThanOrEqual(9);
    await stream.return();
  });

  test("holds its worker with one request at a time, until the stream ends", async () => {
    await using pool = new ThreadPool(1);
    const stream = pool.stream(countTo, [1000], { buffer: 1 });
    await stream.next();
    let hasRun = false;
    const ran = pool.run(thread).finally(() => {
      hasRun = true;
    });
    for (let i = 0; i < 20; i++) await stream.next();
    expect(hasRun).toBe(false);
    await stream.return();
    await ran;
  });
});

describe("leaving the loop", () => {
  test("runs the generator's finally, and leaves the worker to others", async () => {
    await using pool = new ThreadPool(1);
    const [yielded, ended] = [newGate(), newGate()];
    const seen: number[] = [];
    for await (const value of pool.stream(endless, [yielded, ended])) {
      seen.push(value);
      if (value === 10) break;
    }
    expect(seen).toEqual([0, ...upTo(10)]);
    expect(arrivedAt(ended)).toBe(1);
    expect(await pool.run(add, [1, 2])).toBe(3);
    expect(pool.stats().workers[0]?.deaths).toBe(0);
  });

  test("waits until an asynchronous finally has run", async () => {
    await using pool = new ThreadPool(1);
    const [ended, gate] = [newGate(), newGate()];
    const stream = pool.stream(endlessAsync, [ended, gate]);
    await stream.next();
    let hasReturned = false;
    const returned = stream.return().finally(() => {
      hasReturned = true;
    });
    await arrivals(ended, 1);
    await turn();
    expect(hasReturned).toBe(false);
    open(gate);
    expect(await returned).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
  });

  test("reaches a generator that waits for something, by its signal", async () => {
    await using pool = new ThreadPool(1);
    const [started, ended] = [newGate(), newGate()];
    const stream = pool.stream(waitForStop, [started, ended]);
    await stream.next();
    await arrivals(started, 1);
    const error = (await rejection(stream.return())) as DOMException;
    expect(error.name).toBe("AbortError");
    expect(arrivedAt(ended)).toBe(1);
  });

  test("ends the worker of a generator that does not end in graceMs", async () => {
    await using pool = new ThreadPool(1, { graceMs: 1 });
    const [ended, gate] = [newGate(), newGate()];
    const stream = pool.stream(endlessAsync, [ended, gate]);
    await stream.next();
    expect(await stream.return()).toEqual({ done: true, value: undefined });
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test("throws what the finally throws", async () => {
    await using pool = new ThreadPool(1);
    const stream = pool.stream(failInFinally, [], { buffer: 1 });
    await stream.next();
    expect(await rejection(stream.return())).toEqual(new RangeError("in finally"));
  });

  test("before the first value never begins", async () => {
    await using pool = new ThreadPool(1);
    const [yielded, ended] = [newGate(), newGate()];
    const stream = pool.stream(endless, [yielded, ended]);
    expect(await stream.return()).toEqual({ done: true, value: undefined });
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(pool.stats().put).toBe(0);
  });

  test("withdraws a stream that waits for a worker", async () => {
    await using pool = new ThreadPool(1);
    const gates = [newGate(), newGate(), newGate(), newGate()] as const;
    const first = pool.stream(endless, [gates[0], gates[1]]);
    await first.next();
    const second = pool.stream(endless, [gates[2], gates[3]]);
    const waiting = second.next();
    await second.return();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await first.return();
    expect(arrivedAt(gates[2])).toBe(0);
  });

  test("at the end of await using", async () => {
    await using pool = new ThreadPool(1);
    const [yielded, ended] = [newGate(), newGate()];
    {
      await using stream = pool.stream(endless, [yielded, ended]);
      await stream.next();
    }
    expect(arrivedAt(ended)).toBe(1);
  });
});

describe("a stream fails", () => {
  test("with the generator's own error, after the values before it", async () => {
    await using pool = new ThreadPool(1);
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const value of pool.stream(failAfter, [3])) seen.push(value);
    };
    const error = (await rejection(read())) as RangeError;
    expect(error).toEqual(new RangeError("after 3"));
    expect(error.stack).toContain("stream.test.ts");
    expect(seen).toEqual([1, 2, 3]);
  });

  test("with a PayloadError for a value that cannot cross, and runs the finally", async () => {
    await using pool = new ThreadPool(1);
    const stream = pool.stream(wrongValue);
    expect((await stream.next()).value).toEqual({ good: 1 });
    const error = (await rejection(stream.next())) as PayloadError;
    expect(error).toBeInstanceOf(PayloadError);
    expect(error.path).toBe("value.bad.call");
    expect(await pool.run(hasWrongValueEnded)).toBe(true);
  });

  test("when its signal is aborted: at once, and the finally runs", async () => {
    await using pool = new ThreadPool(1);
    const [yielded, ended] = [newGate(), newGate()];
    const stop = new AbortController();
    const stream = pool.stream(endless, [yielded, ended], { signal: stop.signal });
    await stream.next();
    await arrivals(yielded, 20);
    stop.abort();
    await turn();
    await turn();
    // The values that have come are not given any more.
    expect(await rejection(stream.next())).toBe(stop.signal.reason);
    await arrivals(ended, 1);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    const late = pool.stream(countTo, [1], { signal: stop.signal });
    expect(await rejection(late.next())).toBe(stop.signal.reason);
  });

  test("when its time is over, the consumer's included", async () => {
    await using pool = new ThreadPool(1);
    const [started, ended] = [newGate(), newGate()];
    const stream = pool.stream(waitForStop, [started, ended], { timeoutMs: 20 });
    // A loaded machine may use up the time before the first value.
    const read = async (): Promise<void> => {
      for (;;) if ((await stream.next()).done === true) return;
    };
    expect(await rejection(read())).toMatchObject({ name: "RequestTimeout" });
    expect(await pool.run(add, [1, 2])).toBe(3);
    // Its time may have been over while it waited at its yield: then the finally runs from there.
    expect(arrivedAt(ended)).toBeGreaterThanOrEqual(arrivedAt(started));
  });

  test("with WorkerDied when its worker dies, after the values before it", async () => {
    await using pool = new ThreadPool(1, { retries: 5 });
    const seen: string[] = [];
    const read = async (): Promise<void> => {
      for await (const value of pool.stream(endWorker, [2, true])) seen.push(value);
    };
    expect(await rejection(read())).toBeInstanceOf(WorkerDied);
    expect(seen).toEqual(["1.0", "1.1"]);
    expect(pool.stats().retried).toBe(0);
  });

  test("when no worker is left that could run it", async () => {
    await using pool = new ThreadPool(0);
    expect(await rejection(pool.stream(countTo, [1]).next())).toBeInstanceOf(NoWorkersAvailable);
  });

  test("not when its worker dies before the first value and may run again", async () => {
    await using pool = new ThreadPool(1, { retries: 1 });
    expect(await Array.fromAsync(pool.stream(endWorker, [0, false]))).toEqual(["2.last"]);
  });

  test("when the pool is terminated, or closed with a time limit", async () => {
    for (const end of ["terminate", "close"] as const) {
      const pool = new ThreadPool(1);
      const [yielded, ended] = [newGate(), newGate()];
      const stream = pool.stream(endless, [yielded, ended], { buffer: 1 });
      await stream.next();
      const unstarted = pool.stream(countTo, [1]);
      if (end === "terminate") pool.terminate();
      else await pool.close({ timeoutMs: 1 });
      const read = async (): Promise<void> => {
        for (;;) if ((await stream.next()).done === true) return;
      };
      expect(await rejection(read())).toBeInstanceOf(PoolClosed);
      expect(await rejection(unstarted.next())).toBeInstanceOf(PoolClosed);
    }
  });

  test("not when the pool closes while it is read", async () => {
    const pool = new ThreadPool(1);
    const stream = pool.stream(countTo, [200], { buffer: 2 });
    await stream.next();
    const closed = pool.close();
    expect(await Array.fromAsync(stream)).toEqual(upTo(200).slice(1));
    await closed;
  });
});

describe("misuse", () => {
  test("a second iteration is an error that says what to write", async () => {
    await using pool = new ThreadPool(1);
    const stream = pool.stream(countTo, [2]);
    expect(await Array.fromAsync(stream)).toEqual([1, 2]);
    const error = thrownBy(() => stream[Symbol.asyncIterator]());
    expect(String(error)).toContain("A stream is iterated once");
    expect(String(error)).toContain("pool.stream");
  });

  test.each([plain, plainLater])(
    "a plain function is refused, and pool.run is named",
    async (callable) => {
      await using pool = new ThreadPool(1);
      const stream = pool.stream(callable as unknown as typeof countTo, [1]);
      const error = (await rejection(stream.next())) as TypeError;
      expect(error).toBeInstanceOf(TypeError);
      expect(error.message).toContain("function*");
      expect(error.message).toContain("pool.run(callable, args)");
      expect(await pool.run(add, [1, 2])).toBe(3);
    },
  );

  test("a generator in run is refused, and pool.stream is named", async () => {
    await using pool = new ThreadPool(1);
    const error = (await rejection(pool.run(countTo, [1]))) as PayloadError;
    expect(error).toBeInstanceOf(PayloadError);
    expect(error.message).toContain("pool.stream(generator, args)");
  });

  test("bad options, arguments and callables are refused before anything is put", async () => {
    await using pool = new ThreadPool(1);
    const wrong = (options: unknown): string =>
      String(thrownBy(() => pool.stream(countTo, [1], options as object)));
    for (const buffer of [0, -1, 1.5, Number.NaN, 2 ** 21])
      expect(wrong({ buffer })).toContain("buffer");
    expect(wrong({ buffer: "8" })).toContain("TypeError");
    expect(wrong({ onProgress: () => {} })).toContain("onProgress");
    expect(wrong({ chunk: 1 })).toContain("chunk");
    expect(String(thrownBy(() => pool.stream(countTo, 1 as never)))).toContain("args");
    expect(thrownBy(() => pool.stream(Math.max.bind(null) as never))).toBeInstanceOf(CallableError);
    const stream = pool.stream(countTo, [(() => {}) as never]);
    expect(await rejection(stream.next())).toBeInstanceOf(PayloadError);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(pool.stats().put).toBe(0);
  });

  test("a call that blocks for what is pending says that streams are", async () => {
    await using pool = new ThreadPool(1);
    const stream = pool.stream(countTo, [100], { buffer: 1 });
    await stream.next();
    const error = thrownBy(() => pool.wait());
    expect(error).toBeInstanceOf(ThreadPoolError);
    expect(String(error)).toContain("Streams are pending");
    expect(await Array.fromAsync(stream)).toEqual(upTo(100).slice(1));
  });

  test("using ends the streams, which nobody could read meanwhile", async () => {
    let stream: ResultStream<number, string>;
    {
      using pool = new ThreadPool(1);
      stream = pool.stream(countTo, [100], { buffer: 1 });
      await stream.next();
    }
    const read = async (): Promise<void> => {
      for (;;) if ((await stream.next()).done === true) return;
    };
    expect(await rejection(read())).toBeInstanceOf(PoolClosed);
  });
});

describe("in a program", () => {
  test("a ReadableStream and a Response are made of a stream, and a client that leaves ends the generator", async () => {
    await using pool = new ThreadPool(1);
    const [yielded, ended] = [newGate(), newGate()];
    const encode = async function* (values: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
      for await (const value of values) yield new TextEncoder().encode(`${String(value)}\n`);
    };
    await using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: ({ url }) =>
        url.endsWith("/lines")
          ? new Response(
              readableFrom(pool.stream(lines, [500], { buffer: 8 })).pipeThrough(
                new TextEncoderStream(),
              ),
            )
          : new Response(
              readableFrom(encode(pool.stream(endless, [yielded, ended], { buffer: 4 }))),
            ),
    });
    const text = await (await fetch(new URL("/lines", server.url))).text();
    expect(text).toBe(Array.from({ length: 500 }, (_, i) => `line ${i}\n`).join(""));
    const stop = new AbortController();
    const response = await fetch(new URL("/endless", server.url), { signal: stop.signal });
    const reader = response.body!.getReader();
    await reader.read();
    stop.abort();
    await arrivals(ended, 1);
    expect(await pool.run(add, [1, 2])).toBe(3);
  });

  test.each([
    ["reads", 0, [1, 2, 3, "end"]],
    ["drops", 0, [1, "end"]],
    ["leaves", 0, [1, "finally", "end"]],
    ["collects", 0, [1, "dropped", "finally", "end"]],
  ])("that %s a stream ends by itself", async (how, exitCode, expected) => {
    const ended = await runScript("stream-in-a-process.ts", how);
    expect(ended).toMatchObject({ exitCode, signal: null });
    expect(ended.lines).toEqual(expected);
  });
});
