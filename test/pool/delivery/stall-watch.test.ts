import { describe, expect, spyOn, test } from "bun:test";
import { StallWatch } from "../../../src/pool/delivery/stall-watch.ts";
import type { DeliveryState, StallParts } from "../../../src/pool/delivery/stall-watch.ts";

interface Played {
  readonly watch: StallWatch;
  /** How many deadlines are set. */
  readonly deadlines: (() => void)[];
  readonly table: { handedOut: number; hasArrived: boolean; size: number };
  readonly state: { delivers: boolean; isAwaited: boolean };
  /** Looks as the delivery does. */
  look(): void;
  /** Lets the time of the oldest deadline be over. */
  pass(): void;
}

function playedWatch(): Played {
  const deadlines: (() => void)[] = [];
  const table = { streams: new Set(), size: 1, handedOut: 0, hasArrived: true };
  const state: DeliveryState & Played["state"] = { delivers: false, isAwaited: false };
  const parts = {
    table,
    queue: { waiting: 0 },
    supervisor: { reactor: { hasUnread: () => false }, running: [] },
    deadlines: { add: (_: number, action: () => void) => deadlines.push(action) },
    holds: { holdAll: () => false },
  } as unknown as StallParts;
  const watch = new StallWatch(parts, "played");
  return {
    watch,
    deadlines,
    table,
    state,
    look: () => watch.look(() => state),
    pass: () => deadlines.shift()?.(),
  };
}

function printedBy(play: () => void): readonly string[] {
  const print = spyOn(console, "error").mockImplementation(() => {});
  try {
    play();
    return print.mock.calls.map(([text]) => String(text));
  } finally {
    print.mockRestore();
  }
}

describe("the watch for stalls", () => {
  test("sets one deadline, however often it looks, and prints one line", () => {
    const played = playedWatch();
    const printed = printedBy(() => {
      for (let i = 0; i < 3; i++) played.look();
      expect(played.deadlines).toHaveLength(1);
      played.pass();
      played.look();
      expect(played.deadlines).toHaveLength(0);
    });
    expect(printed).toEqual([expect.stringMatching(/: name=played pending=1 streams=0$/)]);
  });

  test("sets none while nothing is pending, or while the event loop delivers", () => {
    const played = playedWatch();
    played.table.hasArrived = false;
    played.table.size = 0;
    played.look();
    played.table.hasArrived = true;
    played.table.size = 1;
    played.state.delivers = true;
    played.look();
    expect(played.deadlines).toHaveLength(0);
  });

  test("begins again when something was delivered meanwhile, and says nothing when that was all", () => {
    const played = playedWatch();
    const printed = printedBy(() => {
      played.look();
      played.table.handedOut += 1;
      played.pass();
      expect(played.deadlines).toHaveLength(1);
      played.table.hasArrived = false;
      played.pass();
      expect(played.deadlines).toHaveLength(1);
      played.table.size = 0;
      played.pass();
      expect(played.deadlines).toHaveLength(0);
    });
    expect(printed).toEqual([]);
  });
});
