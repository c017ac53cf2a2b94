import { describe, expect, spyOn, test } from "bun:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { ThreadPool, WorkRequest } from "../../../src/index.ts";
import { outsideContexts } from "../../../src/pool/event-loop/contexts.ts";
import { Turns } from "../../../src/pool/event-loop/turns.ts";
import type { TurnTaker } from "../../../src/pool/event-loop/turns.ts";
import { echo } from "../fixtures/tasks.ts";
import { turn } from "../turns.ts";
import { replaceable } from "../../replaceable.ts";

/** A taker that notes its calls, and does what the test says in each. */
class Taker implements TurnTaker {
  readonly calls: string[] = [];
  onPlan = (): void => {};
  onTurn = (): void => {};
  onPlanNext = (): void => {};

  get turns(): number {
    return this.calls.filter((call) => call === "takeTurn").length;
  }

  plan(): void {
    this.calls.push("plan");
    this.onPlan();
  }

  takeTurn(): void {
    this.calls.push("takeTurn");
    this.onTurn();
  }

  planNext(): void {
    this.calls.push("planNext");
    this.onPlanNext();
  }
}

function withTaker(): { turns: Turns; taker: Taker } {
  const turns = new Turns();
  const taker = new Taker();
  turns.takeWith(taker);
  return { turns, taker };
}

type State = "idle" | "scheduled" | "awaiting" | "awaiting and scheduled";

function stateOf({ isAwaiting, isScheduled }: Turns): State {
  if (isAwaiting) return isScheduled ? "awaiting and scheduled" : "awaiting";
  return isScheduled ? "scheduled" : "idle";
}

describe("a request for a turn", () => {
  test("is passed to the taker, which plans", () => {
    const { turns, taker } = withTaker();
    turns.request();
    expect(taker.calls).toEqual(["plan"]);
  });

  test("does nothing before there is a taker", async () => {
    const turns = new Turns();
    turns.request();
    expect(stateOf(turns)).toBe("idle");
    turns.schedule();
    await turn();
    expect(stateOf(turns)).toBe("idle");
  });

  test("by several parts takes one turn, when the taker plans one only while none is scheduled", async () => {
    const { turns, taker } = withTaker();
    taker.onPlan = () => {
      if (!turns.isScheduled) turns.schedule();
    };
    turns.request();
    turns.request();
    turns.request();
    await turn();
    await turn();
    expect(taker.calls).toEqual(["plan", "plan", "plan", "takeTurn", "planNext"]);
  });
});

describe("the state is", () => {
  test("idle at first, scheduled until the immediate, and idle after its turn", async () => {
    const { turns, taker } = withTaker();
    expect(stateOf(turns)).toBe("idle");
    turns.schedule();
    expect(stateOf(turns)).toBe("scheduled");
    expect(taker.turns).toBe(0);
    await turn();
    expect(taker.calls).toEqual(["takeTurn", "planNext"]);
    expect(stateOf(turns)).toBe("idle");
  });

  test("scheduled until a timer, with a delay", async () => {
    const { turns, taker } = withTaker();
    const taken = new Promise<void>((resolve) => {
      taker.onPlanNext = resolve;
    });
    turns.schedule(1);
    expect(stateOf(turns)).toBe("scheduled");
    await taken;
    expect(taker.turns).toBe(1);
    expect(stateOf(turns)).toBe("idle");
  });

  test("awaiting until the promise resolves, and the turn comes at once then", async () => {
    const { turns, taker } = withTaker();
    const { promise, resolve } = Promise.withResolvers<void>();
    turns.scheduleAfter(promise);
    expect(stateOf(turns)).toBe("awaiting");
    await turn();
    expect(taker.turns).toBe(0);
    resolve();
    await promise;
    expect(taker.calls).toEqual(["takeTurn", "planNext"]);
    expect(stateOf(turns)).toBe("idle");
  });

  test("awaiting again after a turn that was scheduled meanwhile", async () => {
    const { turns, taker } = withTaker();
    const { promise, resolve } = Promise.withResolvers<void>();
    turns.scheduleAfter(promise);
    turns.schedule();
    expect(stateOf(turns)).toBe("awaiting and scheduled");
    await turn();
    expect(taker.turns).toBe(1);
    expect(stateOf(turns)).toBe("awaiting");
    resolve();
    await promise;
    expect(taker.turns).toBe(2);
    expect(stateOf(turns)).toBe("idle");
  });

  test("scheduled when the promise resolves before a turn that is scheduled, which is the only one", async () => {
    const { turns, taker } = withTaker();
    const { promise, resolve } = Promise.withResolvers<void>();
    turns.scheduleAfter(promise);
    turns.schedule();
    resolve();
    await promise;
    expect(taker.turns).toBe(0);
    expect(stateOf(turns)).toBe("scheduled");
    await turn();
    await turn();
    expect(taker.turns).toBe(1);
    expect(stateOf(turns)).toBe("idle");
  });

  test("scheduled during a turn, whatever it came from, and not when the next one is planned", async () => {
    const { turns, taker } = withTaker();
    const seen: State[] = [];
    taker.onTurn = () => void seen.push(stateOf(turns));
    taker.onPlanNext = () => void seen.push(stateOf(turns));
    turns.schedule();
    await turn();
    const resolved = Promise.resolve();
    turns.scheduleAfter(resolved);
    await resolved;
    expect(seen).toEqual(["scheduled", "idle", "scheduled", "idle"]);
  });

  test("awaiting and scheduled during a turn while the promise is out, and awaiting when the next one is planned", async () => {
    const { turns, taker } = withTaker();
    const seen: State[] = [];
    turns.scheduleAfter(new Promise(() => {}));
    turns.schedule();
    taker.onTurn = () => void seen.push(stateOf(turns));
    taker.onPlanNext = () => void seen.push(stateOf(turns));
    await turn();
    expect(seen).toEqual(["awaiting and scheduled", "awaiting"]);
  });
});

describe("after a turn", () => {
  test("the plan may schedule the next, which comes in a later round of the event loop", async () => {
    const { turns, taker } = withTaker();
    const order: string[] = [];
    taker.onTurn = () => {
      order.push("turn");
      if (order.length === 1) setImmediate(() => order.push("the program"));
    };
    taker.onPlanNext = () => {
      if (taker.turns < 2) turns.schedule();
    };
    turns.schedule();
    await turn();
    await turn();
    await turn();
    expect(order).toEqual(["turn", "the program", "turn"]);
  });

  test("that threw, the next is planned all the same, and the error is an uncaught exception", () => {
    const { exitCode, stdout, stderr } = Bun.spawnSync([
      process.execPath,
      "-e",
      `const { Turns } = await import(${JSON.stringify(import.meta.resolve("../../../src/pool/event-loop/turns.ts"))});
      process.on("uncaughtException", (error) => console.log("uncaught", error.message));
      process.on("unhandledRejection", (error) => console.log("unhandled", error.message));
      let left = 3;
      const turns = new Turns();
      turns.takeWith({
        plan() {},
        takeTurn() { throw new Error("turn " + left--); },
        planNext() {
          if (left === 2) turns.schedule();
          else if (left === 1) turns.scheduleAfter(Promise.resolve());
          else console.log(turns.isScheduled, turns.isAwaiting);
        },
      });
      turns.schedule();`,
    ]);
    expect(stderr.toString()).toBe("");
    const lines = stdout.toString().trim().split("\n");
    expect(lines.toSorted()).toEqual([
      "false false",
      "uncaught turn 2",
      "uncaught turn 3",
      "unhandled turn 1",
    ]);
    expect(exitCode).toBe(0);
  });
});

test("a turn sees no AsyncLocalStorage context of the part that asked for it", async () => {
  const storage = new AsyncLocalStorage<string>();
  const { turns, taker } = withTaker();
  const seen: unknown[] = [];
  taker.onTurn = () => void seen.push(storage.getStore());
  const { promise, resolve } = Promise.withResolvers<void>();
  storage.run("of one request", () => turns.scheduleAfter(promise));
  storage.run("of another", () => turns.schedule());
  await turn();
  resolve();
  await promise;
  storage.run("of a third", () => turns.schedule());
  await turn();
  expect(seen).toEqual([undefined, undefined, undefined]);
  expect(storage.run("inside", () => outsideContexts(() => storage.getStore()))).toBeUndefined();
});

describe("the process", () => {
  /** Turns, and the timer that keeps the process alive while it is ref'd. */
  function withTimer(): { turns: Turns; timer: NodeJS.Timeout } {
    const spy = spyOn(replaceable, "setInterval");
    const turns = new Turns();
    const timer = spy.mock.results[0]?.value as NodeJS.Timeout;
    spy.mockRestore();
    return { turns, timer };
  }

  test("is kept alive exactly while that is wanted", () => {
    const { turns, timer } = withTimer();
    expect(timer.hasRef()).toBe(false);
    for (const isWanted of [true, true, false, false, true]) {
      turns.keepAlive(isWanted);
      expect(timer.hasRef()).toBe(isWanted);
    }
  });

  test("is not kept alive by a promise that is awaited", () => {
    const { turns, timer } = withTimer();
    turns.scheduleAfter(new Promise(() => {}));
    expect(timer.hasRef()).toBe(false);
  });

  test("is not kept alive after end, whatever is wanted then", () => {
    const { exitCode } = Bun.spawnSync({
      cmd: [
        process.execPath,
        "-e",
        `const { Turns } = await import(${JSON.stringify(import.meta.resolve("../../../src/pool/event-loop/turns.ts"))});
        const turns = new Turns();
        turns.keepAlive(true);
        turns.end();
        turns.keepAlive(false);
        turns.keepAlive(true);`,
      ],
      timeout: 20_000,
    });
    expect(exitCode).toBe(0);
  });
});

describe("an AsyncLocalStorage of a program that uses a pool", () => {
  const storage = new AsyncLocalStorage<string>();

  test("keeps its value across the await of a run", async () => {
    await using pool = new ThreadPool(2);
    const names = Array.from({ length: 50 }, (_, i) => `of ${i}`);
    const seen = await Promise.all(
      names.map((name) =>
        storage.run(name, async () => {
          await pool.run(echo, [name]);
          return storage.getStore();
        }),
      ),
    );
    expect(seen).toEqual(names);
  });

  test("shows a callback its own request's value, or none, and never another's", async () => {
    await using pool = new ThreadPool(1);
    const names = Array.from({ length: 20 }, (_, i) => `of ${i}`);
    const strangers: unknown[] = [];
    for (const name of names) {
      storage.run(name, () => {
        const callback = (): void => {
          const seen = storage.getStore();
          if (seen !== undefined && seen !== name) strangers.push({ name, seen });
        };
        pool.putRequest(new WorkRequest(echo, [name], {}, { callback }));
      });
    }
    await pool.settled();
    expect(strangers).toEqual([]);
  });
});
