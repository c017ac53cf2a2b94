/** A result runs code of the callable when it is awaited and read. Whatever that code does, it costs only its request. */
// oxlint-disable unicorn/no-thenable -- that is what is tested
import { afterAll, describe, expect, test } from "bun:test";
import { ThreadPool, WorkRequest } from "../../src/index.ts";
import type { ExcInfo } from "../../src/index.ts";
import {
  hostileErrors,
  hostileResults,
  reportHostile,
  returnHostile,
  sleepThenAnswer,
  throwHostile,
} from "./fixtures/hostile-results.ts";
import { rejection } from "./rejection.ts";

const alone = new ThreadPool(1);
const several = new ThreadPool(1, { concurrencyPerWorker: 3 });
let deaths = 0;
for (const pool of [alone, several]) pool.on("workerDied", () => (deaths += 1));
afterAll(async () => {
  await alone.close();
  await several.close();
  expect(deaths).toBe(0);
});

const resultNames = Object.keys(hostileResults);
const errorNames = Object.keys(hostileErrors);

describe("a result whose code throws fails its own request", () => {
  test.each(resultNames)("%s", async (name) => {
    const text = await rejection(alone.run(returnHostile, [name])).then(String);
    expect(text).toMatch(/thrown by the result|revoked|without a class/);
    expect(await rejection(several.run(returnHostile, [name])).then(String)).toBe(text);
    expect(
      await new Promise((resolve) => {
        const excCallback = (_: unknown, [, error]: ExcInfo): void => resolve(String(error));
        several.putRequest(new WorkRequest(returnHostile, [name], {}, { excCallback }));
      }),
    ).toBe(text);
    expect(() => alone.runSync(returnHostile, [name])).toThrow();
  });
});

describe("an error whose code throws fails its own request", () => {
  test.each(errorNames)("%s", async (name) => {
    await rejection(alone.run(throwHostile, [name]));
    await rejection(several.run(throwHostile, [name]));
    await new Promise<void>((resolve) => {
      const excCallback = (_: unknown, [typeName, , traceback]: ExcInfo): void => {
        expect([typeof typeName, typeof traceback]).toEqual(["string", "string"]);
        resolve();
      };
      several.putRequest(new WorkRequest(throwHostile, [name], {}, { excCallback }));
    });
  });
});

test("the neighbours in the same worker go on", async () => {
  const neighbour = several.run(sleepThenAnswer, [200]);
  for (const name of resultNames) await rejection(several.run(returnHostile, [name]));
  for (const name of errorNames) await rejection(several.run(throwHostile, [name]));
  expect(await neighbour).toBe("the neighbour goes on");
});

test("a thenable that is a function is awaited, as await does", async () => {
  const thenable = (): unknown =>
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
    Object.assign(() => 1, { then: (settle: (value: number) => void) => settle(7) });
  expect(await alone.run(thenable)).toBe(7);
});

test("a report whose code throws is thrown at the callable, and the request goes on", async () => {
  const onProgress = (): void => expect.unreachable();
  expect(await alone.run(reportHostile, [], { onProgress })).toMatch(
    /PayloadError: progress\.bad could not be read/,
  );
});

test("an initializer's error keeps its name when reading it throws, or a part of it cannot be sent", async () => {
  const initializer = (): never => {
    const { port1 } = new MessageChannel();
    const error = Object.assign(new RangeError("not initialized"), {
      get port(): MessagePort {
        port1.close();
        return port1;
      },
    });
    throw Object.defineProperty(error, "stack", {
      get: () => {
        throw new Error("no stack");
      },
    });
  };
  await using pool = new ThreadPool(1, { initializer });
  const error = (await rejection(pool.run(sleepThenAnswer, [0]))) as Error;
  expect(error.cause).toMatchObject({ name: "RangeError", message: "not initialized" });
});
