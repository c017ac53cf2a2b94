import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import fc from "fast-check";
import { once } from "node:events";
import { PayloadError, ThreadPool, WorkRequest } from "../../src/index.ts";
import { difference, expectSame } from "../codec/deep-equal.ts";
import { arrivals, newGate, open } from "./fixtures/gate.ts";
import {
  Point,
  TooFar,
  differenceFromSample,
  lengthOfPoint,
  makeRefused,
  makeSample,
  refused,
  samples,
  throwTooFar,
} from "./fixtures/samples.ts";
import {
  answerOn,
  makeBlobs,
  makeClosedPort,
  makeClosedPortWith,
  makeKey,
  makeShared,
  openPort,
  readKept,
  sign,
  store,
  textOf,
} from "./fixtures/sharing.ts";
import { add, bytesOf, echo, fail, hold, lengthOf, sumOf } from "./fixtures/tasks.ts";
import { rejection } from "./rejection.ts";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const KILOBYTE = 1 << 10;
const MEGABYTE = 1 << 20;

interface LargeReport {
  readonly lengths: number;
  readonly grownMegabytes: number;
}

const pool = new ThreadPool(2);
afterAll(() => pool.close());

async function expectEchoed(value: unknown): Promise<void> {
  expectSame(await pool.run(echo, [value]), value);
}

/** Bytes of which no two neighbouring kilobytes are alike. */
function pattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i ^ (i >> 8) ^ (i >> 16);
  return bytes;
}

describe("values of every kind", () => {
  const kinds = Object.keys(samples);

  test.each(kinds)("cross as arguments: %s", async (name) => {
    expect(await pool.run(differenceFromSample, [name, samples[name]?.()])).toBe("");
  });

  test.each(kinds)("cross as results: %s", async (name) => {
    expect(differenceFromSample(name, await pool.run(makeSample, [name]))).toBe("");
  });

  test.each(kinds)("come back as they went: %s", async (name) => {
    await expectEchoed(samples[name]?.());
  });

  test("cross one beside the other, all in one value", async () => {
    await expectEchoed(Object.fromEntries(kinds.map((name) => [name, samples[name]?.()])));
  });

  test("cross as keywords, which are the last argument", async () => {
    const seen = await new Promise((resolve) => {
      const gather = (...args: unknown[]): unknown[] => args;
      const kwds = { map: new Map([[1, -0]]), missing: undefined };
      const callback = (_: unknown, result: unknown): void => resolve(result);
      pool.putRequest(new WorkRequest(gather, ["first"] as never, kwds, { callback }));
    });
    expectSame(seen, ["first", { map: new Map([[1, -0]]), missing: undefined }]);
  });

  test("arguments that share an object share it in the worker", async () => {
    const isShared = (a: { list: unknown }, b: unknown): boolean => a.list === b;
    const list: unknown[] = [];
    expect(await pool.run(isShared, [{ list }, list])).toBe(true);
  });

  test("an undefined result is undefined, and null is null", async () => {
    expect(await pool.run(() => {})).toBeUndefined();
    expect(await pool.run(() => null)).toBeNull();
  });
});

describe("values of any size", () => {
  test("around the room inside a task", async () => {
    await Promise.all(
      Array.from({ length: 200 }, (_, length) => [
        expectEchoed("x".repeat(length)),
        expectEchoed(pattern(length)),
        expectEchoed(Array.from({ length }, (__, i) => i)),
      ]).flat(),
    );
  });

  test("in the arena", async () => {
    const lengths = [1, 2, 4, 16, 64, 255, 256, 257].map((n) => n * KILOBYTE);
    for (const length of lengths) {
      for (const near of [length - 1, length, length + 1]) await expectEchoed(pattern(near));
    }
  });

  test("around what a result ring takes", async () => {
    const room = 128 * KILOBYTE;
    for (let length = room - 64; length < room + 64; length += 3) {
      const received = await pool.run(bytesOf, [length, 5]);
      expect([received.length, sumOf(received)]).toEqual([length, 5 * length]);
    }
  });

  test.each([1, 3.9, 4, 4.1, 20])("%d megabytes", async (megabytes) => {
    const bytes = pattern(Math.trunc(megabytes * MEGABYTE));
    const received = await pool.run(echo<Uint8Array>, [bytes]);
    expect(received.length).toBe(bytes.length);
    expect(Buffer.compare(received, bytes)).toBe(0);
    const text = "é".repeat(bytes.length / 2);
    expect((await pool.run(echo, [text])) === text).toBe(true);
  });

  test("200 megabytes, and small ones meanwhile", async () => {
    const large = pool.run(sumOf, [new Uint8Array(200 * MEGABYTE).fill(1)]);
    const small = await Promise.all(Array.from({ length: 100 }, (_, i) => pool.run(add, [i, 1])));
    expect(small).toEqual(Array.from({ length: 100 }, (_, i) => i + 1));
    expect(await large).toBe(200 * MEGABYTE);
  });

  test("more at once than the arena holds", async () => {
    const sizes = Array.from({ length: 200 }, (_, i) => MEGABYTE + i);
    const lengths = await Promise.all(
      sizes.map((size) => pool.run(lengthOf, [new Uint8Array(size)])),
    );
    expect(lengths).toEqual(sizes);
  });

  test.each(["1", "2", "4"])(
    "large ones leave no memory behind, on %s workers",
    async (workers) => {
      const report = (await reportOf("large.ts", "20", "40", workers)) as LargeReport;
      expect(report.lengths).toBe(40);
      // Of 32 rounds, each with 20 megabytes twice, a leak would keep 1280.
      expect(report.grownMegabytes).toBeLessThan(600);
    },
  );
});

describe("any nested value", () => {
  const leaf = fc.oneof(
    fc.constantFrom<unknown>(undefined, null, true, false, -0, NaN, Infinity, new Date(0), /x/g),
    fc.integer(),
    fc.double(),
    fc.bigInt(),
    fc.string({ unit: "binary" }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    fc.date({ noInvalidDate: false }),
    fc.uint8Array(),
    fc.float64Array(),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );

  /** Containers that refer to one another, and so to themselves, in every possible way. */
  const graph = fc
    .array(
      fc.record({
        kind: fc.constantFrom("object", "array", "map", "set"),
        members: fc.array(
          fc.record({ key: fc.string(), leaf, target: fc.option(fc.nat(), { freq: 1 }) }),
        ),
      }),
      { minLength: 1, maxLength: 8 },
    )
    .map((nodes) => {
      const containers = nodes.map(({ kind }): object => {
        if (kind === "array") return [];
        if (kind === "map") return new Map();
        return kind === "set" ? new Set() : {};
      });
      for (const [index, { members }] of nodes.entries()) {
        const container = containers[index];
        for (const member of members) {
          const { key } = member;
          const value =
            member.target === null ? member.leaf : containers[member.target % containers.length];
          if (Array.isArray(container)) container.push(value);
          else if (container instanceof Map) container.set(member.leaf, value);
          else if (container instanceof Set) container.add(value);
          else
            Object.defineProperty(container, key, {
              value,
              enumerable: true,
              configurable: true,
              writable: true,
            });
        }
      }
      return containers[0];
    });

  test("comes back as it went, cycles and shared references included", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          graph,
          fc.array(leaf),
          fc.object({
            withMap: true,
            withSet: true,
            withBigInt: true,
            withDate: true,
            withTypedArray: true,
            withSparseArray: true,
            withNullPrototype: true,
          }),
        ),
        async (value) => {
          const received = await pool.run(echo, [value]);
          expect(difference(received, value)).toBe("");
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("shared memory", () => {
  test("is shared with the worker: each sees what the other writes", async () => {
    const words = new Int32Array(new SharedArrayBuffer(16));
    await pool.run(store, [words, 1, 42]);
    expect(Atomics.load(words, 1)).toBe(42);
    const echoed = echo<{ words: Int32Array; buffer: ArrayBufferLike }>;
    const other = await pool.run(echoed, [{ words, buffer: words.buffer }]);
    Atomics.store(words, 2, 7);
    expect(Atomics.load(other.words, 2)).toBe(7);
    expect(other.words.buffer).toBe(other.buffer);
  });

  test("that a worker has made is shared with the parent", async () => {
    await using single = new ThreadPool(1);
    const { words, buffer } = await single.run(makeShared);
    expect(buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(words.buffer).toBe(buffer);
    expect(Atomics.load(words, 0)).toBe(1);
    Atomics.store(words, 1, 99);
    expect(await single.run(readKept, [1])).toBe(99);
  });

  test("crosses beside a payload too big for the queue", async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const bytes = pattern(6 * MEGABYTE);
    const received = await pool.run(echo<{ words: Int32Array; bytes: Uint8Array }>, [
      { words, bytes },
    ]);
    Atomics.store(words, 0, 5);
    expect(Atomics.load(received.words, 0)).toBe(5);
    expect(Buffer.compare(received.bytes, bytes)).toBe(0);
  });

  test("crosses in great numbers, each to its own request", async () => {
    const buffers = Array.from({ length: 3000 }, (_, i) => {
      const words = new Int32Array(new SharedArrayBuffer(4));
      words[0] = i;
      return words;
    });
    const received = await Promise.all(buffers.map((words) => pool.run(echo<Int32Array>, [words])));
    expect(received.map((words) => words[0])).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });
});

describe("a Buffer", () => {
  test("stays a Buffer on both sides", async () => {
    const isBuffer = (value: unknown): boolean => Buffer.isBuffer(value);
    expect(await pool.run(isBuffer, [Buffer.from("text")])).toBe(true);
    expect(await pool.run(isBuffer, [new Uint8Array(4)])).toBe(false);
    const make = (): Buffer => Buffer.from("made in a worker");
    const made = await pool.run(make);
    expect(Buffer.isBuffer(made)).toBe(true);
    expect(made.toString()).toBe("made in a worker");
  });
});

describe("a MessagePort", () => {
  test("is moved to a worker, and works there", async () => {
    for (const isListed of [true, false]) {
      const { port1, port2 } = new MessageChannel();
      await pool.run(answerOn, [port2], isListed ? { transfer: [port2] } : {});
      const answer = once(port1, "message");
      port1.postMessage(41);
      expect(await answer).toEqual([42]);
      port1.postMessage(0);
      port1.close();
    }
  });

  test("that is closed costs no worker, although its result has to wait for room", async () => {
    await using single = new ThreadPool(1);
    await rejection(single.run(makeClosedPortWith, [1]));
    await single.run(bytesOf, [1, 1]);
    // A result ring holds ten of these; what comes next waits until they are read.
    const before = Array.from({ length: 10 }, (_, i) => single.run(bytesOf, [104_000, i]));
    const failed = rejection(single.run(makeClosedPortWith, [104_000]));
    const after = single.run(echo, ["after"]);
    while (single.stats().queueLength > 1);
    expect(await failed).not.toMatchObject({ name: "WorkerDied" });
    expect((await Promise.all(before)).length).toBe(10);
    expect(await after).toBe("after");
    expect(single.workers.map(({ id }) => id)).toEqual([1]);
  });

  test("is moved from a worker, and works here", async () => {
    const { port } = await pool.run(openPort);
    const answer = once(port, "message");
    port.postMessage(6);
    expect(await answer).toEqual([7]);
    port.postMessage(0);
    port.close();
  });

  test("that is closed fails its own request alone as an argument", async () => {
    const { port1 } = new MessageChannel();
    port1.close();
    const before = pool.run(echo, ["before"]);
    const failed = rejection(pool.run(echo<unknown>, [{ port: port1 }]));
    const after = pool.run(echo, ["after"]);
    expect(await failed).toBeInstanceOf(PayloadError);
    expect([await before, await after]).toEqual(["before", "after"]);
  });

  test("that is closed fails its own request alone as a result", async () => {
    const before = pool.run(echo, ["before"]);
    const failed = rejection(pool.run(makeClosedPort));
    const after = pool.run(echo, ["after"]);
    expect(await failed).toBeInstanceOf(PayloadError);
    expect([await before, await after]).toEqual(["before", "after"]);
  });
});

describe("an ArrayBuffer that is transferred", () => {
  test.each([10, 100_000, 20 * MEGABYTE])(
    "is detached at once, and arrives: %d bytes",
    async (length) => {
      const bytes = pattern(length);
      const sum = sumOf(bytes);
      const running = pool.run(sumOf, [bytes], { transfer: [bytes.buffer] });
      expect([bytes.length, bytes.buffer.detached]).toEqual([0, true]);
      expect(await running).toBe(sum);
    },
  );

  test("is detached at once in a queue that is full, and arrives later", async () => {
    await using single = new ThreadPool(1);
    const gate = newGate();
    const held = single.run(hold, [gate, 1]);
    const before = Array.from({ length: 2000 }, (_, i) => single.run(echo<number>, [i]));
    const bytes = pattern(5000);
    const sum = sumOf(bytes);
    const running = single.run(sumOf, [bytes], { transfer: [bytes.buffer] });
    expect(bytes.length).toBe(0);
    open(gate);
    expect(await running).toBe(sum);
    expect((await Promise.all(before)).length).toBe(2000);
    await held;
  });

  test("is detached at once, also one of another realm", async () => {
    const foreign = runInNewContext("new ArrayBuffer(8)") as ArrayBuffer;
    const running = pool.run(add, [1, 2], { transfer: [foreign] });
    expect(foreign.byteLength).toBe(0);
    expect(await running).toBe(3);
  });

  test("need not be an argument itself", async () => {
    const bytes = pattern(100);
    const sum = sumOf(bytes);
    const nested = (value: { deep: Uint8Array[] }): number =>
      (value.deep[0] as Uint8Array).reduce((a, b) => a + b, 0);
    const running = pool.run(nested, [{ deep: [bytes] }], { transfer: [bytes.buffer] });
    expect(bytes.length).toBe(0);
    expect(await running).toBe(sum);
    const unused = new ArrayBuffer(8);
    expect(await pool.run(add, [1, 2], { transfer: [unused] })).toBe(3);
    expect(unused.detached).toBe(true);
  });

  test("stays where it is when the request is refused", async () => {
    const good = new ArrayBuffer(8);
    const detached = new ArrayBuffer(8);
    detached.transfer();
    const shared = new SharedArrayBuffer(8);
    const closed = new MessageChannel().port1;
    closed.close();
    const { buffer: ofWasm } = new WebAssembly.Memory({ initial: 1 });
    for (const bad of [new Uint8Array(8), detached, shared, {}, new Blob([]), closed, ofWasm]) {
      const error = await rejection(pool.run(echo, [good], { transfer: [good, bad] }));
      expect(error).toBeInstanceOf(PayloadError);
      expect(error).toMatchObject({ path: "transfer[1]" });
    }
    const error = await rejection(pool.run(echo<unknown>, [[good, () => 1]], { transfer: [good] }));
    expect(error).toMatchObject({ path: "args[0][1]" });
    expect(good.byteLength).toBe(8);
  });
});

describe("what only a port can carry", () => {
  test("a closed port in a result fails that request, and is named", async () => {
    const closed = (): unknown => {
      const { port1 } = new MessageChannel();
      port1.close();
      return { ports: [port1] };
    };
    const other = pool.run(echo<number>, [1]);
    expect(await rejection(pool.run(closed))).toMatchObject({ path: "result.ports[0]" });
    expect(await other).toBe(1);
  });

  test("a closed port in a thrown error is left out of the error", async () => {
    const failing = (): never => {
      const { port1 } = new MessageChannel();
      port1.close();
      throw Object.assign(new RangeError("the rest"), { port: port1, kept: 5 });
    };
    const error = await rejection(pool.run(failing));
    expect(error).toBeInstanceOf(RangeError);
    expect(Object.entries(error as object)).toEqual([["kept", 5]]);
  });

  test("Blobs and Files cross both ways", async () => {
    expect(await pool.run(textOf, [new Blob(["some text"])])).toBe("Blob: some text");
    expect(await pool.run(textOf, [new File(["in it"], "name.txt")])).toBe("name.txt: in it");
    const { blob, file } = await pool.run(makeBlobs);
    expect(blob).toBeInstanceOf(Blob);
    expect(file).toBeInstanceOf(File);
    expect([await blob.text(), file.name, await file.text()]).toEqual([
      "made in a worker",
      "name.txt",
      "a file",
    ]);
  });

  test("CryptoKeys cross both ways", async () => {
    const key = await pool.run(makeKey);
    expect(key).toBeInstanceOf(CryptoKey);
    const signature = await pool.run(sign, [key, "a text"]);
    const text = new TextEncoder().encode("a text");
    expect(await crypto.subtle.verify("HMAC", key, signature, text)).toBe(true);
  });
});

describe("a registered class", () => {
  test("keeps its instances in both directions", async () => {
    expect(await pool.run(lengthOfPoint, [new Point(3, 4)])).toBe(5);
    const { point } = (await pool.run(makeSample, ["an instance of a registered class"])) as {
      point: Point;
    };
    expect(point).toBeInstanceOf(Point);
    expect(point.length).toBe(5);
  });

  test("may be a class of errors, thrown by a callable", async () => {
    const error = (await rejection(pool.run(throwTooFar, [7]))) as TooFar;
    expect(error).toBeInstanceOf(TooFar);
    expect([error.name, error.message, error.distance]).toEqual(["TooFar", "thrown", 7]);
    expect((error.cause as Error).message).toBe("the cause");
    expect(error.stack).toContain("samples.ts");
    expect(error.stack).toContain("values.test.ts");
  });

  test("that its worker does not know fails its own request alone", async () => {
    await using fresh = new ThreadPool(1);
    const inline = (value: unknown): unknown => value;
    expect(await rejection(fresh.run(inline, [new Point(1, 2)]))).toBeInstanceOf(PayloadError);
    expect(await fresh.run(inline, [1])).toBe(1);
  });
});

describe("what cannot cross", () => {
  test.each(Object.keys(refused))("is refused before anything is queued: %s", async (name) => {
    const { put } = pool.stats();
    const value = { user: { onClick: refused[name]?.() } };
    const path = `args[1].user.onClick${name.startsWith("getter") ? ".value" : ""}`;
    const request = new WorkRequest(add as (a: unknown, b: unknown) => number, [1, value]);
    expect(() => pool.putRequest(request)).toThrow(PayloadError);
    expect(() => pool.putRequest(request)).toThrow(path);
    const error = await rejection(pool.run(echo<unknown>, [value]));
    expect(error).toBeInstanceOf(PayloadError);
    expect(error).toMatchObject({ path: path.replace("args[1]", "args[0]") });
    expect(() => pool.runSync(echo<unknown>, [value])).toThrow(PayloadError);
    expect(pool.workRequests.size).toBe(0);
    expect(pool.stats().put).toBe(put);
    // The request itself is as good as before.
    value.user.onClick = 1;
    const settled = pool.settled();
    pool.putRequest(request);
    await settled;
    expect(request.exception).toBe(false);
    await pool.settled();
  });

  test.each(Object.keys(refused))("fails its own request alone as a result: %s", async (name) => {
    const before = pool.run(echo, ["before"]);
    const failed = rejection(pool.run(makeRefused, [name]));
    const after = pool.run(echo, ["after"]);
    const path = `result.list[1].bad${name.startsWith("getter") ? ".value" : ""}`;
    expect(await failed).toMatchObject({ name: "PayloadError", path });
    expect([await before, await after]).toEqual(["before", "after"]);
    expect(pool.workers.map(({ id }) => id)).toEqual([1, 2]);
  });

  test("of an error is left out, and the error arrives", async () => {
    const throwing = (): never => {
      throw Object.assign(new TypeError("with a function", { cause: Symbol("no") }), {
        handler: () => 1,
        kept: [1],
      });
    };
    const error = (await rejection(pool.run(throwing))) as Error & { kept?: unknown };
    expect(error).toBeInstanceOf(TypeError);
    expect([error.message, error.kept]).toEqual(["with a function", [1]]);
    expect(Object.hasOwn(error, "handler")).toBe(false);
    const throwsSymbol = (): never => {
      throw Symbol("thrown");
    };
    expect(await rejection(pool.run(throwsSymbol))).toBeInstanceOf(PayloadError);
  });

  test("of an error is left out, although it shows only when it is sent", async () => {
    const throwing = (): never => {
      const { port1 } = new MessageChannel();
      port1.close();
      throw Object.assign(new TypeError("with a closed port"), { port: port1 });
    };
    expect(await rejection(pool.run(throwing))).toMatchObject({
      name: "TypeError",
      message: "with a closed port",
    });
  });

  test("an error arrives with both stacks", async () => {
    const error = (await rejection(pool.run(fail, ["as it should"]))) as Error;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.stack).toContain("tasks.ts");
    expect(error.stack).toContain("values.test.ts");
  });
});

describe("arguments are copied when they are put", () => {
  test.each([
    ["inside a task", 10],
    ["in the arena", 50_000],
    ["in memory of their own", 5 * MEGABYTE],
  ])("%s", async (_, length) => {
    await using single = new ThreadPool(1);
    const gate = newGate();
    const held = single.run(hold, [gate, 1]);
    await arrivals(gate, 1);
    const bytes = new Uint8Array(length).fill(1);
    const running = single.run(sumOf, [bytes]);
    bytes.fill(2);
    open(gate);
    expect(await running).toBe(length);
    await held;
  });

  test.each([
    ["small", 10],
    ["of some kilobytes", 20_000],
    ["large", 5 * MEGABYTE],
  ])("although the queue is full: %s", async (_, length) => {
    await using single = new ThreadPool(1);
    const gate = newGate();
    const held = single.run(hold, [gate, 1]);
    const before = Array.from({ length: 1500 }, (__, i) => single.run(echo<number>, [i]));
    const bytes = new Uint8Array(length).fill(1);
    const list = [1, 2, 3];
    const running = [single.run(sumOf, [bytes]), single.run(echo, [list])] as const;
    bytes.fill(2);
    list.push(4);
    open(gate);
    expect(await running[0]).toBe(length);
    expect(await running[1]).toEqual([1, 2, 3]);
    expect(await Promise.all(before)).toEqual(Array.from({ length: 1500 }, (__, i) => i));
    await held;
  });
});
