/**
 * Every way a worker can fail: what becomes of the request in it, of those behind it, of the pool, which has
 * a successor and serves on, and of the process, which ends by itself and well. Whether the program blocks
 * or its event loop turns makes no difference.
 */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { SCRIPT_TEST_MS, runScript } from "../script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

interface Promised {
  /** In no order: promises are told after callbacks. */
  readonly outcomes: readonly string[];
  /** The ids of the workers that the pool has at last; the first is 1. */
  readonly workers: readonly number[];
  /** How often a callable has said that it came to a certain point. */
  readonly arrived?: number;
  readonly served?: string;
  /** What else is printed for each way of waiting, to standard output and to standard error. */
  readonly printed?: readonly string[];
  readonly reported?: string;
}

async function expectOf(fault: string, promised: Promised): Promise<void> {
  const { served = "served", arrived = 0, printed = [], reported } = promised;
  const ended = await runScript("faults.ts", fault);
  const outcomes = promised.outcomes.toSorted();
  const line = { outcomes, workers: promised.workers, served, arrived };
  expect(ended.lines.map(sorted)).toEqual([
    ...printed,
    { way: "blocking", hasTurned: false, ...line },
    ...printed,
    { way: "event loop", hasTurned: true, ...line },
  ]);
  expect({ exitCode: ended.exitCode, signal: ended.signal }).toEqual({ exitCode: 0, signal: null });
  const reports = reported === undefined ? 0 : ended.stderr.split(reported).length - 1;
  if (reported === undefined) expect(ended.stderr).toBe("");
  // Once for each way of waiting.
  else expect(reports).toBe(2);
}

function sorted(line: unknown): unknown {
  if (typeof line !== "object" || line === null) return line;
  const { outcomes, workers } = line as Promised;
  return {
    ...line,
    outcomes: outcomes.map(withoutPlace).toSorted(),
    workers: workers.toSorted((a, b) => a - b),
  };
}

/** Leaves of the reason of an exit what is the same for every callable. */
function withoutPlace(outcome: string): string {
  return outcome.replace(
    /ThreadPoolError: (?:A callable|Code that a module).* called (process\.exit\(\d+\)), which ends .* at=(?:\/|\(unknown\)).*$/,
    "$1",
  );
}

function exited(exitCode: number, worker: number = 1): string {
  return died(exitCode, `process.exit(${exitCode})`, worker);
}

function died(exitCode: number | null, because: string = "", worker: number = 1): string {
  const cause = because === "" ? "" : ` because of ${because}`;
  return `WorkerDied: worker ${worker}, exit code ${exitCode}${cause}`;
}

function allDied(exitCode: number | null): string[] {
  return [1, 2, 3, 4].map((worker) =>
    exitCode === null ? died(null, "", worker) : exited(exitCode, worker),
  );
}

const terminated: Promised = { outcomes: [died(null), "behind"], workers: [2], arrived: 1 };

const closed: Promised = {
  outcomes: ["PoolClosed", "PoolClosed"],
  workers: [],
  arrived: 1,
  served: "PoolClosed",
};

describe("a callable that ends its worker", () => {
  test.each([
    ["by process.exit(0)", "exit 0", exited(0)],
    ["by process.exit(7)", "exit 7", exited(7)],
    ["by process.exit after an await", "exit later", exited(0)],
    ["by process.exit without listeners of exit", "exit unheard", exited(5)],
    ["by process.exit in a listener of exit too", "exit twice", exited(6)],
    ["by process.exit in a getter of its result", "exit while encoded", exited(5)],
    ["by an error of a timer", "throw from a timer", died(1, "RangeError: from a timer")],
    ["by an error without a listener", "throw unheard", died(1, "RangeError: unheard")],
    ["by an error that cannot be read", "throw unreadable", died(1, "Error")],
    ["by a rejection without a handler", "reject unawaited", died(1, "RangeError: not awaited")],
  ])("%s fails alone", async (_, fault, outcome) => {
    await expectOf(fault, { outcomes: [outcome, "behind"], workers: [2] });
  });

  test("has printed what it printed before", async () => {
    const outcomes = [exited(4), "behind"];
    await expectOf("exit after printing", { outcomes, workers: [2], printed: ["half a line"] });
  });

  test("by an error while its result waits for room leaves the results before it", async () => {
    const before = new Array<string>(10).fill("bytes");
    const outcomes = [...before, died(1, "RangeError: with no room"), "behind"];
    await expectOf("throw while its result waits for room", { outcomes, workers: [2], arrived: 1 });
  });
});

describe("a callable that fails without ending its worker", () => {
  const overflown = "RangeError: Maximum call stack size exceeded.";
  const unreadable =
    "PayloadError: result.rest could not be read: RangeError: from a getter. path=result.rest";
  test.each([
    ["overflows the stack", "stack overflow", overflown],
    ["overflows the stack after an await", "stack overflow later", overflown],
    ["has a result with a getter that throws", "throw while encoded", unreadable],
  ])("because it %s", async (_, fault, outcome) => {
    await expectOf(fault, { outcomes: [outcome, "behind"], workers: [1] });
  });
});

describe("a module that", () => {
  const missing = "ResolveMessage: Cannot find module 'missing.ts' imported from load.ts";
  test.each([
    ["is missing", "missing module", missing],
    ["does not parse", "unparsable module", "SyntaxError: Unexpected % (unparsable.ts:2:10)"],
    ["throws while it is loaded", "module that throws", "RangeError: while it was loaded"],
  ])("%s fails its request alone", async (_, fault, outcome) => {
    await expectOf(fault, { outcomes: [outcome, "behind"], workers: [1] });
  });

  const exits = Bun.fileURLToPath(new URL("../fixtures/modules/exits.ts", import.meta.url));
  const exitedWhileLoaded = `ThreadPoolError: A module called process.exit(3) while a worker loaded it for a callable. module=${exits} at=${exits}:2:9`;
  test.each([
    ["exits while it is loaded", "module that exits", died(3, exitedWhileLoaded)],
    [
      "leaves a rejection behind while it is loaded",
      "module that rejects meanwhile",
      died(1, "RangeError: while it was loaded"),
    ],
  ])("%s costs its worker", async (_, fault, outcome) => {
    await expectOf(fault, { outcomes: [outcome, "behind"], workers: [2] });
  });

  const left = "undefined";
  test.each([
    ["loops", "module that loops"],
    ["awaits what never comes", "module that awaits for ever"],
  ])("%s while it is loaded ends when its worker, or its pool, is terminated", async (_, fault) => {
    await expectOf(fault, { ...terminated, outcomes: [left, ...terminated.outcomes] });
    await expectOf(`${fault}, and the pool`, { ...closed, outcomes: [left, ...closed.outcomes] });
  });

  test("is never loaded takes up one worker, and the others go on", async () => {
    const outcomes = [left, left, "beside", "beside", "beside", died(null)];
    // Either worker may have claimed it.
    const ended = await runScript("faults.ts", "module that loops beside others");
    const anyWorker = (outcome: string): string => outcome.replace("worker 2", "worker 1");
    expect(ended.lines.map((line) => (line as Promised).outcomes.map(anyWorker))).toEqual([
      outcomes,
      outcomes,
    ]);
    expect({ ...ended, lines: [] }).toEqual({ exitCode: 0, signal: null, stderr: "", lines: [] });
  });
});

describe("what does not end by itself ends when its worker, or its pool, is terminated", () => {
  // The native ones go on behind: that they had not ended is what arrived says.
  test.each(["endless loop", "endless loop of promises", "native sleep", "native compression"])(
    "%s",
    async (fault) => {
      await expectOf(fault, terminated);
      await expectOf(`${fault}, and the pool`, closed);
    },
  );
});

describe("a failure outside any request", () => {
  test.each([
    ["timer", "timer while idle"],
    ["rejection", "rejection while idle"],
  ])("of a %s is reported, and costs no request", async (_, fault) => {
    await expectOf(fault, {
      outcomes: ["undefined", "behind"],
      workers: [2],
      arrived: 1,
      reported: "RangeError: while idle",
    });
  });

  test("fails the request that runs meanwhile, and is its cause", async () => {
    const outcomes = ["undefined", died(1, "RangeError: left behind"), "behind"];
    await expectOf("rejection of an earlier request", { outcomes, workers: [2], arrived: 1 });
  });
});

describe("the death of", () => {
  test("an idle worker costs no request", async () => {
    const outcomes = new Array<string>(5).fill("served");
    await expectOf("terminate while idle", { outcomes, workers: [6] });
  });

  test.each([
    ["by process.exit", "all workers exit at once", 1],
    ["because they are terminated", "all workers are terminated at once", null],
  ])("all workers at once %s costs what they had", async (_, fault, exitCode) => {
    const behind = new Array<string>(4).fill("behind");
    const outcomes = [...allDied(exitCode), ...behind];
    await expectOf(fault, { outcomes, workers: [5, 6, 7, 8], arrived: 4 });
  });

  test("a worker that waits for what is moved to it costs that request", async () => {
    const outcomes = [died(null), "behind"];
    await expectOf("terminate while parts are moved", { outcomes, workers: [2] });
    const outcomesOfExit = ["undefined", exited(9), "behind"];
    await expectOf("exit while parts are moved", {
      outcomes: outcomesOfExit,
      workers: [2],
      arrived: 1,
    });
  });
});
