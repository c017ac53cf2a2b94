/** How a process ends that has a pool with much to do, and how a worker of the user's own does. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { SCRIPT_TEST_MS, reportOf, runScript } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const ways = ["turning", "blocked"];

const showsThreads = existsSync("/proc/self/task");

describe("a process ends by itself", () => {
  test.each([
    ["with an idle pool", "an idle pool", []],
    ["with a pool that is idle again", "a pool that is idle again", ["delivered"]],
    [
      "with a pool that was used without the event loop",
      "a pool that was used without the event loop",
      ["delivered"],
    ],
    ["with an idle pool of manual delivery", "an idle pool that leaves results to poll", []],
    ["not before a pending request is delivered", "a pending request", ["delivered"]],
    ["not before a pending promise is resolved", "a pending promise", ["delivered"]],
    ["not before what callbacks put is delivered", "requests that callbacks put", ["delivered"]],
    [
      "not before poll has delivered, when that is left to it",
      "a result that is left to poll",
      ["delivered"],
    ],
    [
      "not before it is settled, when it waits for that",
      "a promise of being settled",
      ["delivered", "settled"],
    ],
    ["after a request that failed", "a request that failed", ["RangeError"]],
    ["after the death of a worker", "a request whose worker died", ["WorkerDied"]],
    ["whatever a callable left behind", "what a callable left behind", ["delivered"]],
    [
      "once a pool that is being closed is closed",
      "a pool that is being closed",
      ["delivered", "closed"],
    ],
    ["with a terminated pool", "a terminated pool", []],
    [
      "with a terminated pool, once its requests are told",
      "a terminated pool with pending requests",
      ["PoolClosed", "PoolClosed", "PoolClosed"],
    ],
    [
      "with a terminated pool, once poll has told its requests",
      "a terminated pool with pending requests that are left to poll",
      ["PoolClosed", "PoolClosed", "PoolClosed"],
    ],
    ["with a disposed pool", "a disposed pool", ["delivered"]],
    ["with dismissed workers", "a pool whose workers are dismissed", []],
  ])("%s", async (_, name, lines) => {
    const ended = await runScript("ending.ts", name);
    expect(ended).toEqual({ exitCode: 0, signal: null, stderr: "", lines });
  });

  test.each([
    ["a promise", [undefined, "once more"]],
    ["a callback", ["delivered"]],
    ["settled", ["delivered", "settled"]],
    ["close", ["delivered", "closed"]],
    ["await using", ["delivered"]],
    ["a terminated pool", ["PoolClosed"]],
    ["a gate that opens while a request waits", ["delivered"]],
  ])("after a top-level await: %s", async (name, lines) => {
    const ended = await runScript("ending-awaited.ts", name);
    const printed = lines.map((line) => line ?? "undefined");
    expect(ended).toEqual({ exitCode: 0, signal: null, stderr: "", lines: printed });
  });

  test("with the code it asks for, while a worker is in an endless loop", async () => {
    const ended = await runScript("ending.ts", "a worker in an endless loop");
    expect(ended).toEqual({ exitCode: 3, signal: null, stderr: "", lines: [] });
  });
});

describe("a process with a thousand requests in flight", () => {
  test.each(ways)("ends at process.exit: %s", async (way) => {
    const ended = await runScript("in-flight.ts", "exit", way);
    expect(ended).toEqual({ exitCode: 3, signal: null, lines: [], stderr: "" });
  });

  test.each(ways.flatMap((way) => [["SIGINT", way] as const, ["SIGTERM", way] as const]))(
    "ends at a signal: %s, %s",
    async (signal, way) => {
      const ended = await runScript("in-flight.ts", signal, way);
      expect(ended).toEqual({ exitCode: null, signal, lines: [], stderr: "" });
    },
  );

  test.each([
    ["that a callback throws", "throw", "turning"],
    ["that a callback throws", "throw", "blocked"],
    ["of a timer", "an error outside the pool", "turning"],
  ])("ends at an error %s, which is all that is printed: %s, %s", async (_, how, way) => {
    const { exitCode, signal, lines, stderr } = await runScript("in-flight.ts", how, way);
    expect({ exitCode, signal, lines }).toEqual({ exitCode: 1, signal: null, lines: [] });
    expect(stderr.match(/EvalError: nobody catches this/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/WorkerDied|PoolClosed|Worker \d+/);
  });

  test("may listen for SIGINT and terminate the pool, and ends by itself then", async () => {
    const how = "SIGINT, and a listener that terminates";
    expect(await reportOf("in-flight.ts", how, "turning")).toBe(0);
  });

  test("may listen for SIGINT and close the pool, and has everything delivered then", async () => {
    const how = "SIGINT, and a listener that closes";
    const ended = await runScript("in-flight.ts", how, "turning");
    expect(ended).toEqual({ exitCode: 130, signal: null, lines: [1101], stderr: "" });
  });
});

describe.skipIf(!showsThreads)("a pool in a worker of the user's own", () => {
  test.each([
    ["is closed", [[2, 3, 4], 7]],
    ["is disposed of", ["delivered"]],
    ["is forgotten", ["served"]],
    ["is busy when the worker is terminated", ["terminate me"]],
    ["is waited for when the worker is terminated", ["terminate me"]],
    ["is busy when the worker exits", ["exits"]],
  ])("leaves no thread when it %s", async (name, posted) => {
    const report = await reportOf("own-worker.ts", name);
    expect(report).toEqual({ posted, mostThreads: expect.any(Number) });
    // The threads that are gone are those that were looked for.
    expect((report as { mostThreads: number }).mostThreads).toBeGreaterThan(0);
  });
});

describe("pools that nobody closes", () => {
  test("deliver although nobody can reach them, and let the process end", async () => {
    const { stderr, ...ended } = await runScript("forgotten.ts");
    expect(ended).toEqual({ exitCode: 0, signal: null, lines: [{ delivered: 500, pools: 10 }] });
    // The pools end at different times. Those that are collected while others go on are told of.
    expect(stderr).toMatch(/^(?:A ThreadPool was forgotten: .*\n)?$/);
  });
});
