import { describe, expect, test } from "bun:test";
import type { CallEvent } from "../machine/virtual-thread.ts";
import { historyInWords, isLinearizable } from "./linearizability.ts";

/** A history from lines such as `0 put 3` or `0 put 3,4`, `0 =` and `1 claim`, `1 = 3`. */
function history(...lines: readonly string[]): CallEvent[] {
  const open = new Map<number, CallEvent>();
  return lines.map((line) => {
    const [thread, word, argument] = line
      .split(" ")
      .map((part, i) => (i === 1 ? part : valueOf(part))) as [number, string, unknown];
    const begun = open.get(thread);
    const isEnd = word === "=";
    const event: CallEvent = {
      key: line,
      thread,
      name: isEnd ? (begun as CallEvent).name : word,
      argument: isEnd ? begun?.argument : (argument as CallEvent["argument"]),
      returned: isEnd ? argument : undefined,
      isEnd,
    };
    open.set(thread, event);
    return event;
  });
}
function valueOf(text: string): unknown {
  if (text.includes(",")) return text.split(",").map(Number);
  return text === "true" || text === "false" ? text === "true" : Number(text);
}

describe("a history of puts, claims and cancels", () => {
  test("belongs to a queue when calls one after the other return what a queue would", () => {
    const events = history(
      "0 put 1",
      "0 =",
      "0 put 2",
      "0 =",
      "1 claim",
      "1 = 1",
      "1 claim",
      "1 = 2",
    );
    expect(isLinearizable(events)).toBe(true);
    expect(isLinearizable([])).toBe(true);
  });

  test("does not when requests come out in another order, twice, or without a put", () => {
    const two = ["0 put 1", "0 =", "0 put 2", "0 ="];
    expect(isLinearizable(history(...two, "1 claim", "1 = 2"))).toBe(false);
    expect(isLinearizable(history(...two, "1 claim", "1 = 1", "2 claim", "2 = 1"))).toBe(false);
    expect(isLinearizable(history("1 claim", "1 = 1", "0 put 1", "0 ="))).toBe(false);
  });

  test("may say empty while a put is under way, and not after it", () => {
    expect(isLinearizable(history("0 put 1", "1 claim", "1 = -1", "0 ="))).toBe(true);
    expect(isLinearizable(history("0 put 1", "0 =", "1 claim", "1 = -1"))).toBe(false);
  });

  test("may have calls that overlap in either order", () => {
    const begun = ["0 put 1", "0 =", "0 put 2", "0 =", "1 claim", "2 claim"];
    expect(isLinearizable(history(...begun, "1 = 2", "2 = 1"))).toBe(true);
    expect(isLinearizable(history(...begun, "1 = 2", "2 = 2"))).toBe(false);
  });

  test("may have a call that has not ended and has taken effect, or has not", () => {
    expect(isLinearizable(history("0 put 1", "1 claim", "1 = 1"))).toBe(true);
    expect(isLinearizable(history("0 put 1", "0 =", "2 claim", "1 claim", "1 = 1"))).toBe(true);
  });

  test("may have a claim of a dead worker that has taken the oldest request", () => {
    const begun = ["0 put 1", "0 =", "0 put 2", "0 =", "2 claim", "1 claim"];
    expect(isLinearizable(history(...begun, "1 = 2"))).toBe(true);
    expect(isLinearizable(history(...begun, "1 = -1"))).toBe(false);
  });

  test("puts several requests in their order and at one moment", () => {
    const both = ["0 put 2,1", "1 claim", "1 = 2", "1 claim"];
    expect(isLinearizable(history(...both, "1 = 1"))).toBe(true);
    expect(isLinearizable(history(...both, "1 = -1"))).toBe(false);
    expect(isLinearizable(history("0 put 2,1", "1 claim", "1 = 1"))).toBe(false);
    expect(isLinearizable(history("0 put 2,1", "1 claim", "1 = -1"))).toBe(true);
  });

  test("loses a cancelled request once, also from the middle", () => {
    const three = ["0 put 1", "0 =", "0 put 2", "0 =", "0 put 3", "0 =", "0 cancel 2", "0 = true"];
    expect(isLinearizable(history(...three, "1 claim", "1 = 1", "1 claim", "1 = 3"))).toBe(true);
    expect(isLinearizable(history(...three, "1 claim", "1 = 1", "1 claim", "1 = 2"))).toBe(false);
    expect(isLinearizable(history(...three, "0 cancel 2", "0 = true"))).toBe(false);
    expect(isLinearizable(history(...three, "0 cancel 2", "0 = false"))).toBe(true);
  });

  test("is told in words", () => {
    expect(historyInWords(history("0 put 1", "0 ="), ["parent"])).toBe(
      "parent: put(1) begins; parent: put(1) returns undefined",
    );
  });

  test("with a call that the model does not know is refused", () => {
    expect(() => isLinearizable(history("0 peek", "0 = 1"))).toThrow("name=peek");
  });
});
