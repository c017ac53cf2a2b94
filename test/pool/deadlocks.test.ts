/** Programs that wait for themselves: what cannot go on throws, and of what may not go on a line tells. */
import { beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { SCRIPT_TEST_MS, reportOf } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("a call in the loop of a stream that waits for the worker of the stream", () => {
  let outcomes: Record<string, string>;
  beforeAll(async () => {
    outcomes = (await reportOf("held-by-streams.ts")) as Record<string, string>;
  });

  test.each(["runSync", "mapSync", "wait", "put", "dismiss", "join"])(
    "throws, and names the cycle and what to write: %s",
    (name) => {
      expect(outcomes[name]).toMatch(
        /^ThreadPoolError: .* a worker that a stream holds, .* leave its loop first, or give the pool more workers .*: streams=1$/,
      );
    },
  );

  test.each(["sharedWorker", "secondWorker", "mayGrow"])(
    "goes on where a worker can take the request: %s",
    (name) => {
      expect(outcomes[name]).toBe("returned 1");
    },
  );

  test("fails by its own limit of time where it has one", () => {
    expect(outcomes["limited"]).toStartWith("RequestTimeout: ");
    expect(outcomes["limitedPut"]).toStartWith("QueueFull: ");
  });
});

/** What a program that does not end prints first on standard error. */
async function firstLineOf(program: string): Promise<string> {
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "fixtures/waits-for-itself.ts"), program],
    {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    },
  );
  try {
    let text = "";
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
      text += part;
      if (text.includes("\n")) break;
    }
    return text.trim();
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

const MANUAL =
  /^Results of a ThreadPool wait .* delivery: "manual" .* name=own pending=\d+ streams=0$/;
const UNREAD = /^Streams of a ThreadPool have not been read .* name=own pending=\d+ streams=\d$/;
const PROGRAMS: readonly (readonly [program: string, line: RegExp])[] = [
  ["manual run", MANUAL],
  ["manual map", MANUAL],
  ["run in a loop", UNREAD],
  ["map in a loop", UNREAD],
  ["stream in a loop", UNREAD],
  ["settled in a loop", UNREAD],
  ["close in a loop", UNREAD],
  [
    "close in a source",
    /^close\(\) of a ThreadPool has waited .* close the pool after the collection is done\.$/,
  ],
];

describe("a line tells of a program that seems to wait for itself", () => {
  const lines = new Map<string, string>();
  // Together, because each takes as long as the pool waits before it says something.
  beforeAll(async () => {
    await Promise.all(
      PROGRAMS.map(async ([program]) => lines.set(program, await firstLineOf(program))),
    );
  });

  test.each(PROGRAMS)("%s", (program, line) => {
    expect(lines.get(program)).toMatch(line);
  });
});
