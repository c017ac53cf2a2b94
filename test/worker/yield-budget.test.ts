import { describe, expect, test } from "bun:test";
import { YieldBudget } from "../../src/worker/yield-budget.ts";

/** Lets the clock move without giving the event loop a turn. */
function compute(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

describe("a turn of the event loop", () => {
  test("is due after ten milliseconds of long requests, and not again right after it", () => {
    const clock = new YieldBudget();
    clock.turned();
    compute(11);
    expect(clock.isTurnDue()).toBe(true);
    clock.turned();
    expect(clock.isTurnDue()).toBe(false);
  });

  test("is due within a few requests when short ones are followed by long ones", () => {
    const clock = new YieldBudget();
    for (let i = 0; i < 1000; i++) clock.isTurnDue();
    clock.turned();
    compute(11);
    const asked = Array.from({ length: 16 }, () => clock.isTurnDue());
    expect(asked).toContain(true);
  });
});
