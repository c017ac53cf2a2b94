/** A program may have given `Object.prototype` properties of its own, or have frozen it; old libraries do. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ThreadPool, WorkRequest, makeRequests } from "../../src/index.ts";
import { echo, pollute } from "./fixtures/polluting.ts";
import { rejection } from "./rejection.ts";

/** Names that options, messages, descriptors and tables of the package have, and some that none has. */
const NAMES = [
  "extend",
  "kwds",
  "callback",
  "excCallback",
  "requestID",
  "signal",
  "timeoutMs",
  "priority",
  "retries",
  "transfer",
  "onProgress",
  "qSize",
  "delivery",
  "initializer",
  "minWorkers",
  "env",
  "name",
  "outOfBand",
  "stopTask",
  "buffer",
  "cause",
  "pipe",
];

const count = (...args: unknown[]): number => args.length;
const keysOf = (_: number, kwds: object): string[] => Object.keys(kwds);
const fail = (): never => {
  throw new RangeError("m", { cause: new Error("inner") });
};

describe.each(NAMES)("with Object.prototype.%s", (name) => {
  beforeEach(() => pollute(name));
  afterEach(() => {
    Reflect.deleteProperty(Object.prototype, name);
  });

  test("requests, options and values are what they are without it", async () => {
    await using pool = new ThreadPool(1, { initializer: pollute, initargs: [name] });
    const outcomes: unknown[] = [];
    const callback = (_: unknown, result: unknown): void => void outcomes.push(result);
    for (const request of makeRequests(count, [1, [[1, 2], {}]], callback))
      pool.putRequest(request);
    pool.putRequest(new WorkRequest(count, [1, 2, 3], {}, { callback }));
    pool.putRequest(new WorkRequest(keysOf, [1], { own: 1 }, { callback }));
    pool.wait();
    expect(outcomes).toEqual([1, 2, 3, ["own"]]);

    expect(await pool.run(count, [1, 2])).toBe(2);
    expect(await pool.run(count, [1, 2], { priority: 1 })).toBe(2);
    expect(pool.runSync(count, [1], {})).toBe(1);
    const value = { list: [1, { a: 1 }], map: new Map([["k", {}]]), error: new TypeError("t") };
    const received = (await pool.run(echo, [value])) as typeof value;
    expect(Object.keys(received)).toEqual(["list", "map", "error"]);
    expect([Object.keys(received.list), Object.keys(received.list[1] as object)]).toEqual([
      ["0", "1"],
      ["a"],
    ]);
    expect(received.error.message).toBe("t");

    const error = (await rejection(pool.run(fail))) as Error;
    expect([error.name, error.message, (error.cause as Error).message]).toEqual([
      "RangeError",
      "m",
      "inner",
    ]);
    // oxlint-disable-next-line typescript/no-extraneous-class -- any class
    const refusal = await rejection(pool.run(echo, [new (class Own {})()]));
    expect(String(refusal)).toContain("instance of Own, a class that is not registered");
  });
});

describe("keys that every object has", () => {
  const pool = new ThreadPool(1);
  afterAll(() => pool.close());
  const value = (): unknown =>
    JSON.parse('{"__proto__":1,"constructor":2,"toString":3,"hasOwnProperty":4,"valueOf":5}');

  test("arrive as own properties, also as keywords", async () => {
    expect(Object.entries((await pool.run(echo, [value()])) as object)).toEqual(
      Object.entries(value() as object),
    );
    expect(
      await new Promise((resolve) => {
        const callback = (_: unknown, result: unknown): void => resolve(result);
        pool.putRequest(
          new WorkRequest(keysOf, [1], value() as Record<string, unknown>, { callback }),
        );
      }),
    ).toEqual(Object.keys(value() as object));
  });

  test("arrive in a worker whose Object.prototype is frozen", async () => {
    const freeze = (): void => void Object.freeze(Object.prototype);
    await using frozen = new ThreadPool(1, { initializer: freeze });
    for (let time = 0; time < 2; time++) {
      expect(await frozen.run(echo, [value()])).toEqual(value());
      expect(await frozen.run(echo, [[{ a: 1 }, new Map([["k", value()]])]])).toEqual([
        { a: 1 },
        new Map([["k", value()]]),
      ]);
    }
  });
});
