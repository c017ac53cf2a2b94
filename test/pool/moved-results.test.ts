/** `transfer(value, list)` of `ringpool/worker`: parts of a result that are moved. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { PayloadError, ThreadPool } from "../../src/index.ts";
import { transfer } from "../../src/worker/index.ts";
import { open } from "./fixtures/gate.ts";
import {
  BAD_LISTS,
  again,
  badList,
  badListOfPrimitive,
  lengthLeft,
  moved,
  movedBuffer,
  movedLater,
  noList,
  openPort,
  picture,
  shared,
  sharedAnew,
  wrapped,
} from "./fixtures/moved-results.ts";
import { fullPool } from "./full-pool.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

interface Place extends AsyncDisposable {
  readonly pool: ThreadPool;
}

async function inWorker(): Promise<Place> {
  const pool = new ThreadPool(1);
  return { pool, [Symbol.asyncDispose]: () => pool.close() };
}

async function inCaller(): Promise<Place> {
  const { pool, gate } = await fullPool("callerRuns");
  const dispose = (): Promise<void> => {
    open(gate);
    return pool.close();
  };
  return { pool, [Symbol.asyncDispose]: dispose };
}

/** Of no bytes, short ones, longer than a result ring, and longer than the arena. */
const LENGTHS = [0, 1, 4096, 1 << 18, 5 << 20];

describe.each([
  ["in a worker", inWorker],
  ["in the thread that put the request", inCaller],
])("a result with a transfer list, %s", (_, place) => {
  test.each(LENGTHS)("is moved: %d bytes", async (length) => {
    await using at = await place();
    for (const callable of [moved, movedLater]) {
      const bytes = await at.pool.run(callable, [length]);
      expect(bytes).toBeInstanceOf(Uint8Array);
      expect(bytes.length).toBe(length);
      expect(bytes.every((byte) => byte === 7)).toBe(true);
      expect(await at.pool.run(lengthLeft)).toBe(0);
    }
    const buffer = await at.pool.run(movedBuffer, [length]);
    expect(buffer.byteLength).toBe(length);
    expect(await at.pool.run(lengthLeft)).toBe(0);
  });

  test("keeps what shares the buffer together", async () => {
    await using at = await place();
    const { name, rows, whole } = await at.pool.run(picture);
    expect(name).toBe("a picture");
    for (const row of rows) expect(row.buffer).toBe(whole);
    expect(rows.map(({ byteOffset, length }) => [byteOffset, length])).toEqual([
      [0, 4],
      [4, 4],
    ]);
    expect(await at.pool.run(lengthLeft)).toBe(0);
  });

  test("is moved for runSync too", async () => {
    await using at = await inWorker();
    expect(at.pool.runSync(moved, [100])).toEqual(new Uint8Array(100).fill(7));
    expect(at.pool.runSync(lengthLeft)).toBe(0);
  });

  test("may have a port, which works", async () => {
    await using at = await place();
    const port = await at.pool.run(openPort);
    port.postMessage(41);
    expect(await once(port, "message")).toEqual([42]);
    port.close();
  });

  test("is copied when it is put into another value", async () => {
    await using at = await place();
    const { inner } = await at.pool.run(wrapped, [9]);
    expect(inner).toEqual(new Uint8Array(9).fill(7));
    expect(await at.pool.run(lengthLeft)).toBe(9);
  });

  test("is moved when it is reported", async () => {
    await using at = await place();
    const reports: unknown[] = [];
    const onProgress = (value: unknown): void => void reports.push(value);
    expect(await at.pool.run(again, [9], { onProgress })).toEqual([0, 0]);
    expect(reports).toEqual([new Uint8Array(9).fill(7)]);
  });

  test.each(Object.keys(BAD_LISTS))("is refused whole for a bad item: %s", async (name) => {
    await using at = await place();
    for (const callable of [badList, badListOfPrimitive]) {
      const error = await rejection(at.pool.run<[string], unknown>(callable, [name]));
      expect(error).toBeInstanceOf(PayloadError);
      expect(error).toMatchObject({
        path: "transfer[1]",
        message: expect.stringMatching(/^transfer\[1\] .* path=transfer\[1\]$/),
      });
      expect(await at.pool.run(lengthLeft)).toBe(8);
    }
  });

  test("is refused when the list is none", async () => {
    await using at = await place();
    for (const list of [5, null, {}, "text"]) {
      const error = await rejection(at.pool.run(noList, [list]));
      expect(error).toBeInstanceOf(PayloadError);
      expect((error as Error).message).toMatch(
        /^transfer is an array of ArrayBuffers and MessagePorts: transfer=/,
      );
    }
  });

  test("may be shared memory, which is shared and never copied", async () => {
    await using at = await place();
    const buffer = new SharedArrayBuffer(4);
    const returned = await at.pool.run(shared, [buffer]);
    new Uint8Array(returned)[0] = 3;
    expect(new Uint8Array(buffer)[0]).toBe(3);
    const made = new Uint8Array(await at.pool.run(sharedAnew));
    while (Atomics.load(made, 0) !== 6) await new Promise(setImmediate);
    expect(made[0]).toBe(6);
  });
});

describe("outside a pool", () => {
  test("nothing is moved, and the value is returned", () => {
    const bytes = new Uint8Array(8);
    expect(transfer(bytes, [bytes.buffer])).toBe(bytes);
    expect(bytes.length).toBe(8);
    expect(transfer("text", [bytes.buffer])).toBe("text");
    expect(moved(3)).toEqual(new Uint8Array(3).fill(7));
    expect(lengthLeft()).toBe(3);
  });

  test("a list that would be refused in a pool is not read", () => {
    expect(transfer(1, [null as unknown as object])).toBe(1);
    expect(badList("aView")).toEqual(new Uint8Array(8).fill(7));
  });
});
