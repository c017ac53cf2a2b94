/** Bad input of what is not a pool: references, classes, workers, and the queue by itself. */
import { afterAll, describe, expect, test } from "bun:test";
import {
  Arena,
  QueueViews,
  ResultReader,
  ResultWriter,
  createQueueMemory,
  createResultRing,
} from "../../native-queue/index.ts";
import {
  CallableError,
  ThreadPool,
  ThreadPoolError,
  fromModule,
  registerClass,
} from "../../src/index.ts";
import type { WorkerThread } from "../../src/index.ts";
import { add } from "../parity/fixtures/tasks.ts";

type ErrorClass = new (...args: never[]) => Error;
/** What is wrong, the call, and what it throws. One row a way to misuse it: add yours. */
type Row = [title: string, attempt: () => unknown, errorClass: ErrorClass, message: RegExp];

/** Whatever a program without types may pass. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- a cast, with a name that says why
function untyped<T>(value: unknown): T {
  return value as T;
}

const pool = new ThreadPool(1);
afterAll(() => pool.close());

function testRows(rows: readonly Row[]): void {
  test.each(rows)("%s", (_, attempt, errorClass, message) => {
    let error: unknown = "Nothing was thrown.";
    try {
      attempt();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(errorClass);
    expect((error as Error).message).toMatch(message);
    expect(pool.runSync(add, [1, 2])).toBe(3);
  });
}

describe("fromModule", () => {
  const reference = (...args: unknown[]): unknown =>
    untyped<(...all: unknown[]) => unknown>(fromModule)(...args);
  const url = new URL("file:///tasks.ts");
  testRows([
    ["of nothing", () => reference(), CallableError, /URL, href or absolute path: url=undefined$/],
    ["of null", () => reference(null, "a"), CallableError, /absolute path: url=/],
    ["of a number", () => reference(5, "a"), CallableError, /absolute path: url=5$/],
    [
      "of an object",
      () => reference({ href: "file:///a.ts" }, "a"),
      CallableError,
      /absolute path: url=/,
    ],
    [
      "of a relative path",
      () => reference("./tasks.ts", "a"),
      CallableError,
      /needs a base: new URL\("\.\/tasks\.ts", import\.meta\.url\)/,
    ],
    [
      "of a path that only looks absolute",
      () => reference("tasks.ts", "a"),
      CallableError,
      /import\.meta\.resolve\("tasks\.ts"\)/,
    ],
    [
      "of a package's name",
      () => reference("lodash", "a"),
      CallableError,
      /import\.meta\.resolve\("lodash"\)/,
    ],
    ["of empty text", () => reference("", "a"), CallableError, /absolute URL or path.*url=""$/],
    [
      "of an http URL",
      () => reference("http://a.example/b.ts", "a"),
      CallableError,
      /cannot import.* from http: URLs/,
    ],
    [
      "of an https URL object",
      () => reference(new URL("https://a.example/b.ts"), "a"),
      CallableError,
      /from https: URLs/,
    ],
    [
      "with an empty name",
      () => reference(url, ""),
      CallableError,
      /name of an export.*: name=""$/,
    ],
    [
      "with a number for a name",
      () => reference(url, 5),
      CallableError,
      /name of an export.*: name=5$/,
    ],
    ["with null for a name", () => reference(url, null), CallableError, /name of an export/],
    ["with a function for a name", () => reference(url, add), CallableError, /name of an export/],
    ["with a list of names", () => reference(url, ["a"]), CallableError, /name of an export/],
  ]);
});

/** A class without a name. */
function nameless(): unknown {
  return class {
    readonly x = 1;
  };
}

describe("registerClass", () => {
  const register = (...args: unknown[]): void =>
    untyped<(...all: unknown[]) => void>(registerClass)(...args);
  class Taken {
    readonly x = 1;
  }
  class Other {
    readonly x = 1;
  }
  registerClass(Taken, { name: "badInput.Taken" });
  testRows([
    ["of nothing", () => register(), TypeError, /takes a class.*: class=undefined$/],
    ["of null", () => register(null), TypeError, /takes a class.*: class=null$/],
    [
      "of an instance",
      () => register(new Taken()),
      TypeError,
      /not an instance.*: class=an instance of Taken$/,
    ],
    ["of a name", () => register("Taken"), TypeError, /takes a class.*: class="Taken"$/],
    ["of an arrow function", () => register(() => 1), TypeError, /takes a class/],
    ["of a class without a name", () => register(nameless()), TypeError, /needs a name/],
    [
      "with an empty name",
      () => register(Other, { name: "" }),
      TypeError,
      /needs a name.*: name=""$/,
    ],
    [
      "with a number for a name",
      () => register(Other, { name: 5 }),
      TypeError,
      /needs a name.*: name=5$/,
    ],
    [
      "with a name instead of options",
      () => register(Other, "Other"),
      TypeError,
      /an object, which may have name: options="Other"$/,
    ],
    ["with null for options", () => register(Other, null), TypeError, /: options=null$/],
    [
      "with an option that there is not",
      () => register(Other, { nam: "Other" }),
      TypeError,
      /knows name: option=nam$/,
    ],
    [
      "with the name of another class",
      () => register(Other, { name: "badInput.Taken" }),
      TypeError,
      /Another class.*name=badInput\.Taken$/,
    ],
    [
      "a second time, by another name",
      () => register(Taken, { name: "badInput.Again" }),
      TypeError,
      /register it once.*registered=badInput\.Taken/,
    ],
    ["of Object", () => register(Object), TypeError, /cross as they are.*name=Object$/],
    ["of Error", () => register(Error), TypeError, /cross as they are.*name=Error$/],
    ["of Map", () => register(Map), TypeError, /hold the built-in object in a property/],
    [
      "of a class that extends Map",
      () => register(class Extended extends Map {}),
      TypeError,
      /in a property instead of extending it.*name=Extended$/,
    ],
    [
      "of a class that extends Promise",
      () => register(class Later extends Promise<void> {}),
      TypeError,
      /name=Later$/,
    ],
  ]);
});

describe("a worker's handle", () => {
  const worker = (): WorkerThread => pool.workers[0] as WorkerThread;
  testRows([
    [
      "join of a worker that was not dismissed",
      () => worker().join(),
      ThreadPoolError,
      /dismiss it first: worker=1$/,
    ],
    ["dismiss without its worker", () => worker().dismiss.call(untyped({})), TypeError, /private/],
    [
      "a worker pushed to the list",
      () => untyped<unknown[]>(pool.workers).push(worker()),
      TypeError,
      /readonly|extensible/,
    ],
    [
      "the list of workers replaced",
      () => Object.assign(pool, { workers: [] }),
      TypeError,
      /readonly/,
    ],
    [
      "a worker pushed to the dismissed",
      () => untyped<unknown[]>(pool.dismissedWorkers).push(1),
      TypeError,
      /readonly|extensible/,
    ],
    [
      "a request put into the Map of those pending",
      () => untyped<Map<number, number>>(pool.workRequests).set(1, 1),
      TypeError,
      /^workRequests is read-only/,
    ],
  ]);
});

describe("the queue by itself", () => {
  const memory = (tasks: unknown, arenaBytes: unknown): unknown =>
    createQueueMemory(untyped<number>(tasks), untyped<number>(arenaBytes));
  const tasks = [0, 1, -1, 65_537, 2.5, NaN, "16", undefined].map((count): Row => [
    `of ${Bun.inspect(count)} tasks`,
    () => memory(count, 256),
    RangeError,
    /2 to 65536 tasks: tasks=/,
  ]);
  const arenas = [0, -256, 128, 300, 2 ** 31, NaN, "256", undefined].map((bytes): Row => [
    `with ${Bun.inspect(bytes)} bytes of arena`,
    () => memory(16, bytes),
    RangeError,
    /power of two of bytes, 256 to 2\^30: arenaBytes=/,
  ]);
  const capacities = [0, 255, 2 ** 31, Infinity].map((bytes): Row => [
    `an arena of ${bytes} bytes`,
    () => new Arena(bytes),
    RangeError,
    /256 to 2\^30: capacityBytes=/,
  ]);
  const rings = [-1, 0.5, NaN, 2 ** 31, "128", undefined].map((bytes): Row => [
    `a result ring of ${Bun.inspect(bytes)} bytes`,
    () => createResultRing(untyped<number>(bytes)),
    RangeError,
    /0 to 2\^30 bytes of frames: bytes=/,
  ]);
  testRows([
    ...tasks,
    ...arenas,
    ...capacities,
    ...rings,
    [
      "a block of a negative length",
      () => new Arena(256).tryAllocate(-1),
      RangeError,
      /0 bytes or more: bytes=-1$/,
    ],
    ["a block of no length", () => new Arena(256).tryAllocate(NaN), RangeError, /: bytes=NaN$/],
    ["a block freed twice", freeTwice, RangeError, /No block.*: offset=0$/],
    ["a block freed that never was", () => new Arena(512).free(256), RangeError, /: offset=256$/],
    ["a block freed in its middle", () => new Arena(512).free(7), RangeError, /: offset=7$/],
    [
      "a writer on memory of another size",
      () => new ResultWriter(new SharedArrayBuffer(400)),
      RangeError,
      /createResultRing: bytes=400$/,
    ],
    [
      "a reader on the queue's memory",
      () => new ResultReader(createQueueMemory(2, 256).queue),
      RangeError,
      /createResultRing: bytes=/,
    ],
    [
      "a reader on nothing",
      () => new ResultReader(new SharedArrayBuffer(0)),
      RangeError,
      /: bytes=0$/,
    ],
    ["views on nothing", () => new QueueViews(untyped(undefined)), TypeError, /./],
  ]);

  function freeTwice(): void {
    const arena = new Arena(256);
    const block = arena.tryAllocate(1);
    arena.free(block);
    arena.free(block);
  }

  test("an arena has no block for more than it holds, however much that is", () => {
    const arena = new Arena(1024);
    for (const bytes of [1025, 2 ** 31, 2 ** 31 + 1, 2 ** 32, 2 ** 33, Infinity]) {
      expect(arena.tryAllocate(bytes)).toBe(-1);
    }
    expect(arena.freeBytes).toBe(1024);
  });
});
