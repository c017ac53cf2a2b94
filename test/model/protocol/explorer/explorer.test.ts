import { describe, expect, test } from "bun:test";
import { runEachAlone } from "./alone.ts";
import { explore } from "./explore.ts";
import { Layout, Packing, viewer } from "./fields.ts";
import { findFairCycle } from "./liveness.ts";
import type { Model, Move, MoveKind } from "./model.ts";
import { StateSet } from "./state-set.ts";
import { storyOf } from "./story.ts";

const bounds = { count: 3, mine: 3, yours: 3, done: 3 };

interface Toy {
  readonly moves: Record<string, (state: Record<keyof typeof bounds, number>) => boolean>;
  readonly kinds?: Record<string, MoveKind>;
  readonly isWrong?: (state: Record<keyof typeof bounds, number>) => boolean;
  readonly isUnsettled?: (state: Record<keyof typeof bounds, number>) => boolean;
}

/** A model of a few lines: each move is named `thread: what it does`. */
function toy({ moves, kinds = {}, isWrong = () => false, isUnsettled = () => false }: Toy): Model {
  const layout = new Layout();
  const first = layout.add("toy", bounds)[0] as number;
  const bytes = new Uint8Array(layout.size);
  const state = viewer(bounds)(bytes, first);
  return {
    layout,
    bytes,
    bytesBefore: new Uint8Array(layout.size),
    moves: Object.entries(moves).map(([name, make]): Move => {
      const [actor, what] = name.split(": ") as [string, string];
      return {
        actor,
        thread: actor === "a" ? 0 : 1,
        kind: kinds[name] ?? "step",
        name: () => what,
        make: () => make(state),
      };
    }),
    begin: () => bytes.fill(0),
    checkMove: () => undefined,
    checkState: () => (isWrong(state) ? { invariant: "count", what: "an add is lost" } : undefined),
    checkQuiet: () =>
      isUnsettled(state) ? { invariant: "quiet", what: "no thread moves" } : undefined,
    isUnsettled: () => isUnsettled(state),
    isAtRest: () => false,
  };
}

/** Two threads add 1 to `count` by a load and a store; `mine` and `yours` hold what they have read, plus 1. */
const LOST_UPDATE: Toy = {
  moves: {
    "a: loads": (s) => s.mine === 0 && (s.done & 1) === 0 && (s.mine = s.count + 1) > 0,
    "a: stores": (s) => {
      if (s.mine === 0) return false;
      s.count = s.mine;
      s.mine = 0;
      s.done |= 1;
      return true;
    },
    "b: loads": (s) => s.yours === 0 && (s.done & 2) === 0 && (s.yours = s.count + 1) > 0,
    "b: stores": (s) => {
      if (s.yours === 0) return false;
      s.count = s.yours;
      s.yours = 0;
      s.done |= 2;
      return true;
    },
  },
};

/** A step that can be taken for ever. */
const ROUND = (s: { count: number }): boolean => {
  s.count = (s.count + 1) % 4;
  return true;
};

const ALWAYS = (): boolean => true;

describe("the explorer", () => {
  test("visits each state once", () => {
    const { states, transitions, isComplete, violation } = explore(toy(LOST_UPDATE));
    // Counted by hand: none has begun 1, one has loaded 2, both have 1, one is done 2, the other has loaded before or
    // after that 4, both are done 2.
    expect({ states, transitions, isComplete, violation }).toEqual({
      states: 12,
      transitions: 14,
      isComplete: true,
      violation: undefined,
    });
  });

  test("tells a shortest path to a state that is wrong", () => {
    const model = toy({ ...LOST_UPDATE, isWrong: (s) => s.done === 3 && s.count === 1 });
    const { graph, violation } = explore(model);
    expect(storyOf(model, graph, violation?.path ?? []).map((line) => line.split("  ")[0])).toEqual(
      ["a: loads", "b: loads", "a: stores", "b: stores"],
    );
  });

  test("finds a state in which no thread can move, and does not count callables as moves", () => {
    const stop = (s: { count: number }): boolean => s.count === 0 && (s.count = 1) > 0;
    const moves = { "a: stops": stop };
    expect(explore(toy({ moves, isUnsettled: ALWAYS })).violation?.path).toEqual([0, 1]);
    expect(
      explore(toy({ moves, isUnsettled: ALWAYS, kinds: { "a: stops": "callable" } })).violation
        ?.path,
    ).toEqual([0]);
  });

  test("gives up at its limit and says so", () => {
    expect(explore(toy(LOST_UPDATE), { states: 4 }).isComplete).toBe(false);
  });

  test("finds a cycle that settles nothing", () => {
    const model = toy({ moves: { "a: goes round": ROUND }, isUnsettled: ALWAYS });
    expect(findFairCycle(model, explore(model).graph)?.invariant).toBe("I6");
    const settled = toy({ moves: { "a: goes round": ROUND } });
    expect(findFairCycle(settled, explore(settled).graph)).toBeUndefined();
  });

  test("takes no cycle as fair in which a thread never moves that always could", () => {
    const leave = (s: { done: number }): boolean => s.done === 0 && (s.done = 1) > 0;
    const moves = {
      "a: goes round": (s: { count: number; done: number }) => s.done === 0 && ROUND(s),
      "b: ends it": leave,
    };
    const model = toy({ moves, isUnsettled: (s) => s.done === 0 });
    expect(findFairCycle(model, explore(model).graph)).toBeUndefined();
    // Nothing says that a choice is ever made.
    const byChoice = toy({
      moves,
      isUnsettled: (s) => s.done === 0,
      kinds: { "b: ends it": "choice" },
    });
    expect(findFairCycle(byChoice, explore(byChoice).graph)?.invariant).toBe("I6");
  });

  test("finds a thread that runs alone and never ends", () => {
    const model = toy({ moves: { "a: goes round": ROUND } });
    expect(runEachAlone(model, explore(model).graph, [0]).violation?.invariant).toBe("I8");
    const ending = toy(LOST_UPDATE);
    expect(runEachAlone(ending, explore(ending).graph, [0, 1])).toEqual({ mostSteps: 2 });
  });
});

describe("a packed state", () => {
  test("unpacks to what it was, however its fields lie in words", () => {
    const layout = new Layout();
    layout.add("row", { bit: 1, byte: 255, three: 7 }, 9);
    const packing = new Packing(layout);
    const bytes = Uint8Array.from(layout.greatest, (greatest, i) => (i * 37) % (greatest + 1));
    const packed = new Int32Array(packing.words);
    packing.pack(bytes, packed);
    const unpacked = new Uint8Array(layout.size);
    packing.unpack(packed, unpacked);
    expect(unpacked).toEqual(bytes);
    expect(packing.words).toBe(4);
  });

  test("is refused when a field is beyond its bound", () => {
    const layout = new Layout();
    layout.add("row", { three: 3 });
    expect(() => new Packing(layout).pack(Uint8Array.of(4), new Int32Array(1))).toThrow(
      "name=row.three value=4",
    );
  });
});

test("a set of states finds every state that it has, beyond its first table and its first chunk", () => {
  const set = new StateSet(2);
  const count = 100_000;
  for (let i = 0; i < count; i++) expect(set.add(Int32Array.of(i, i % 7))).toBe(i);
  for (let i = 0; i < count; i += 997) {
    expect(set.add(Int32Array.of(i, i % 7))).toBe(i);
    expect([...set.at(i)]).toEqual([i, i % 7]);
  }
  expect(set.size).toBe(count);
});
