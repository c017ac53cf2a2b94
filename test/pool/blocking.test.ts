import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const squares = [1, 4, 9, 16];

/** Each case of fixtures/blocking.ts, what is promised of it, and what it returns. */
const promises: readonly (readonly [title: string, name: string, result: unknown])[] = [
  [
    "wait delivers what the main module exports",
    "wait, exported from the main module",
    [1, 8, 27, 64, 125],
  ],
  ["wait delivers inline callables", "wait, inline", squares],
  [
    "wait delivers what another module exports",
    "wait, exported from another module",
    [2000, 2_003_000],
  ],
  [
    "runSync returns and throws for every kind of callable",
    "runSync",
    [27, 8, 12, 7, "RangeError"],
  ],
  [
    "runSync leaves the others to wait",
    "runSync among others",
    ["sync", 0, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
  ],
  ["putRequest waits for room in a queue with a limit", "qSize", { longest: true, count: 500 }],
  ["limits of requests and of results together do not deadlock", "qSize and resqSize", 500],
  [
    "putRequest gives up on a full queue, at once or in time, and nothing is put",
    "qSize, giving up",
    { errors: [true, true], size: 2, outcomes: ["held", "queued", "refused"] },
  ],
  [
    "joinAllDismissedWorkers returns when they have ended, and the others serve on",
    "joinAllDismissedWorkers",
    { listed: 2, states: ["ended", "ended"], left: [1, 0], count: 100 },
  ],
  [
    "a dismissed worker that waits for room for its result can be joined",
    "join of a worker whose results were not read",
    [0, "NoWorkersAvailable", 11, 20],
  ],
  ["dismissWorkers joins on demand", "dismissWorkers, joining", [["ended", "ended"], 0]],
  [
    "using delivers what is pending and ends the workers",
    "using",
    { states: ["ended", "ended"], count: 100 },
  ],
  [
    "using passes on what a callback throws, and ends the workers",
    "using, with a callback that throws",
    { thrown: "EvalError", states: ["ended", "ended"] },
  ],
  [
    "what dismissed workers still run takes up no room among few results",
    "dismissed workers whose requests would be all that may be in the queue",
    [2, "behind"],
  ],
  [
    "what is pending when a pool is terminated is told so by wait",
    "a pool that is terminated",
    ["PoolClosed", "PoolClosed"],
  ],
  [
    "20 MB cross both ways",
    "a payload in memory of its own",
    [[62_914_560], 20_971_520, true, 62_914_560],
  ],
  [
    "many large payloads cross both ways",
    "many payloads in memory of their own",
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  ],
  ["shared memory is shared both ways", "shared memory", [42, 8]],
  [
    "a worker gets shared memory and large payloads from a parent that blocks elsewhere",
    "shared memory, and a parent that waits for what becomes of it",
    [true, 5_242_880],
  ],
  [
    "a worker keeps what is posted to it before the first request is put",
    "a first request with shared memory that is posted early",
    [1, 2, 3],
  ],
  [
    "a worker keeps what is posted to it before a request that comes millions after the first",
    "a request with shared memory that is posted early, after many others",
    [8, 501],
  ],
  ["buffers and ports are moved", "moved buffers and ports", [1000, 0, "MessagePort"]],
  [
    "wait may be called inside a callback",
    "wait inside a callback",
    { order: ["outer", "inner", "outer goes on"], count: 10 },
  ],
  [
    "runSync may be called inside a callback",
    "runSync inside a callback",
    Array.from({ length: 10 }, (_, i) => [i, i + 100]).flat(),
  ],
  [
    "what a callback throws passes through wait, and the next wait goes on behind it",
    "a callback that throws",
    { thrown: "EvalError", length: 2, outcomes: [0, 1, 2, 3, 4] },
  ],
  [
    "nothing waits for workers that do not exist",
    "no workers",
    {
      names: ["NoWorkersAvailable", "NoWorkersAvailable", "NoWorkersAvailable"],
      outcomes: [1],
    },
  ],
  [
    "putRequest does not wait for room without workers",
    "no workers, and no room",
    "NoWorkersAvailable",
  ],
  [
    "workers that are added serve while others are busy",
    "more workers while others work",
    { outcomes: [0], workers: 3 },
  ],
  ["pools come and go", "many pools", 210],
];

describe("while the event loop never turns", () => {
  test.each(promises)("%s", async (_, name, result) => {
    expect(await reportOf("blocking.ts", name)).toEqual({ result, hasTurned: false });
  });
});
