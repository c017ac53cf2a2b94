import { afterAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import {
  CallableError,
  PayloadError,
  ThreadPool,
  ThreadPoolError,
  WorkRequest,
  fromModule,
  makeRequests,
} from "../../src/index.ts";
import type { Callable, ExcInfo, ModuleCallable } from "../../src/index.ts";
import { untyped } from "../misuse.ts";
import { ascending } from "./fixtures/ascending.ts";
import { add, collectArguments, double, makeFunction } from "./fixtures/tasks.ts";
import { expectStillWorking, testPoolMisuses } from "./pool-misuse.ts";
import type { PoolMisuse } from "./pool-misuse.ts";
import { thrownBy } from "./rejection.ts";

const temporary = await mkdtemp(join(tmpdir(), "ringpool bad input "));

afterAll(() => rm(temporary, { recursive: true }));

describe("a callable that no worker could find", () => {
  class Job {
    readonly done = false;
  }
  const callables: [string, unknown, RegExp][] = [
    ["a native function", Math.max, /native or bound.* callable=max$/],
    [
      "a bound function",
      function (this: unknown) {
        return this;
      }.bind(null),
      /native or bound.* callable=bound /,
    ],
    ["a class", Job, /class.*export a function that constructs it.* callable=Job$/],
    ["undefined", undefined, /must be a function.* callable=undefined$/],
    ["null", null, /must be a function.* callable=/],
    ["a name", "add", /must be a function.* callable="add"$/],
    ["a number", 4, /must be a function.* callable=4$/],
    [
      "an object that looks like a reference",
      { url: "file:///a.ts", name: "add" },
      /fromModule\(\)/,
    ],
    ["a Proxy of a function", new Proxy(() => 1, {}), /Proxy/],
  ];
  testPoolMisuses(
    callables.flatMap(([title, value, message]): PoolMisuse[] => {
      const callable = untyped<Callable>(value);
      return [
        [
          `${title}, put`,
          (pool) => pool.putRequest(new WorkRequest(callable)),
          CallableError,
          message,
        ],
        [`${title}, runSync`, (pool) => pool.runSync(callable), CallableError, message],
      ];
    }),
  );

  test("rejects the promise of run, which does not throw", async () => {
    await using pool = new ThreadPool(1);
    for (const [, value, message] of callables) {
      const promise = pool.run(untyped<Callable>(value));
      await expect(promise).rejects.toThrow(CallableError);
      await expect(promise).rejects.toThrow(message);
    }
    expectStillWorking(pool);
  });
});

describe("an argument that cannot cross", () => {
  class Unregistered {
    value = 1;
  }
  const cyclic: { self?: unknown; callback?: () => void } = {};
  cyclic.self = cyclic;
  cyclic.callback = () => {};
  const throwing = {
    get late(): never {
      throw new RangeError("not yet");
    },
  };
  const values: [string, unknown[], string, RegExp][] = [
    ["a function", [() => 1], "args[0]", /function/],
    ["a function deep down", [{ user: { onClick() {} } }], "args[0].user.onClick", /function/],
    ["a function in a later argument", [1, [2, { f() {} }]], "args[1][1].f", /function/],
    [
      "a function under a key that is no word",
      [{ "on click"() {} }],
      'args[0]["on click"]',
      /function/,
    ],
    ["a function in a Map", [new Map([["f", () => 1]])], 'args[0].get("f")', /function/],
    ["a function in a cycle", [cyclic], "args[0].callback", /function/],
    ["a symbol", [Symbol("s")], "args[0]", /symbol/],
    ["a promise", [Promise.resolve(1)], "args[0]", /promise.*await it/],
    ["a stream", [new ReadableStream()], "args[0]", /stream/],
    ["a Proxy", [new Proxy({}, {})], "args[0]", /Proxy/],
    ["a WeakMap", [new WeakMap()], "args[0]", /WeakMap/],
    ["an iterator", [[1].values()], "args[0]", /iterator/],
    [
      "an instance of a class that is not registered",
      [new Unregistered()],
      "args[0]",
      /Unregistered.*registerClass/,
    ],
    ["what a getter refuses", [throwing], "args[0].late", /not yet/],
  ];
  for (const [title, args, path, words] of values) {
    test(`is refused with its path before anything is queued: ${title}`, async () => {
      await using pool = new ThreadPool(1);
      const request = new WorkRequest(collectArguments, args);
      const attempts: (() => unknown)[] = [
        () => pool.putRequest(request),
        () => pool.runSync(collectArguments, args),
      ];
      for (const attempt of attempts) {
        const error = thrownBy(attempt) as PayloadError;
        expect(error).toBeInstanceOf(PayloadError);
        expect(error.path).toBe(path);
        expect(error.message).toContain(path);
        expect(error.message).toMatch(words);
        expect(pool.workRequests.size).toBe(0);
        expect(pool.stats().put).toBe(0);
      }
      await expect(pool.run(collectArguments, args)).rejects.toThrow(PayloadError);
      expect(request.exception).toBe(false);
      expectStillWorking(pool);
    });
  }

  test("is refused in the keywords too, under their name", async () => {
    await using pool = new ThreadPool(1);
    const request = new WorkRequest(collectArguments, [1], { onClick: () => {} });
    const error = thrownBy(() => pool.putRequest(request)) as PayloadError;
    expect(error).toBeInstanceOf(PayloadError);
    expect(error.path).toEndWith(".onClick");
    expectStillWorking(pool);
  });

  test("does not keep the same request from being put once it is repaired", async () => {
    await using pool = new ThreadPool(1);
    const results: unknown[] = [];
    const list: unknown[] = [() => 1];
    const request = new WorkRequest(
      collectArguments,
      [list],
      {},
      { callback: (_, result) => results.push(result) },
    );
    expect(() => pool.putRequest(request)).toThrow(PayloadError);
    list[0] = "repaired";
    pool.putRequest(request);
    pool.wait();
    expect(results).toEqual([[["repaired"]]]);
  });

  test("as a result fails its own request alone", async () => {
    await using pool = new ThreadPool(1);
    const outcomes: unknown[] = [];
    const excCallback = (_: unknown, [typeName, error]: ExcInfo): void =>
      void outcomes.push([typeName, (error as PayloadError).path]);
    pool.putRequest(new WorkRequest(makeFunction, [], {}, { excCallback }));
    const callback = (_: unknown, result: number): void => void outcomes.push(result);
    pool.putRequest(new WorkRequest(double, [2], {}, { callback, excCallback }));
    pool.wait();
    expect(outcomes).toEqual([["PayloadError", "result"], 4]);
    expectStillWorking(pool);
  });

  const transfers: [string, unknown, RegExp][] = [
    ["a plain object", [{}], /transfer\[0\]/],
    ["a view instead of its buffer", [new Uint8Array(8)], /transfer\[0\].*buffer/],
    ["shared memory", [new SharedArrayBuffer(8)], /transfer\[0\].*shared/],
    ["a buffer that was moved before", [movedBuffer()], /transfer\[0\].*detached/],
    ["null", [null], /transfer\[0\].*only ArrayBuffers and MessagePorts/],
    [
      "a Proxy of a buffer",
      [new Proxy(new ArrayBuffer(8), {})],
      /transfer\[0\].*only ArrayBuffers/,
    ],
    ["no list at all", 5, /^transfer is an array.*: transfer=5$/],
    ["a buffer outside of a list", new ArrayBuffer(8), /^transfer is an array.*ArrayBuffer/],
    ["null instead of a list", null, /^transfer is an array.*: transfer=null$/],
  ];
  for (const [title, transfer, message] of transfers) {
    test(`is refused among those to be moved: ${title}`, async () => {
      await using pool = new ThreadPool(1);
      const options = { transfer: untyped<object[]>(transfer) };
      const error = thrownBy(() => pool.runSync(add, [1, 2], options));
      expect(error).toBeInstanceOf(PayloadError);
      expect((error as Error).message).toMatch(message);
      expectStillWorking(pool);
    });
  }

  function movedBuffer(): ArrayBuffer {
    const buffer = new ArrayBuffer(8);
    buffer.transfer();
    return buffer;
  }
});

describe("a module that a worker cannot load", () => {
  const fixture = (file: string): URL => new URL(`./fixtures/${file}`, import.meta.url);
  const unparsable = join(temporary, "unparsable.ts");
  const missing = join(temporary, "missing.ts");
  const importsMissing = join(temporary, "imports-missing.ts");

  const modules: [string, URL, string, string, RegExp, RegExp][] = [
    [
      "its top level throws",
      fixture("modules/throws-at-load.ts"),
      "unreachable",
      "RangeError",
      /the configuration is missing/,
      /throws-at-load\.ts:6:\d+/,
    ],
    [
      "it does not parse",
      pathToFileURL(unparsable),
      "task",
      "SyntaxError",
      /unparsable\.ts:2:/,
      /unparsable\.ts:2:\d+/,
    ],
    [
      "it is missing",
      pathToFileURL(missing),
      "task",
      "ResolveMessage",
      /missing\.ts/,
      /missing\.ts/,
    ],
    [
      "a module that it imports is missing",
      pathToFileURL(importsMissing),
      "task",
      "ResolveMessage",
      /not-there\.ts/,
      /imports-missing\.ts/,
    ],
    [
      "it has no such export",
      fixture("tasks.ts"),
      "subtract",
      "CallableError",
      /does not export "subtract".*tasks\.ts.*available=.*add/,
      /tasks\.ts/,
    ],
    [
      "that export is no function",
      fixture("constants.ts"),
      "LIMIT",
      "CallableError",
      /no function.*"LIMIT"/,
      /constants\.ts/,
    ],
  ];
  for (const [title, url, name, typeName, message, place] of modules) {
    test(`fails each request that needed it, with message and place: ${title}`, async () => {
      await Bun.write(unparsable, "export function task() {\n  return (1;\n}\n");
      await Bun.write(importsMissing, 'import "./not-there.ts";\nexport function task() {}\n');
      await using pool = new ThreadPool(2);
      const callable = fromModule(url, untyped<never>(name)) as ModuleCallable;
      const failures: ExcInfo[] = [];
      const results: number[] = [];
      const excCallback = (_: unknown, excInfo: ExcInfo): void => void failures.push(excInfo);
      for (let i = 0; i < 4; i++) {
        pool.putRequest(new WorkRequest(callable, [], {}, { excCallback }));
        const callback = (_: unknown, result: number): void => void results.push(result);
        pool.putRequest(new WorkRequest(double, [i], {}, { callback, excCallback }));
      }
      pool.wait();
      expect(results.sort(ascending)).toEqual([0, 2, 4, 6]);
      expect(failures).toHaveLength(4);
      for (const [type, error, traceback] of failures) {
        expect(type).toBe(typeName);
        expect((error as Error).message).toMatch(message);
        expect(traceback).toMatch(place);
      }
      expect(pool.workers).toHaveLength(2);
      expectStillWorking(pool);
      await expect(pool.run(callable)).rejects.toThrow(message);
    });
  }
});

describe("a request that may not be put", () => {
  const notRequests: unknown[] = [
    undefined,
    null,
    4,
    "request",
    {},
    [],
    add,
    Object.create(null),
    Symbol("r"),
  ];
  const block = true;
  testPoolMisuses([
    ...notRequests.map((value): PoolMisuse => {
      const request = untyped<WorkRequest>(value);
      return [
        `${Bun.inspect(value)} instead of a request`,
        (pool) => pool.putRequest(request),
        TypeError,
        /takes a WorkRequest.*: request=/,
      ];
    }),
    [
      "a list of requests",
      (pool) => pool.putRequest(untyped<WorkRequest>(makeRequests(double, [1]))),
      TypeError,
      /takes a WorkRequest/,
    ],
    [
      "what only looks like a request",
      (pool) =>
        pool.putRequest(untyped<WorkRequest>(Object.assign({}, new WorkRequest(add, [1, 2])))),
      TypeError,
      /takes a WorkRequest/,
    ],
    [
      "timeoutMs -1",
      (pool) => pool.putRequest(new WorkRequest(add, [1, 2]), block, -1),
      RangeError,
      /: timeoutMs=-1$/,
    ],
    [
      "timeoutMs NaN",
      (pool) => pool.putRequest(new WorkRequest(add, [1, 2]), block, NaN),
      RangeError,
      /: timeoutMs=NaN$/,
    ],
    [
      'timeoutMs "5"',
      (pool) => pool.putRequest(new WorkRequest(add, [1, 2]), block, untyped<number>("5")),
      TypeError,
      /: timeoutMs='5'$/,
    ],
    [
      "block: a number of milliseconds",
      (pool) => pool.putRequest(new WorkRequest(add, [1, 2]), untyped<boolean>(500)),
      TypeError,
      /^block .*true or false: block=500$/,
    ],
    ["poll(1)", (pool) => pool.poll(untyped<boolean>(1)), TypeError, /: block=1$/],
    ["poll({})", (pool) => pool.poll(untyped<boolean>({})), TypeError, /: block=\{\}$/],
    [
      'dismissWorkers(1, "join")',
      (pool) => pool.dismissWorkers(1, untyped<boolean>("join")),
      TypeError,
      /^doJoin .*true or false: doJoin='join'$/,
    ],
    [
      "timeoutMs null",
      (pool) => pool.putRequest(new WorkRequest(add, [1, 2]), block, untyped<number>(null)),
      TypeError,
      /: timeoutMs=null$/,
    ],
  ]);
});

describe("a bad part of a request", () => {
  const make = (...parts: unknown[]): WorkRequest =>
    new WorkRequest(...untyped<ConstructorParameters<typeof WorkRequest>>([add, ...parts]));
  testPoolMisuses([
    ["args: a string", () => make("ab"), TypeError, /^args .*array.*: args=/],
    ["args: null", () => make(null), TypeError, /^args .*: args=null$/],
    ["args: a number", () => make(5), TypeError, /: args=5$/],
    [
      "args: an object that looks like an array",
      () => make({ 0: 1, length: 1 }),
      TypeError,
      /^args /,
    ],
    ["args: a typed array", () => make(new Uint8Array(2)), TypeError, /^args /],
    ["kwds: null", () => make([], null), TypeError, /^kwds .*object.*: kwds=null$/],
    ["kwds: an array", () => make([], [1]), TypeError, /^kwds .*: kwds=/],
    ["kwds: a string", () => make([], "a"), TypeError, /^kwds .*: kwds=/],
    [
      "kwds: a Map, whose entries would be lost",
      () => make([], new Map([["a", 1]])),
      TypeError,
      /^kwds /,
    ],
    ["kwds: a Date", () => make([], new Date(0)), TypeError, /^kwds /],
    [
      "callback: a string",
      () => make([], {}, { callback: "log" }),
      TypeError,
      /^callback .*: callback=/,
    ],
    [
      "callback: an object",
      () => make([], {}, { callback: {} }),
      TypeError,
      /^callback .*: callback=\{\}$/,
    ],
    [
      "excCallback: false",
      () => make([], {}, { excCallback: false }),
      TypeError,
      /^excCallback .*: excCallback=false$/,
    ],
    ["options: null", () => make([], {}, null), TypeError, /options .*object, .*: options=null$/],
    ["options: a number", () => make([], {}, 5), TypeError, /options .*object, .*: options=5$/],
    [
      "options: a callback",
      () => make([], {}, () => 1),
      TypeError,
      /options .*: options=\(anonymous\)$/,
    ],
    [
      "options: a name that there is not",
      () => make([], {}, { calback: () => 1 }),
      TypeError,
      /knows requestID, callback, excCallback: option=calback$/,
    ],
    ["WorkRequest without new", () => untyped<() => void>(WorkRequest)(), TypeError, /new/],
    ["ThreadPool without new", () => untyped<() => void>(ThreadPool)(), TypeError, /new/],
    [
      "makeRequests of what is no list",
      () => makeRequests(double, untyped<number[]>(5)),
      TypeError,
      /iterable/,
    ],
    [
      "makeRequests of null",
      () => makeRequests(double, untyped<number[]>(null)),
      TypeError,
      /^argsList .*iterable.*: argsList=null$/,
    ],
    [
      "makeRequests of nothing",
      () => makeRequests(double, untyped<number[]>(undefined)),
      TypeError,
      /: argsList=undefined$/,
    ],
    [
      "makeRequests of an object",
      () => makeRequests(double, untyped<number[]>({ length: 1 })),
      TypeError,
      /iterable.*: argsList=\{ length: 1 \}$/,
    ],
    [
      "makeRequests with a callback that is no function",
      () => makeRequests(double, [1], untyped<null>("log")),
      TypeError,
      /^callback .*: callback=/,
    ],
    [
      "runSync with args that are no array",
      (pool) => pool.runSync(double, untyped<[number]>(5)),
      TypeError,
      /: args=5$/,
    ],
  ]);

  test("rejects the promise of run: args that are no array", async () => {
    await using pool = new ThreadPool(1);
    await expect(pool.run(double, untyped<[number]>(5))).rejects.toThrow(/: args=5$/);
    expectStillWorking(pool);
  });
});

describe("a pool constructed inside a worker", () => {
  test("by a callable: that request fails, and the pool goes on", async () => {
    await using pool = new ThreadPool(1);
    const url = new URL("./fixtures/makes-a-pool.ts", import.meta.url);
    const makePool = fromModule<typeof import("./fixtures/makes-a-pool.ts"), "makePool">(
      url,
      "makePool",
    );
    await expect(pool.run(makePool)).rejects.toThrow(ThreadPoolError);
    await expect(pool.run(makePool)).rejects.toThrow("import.meta.main");
    expectStillWorking(pool);
  });
});
