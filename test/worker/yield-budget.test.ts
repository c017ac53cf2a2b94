import { describe, expect, test } from "bun:test";
import { YieldBudget, eventLoopTurn } from "../../src/worker/yield-budget.ts";
import { compute } from "./fixtures/turns.ts";

describe("a turn of the event loop", () => {
  test("is due after ten milliseconds of long requests, and not again right after it", () => {
    const budget = new YieldBudget();
    budget.turned();
    compute(11);
    expect(budget.isTurnDue()).toBe(true);
    budget.turned();
    expect(budget.isTurnDue()).toBe(false);
  });

  test("is due within a few requests when long ones follow many short ones", () => {
    const budget = new YieldBudget();
    for (let i = 0; i < 1000; i++) budget.isTurnDue();
    budget.turned();
    compute(11);
    const asked = Array.from({ length: 16 }, () => budget.isTurnDue());
    expect(asked).toContain(true);
  });

  test("is due right after a long request that follows another long one", () => {
    const budget = new YieldBudget();
    for (let i = 0; i < 1000; i++) budget.isTurnDue();
    compute(11);
    // The clock is read within so many requests, and the budget learns that they are long.
    for (let i = 0; i < 16 && !budget.isTurnDue(); i++);
    budget.turned();
    compute(11);
    expect(budget.isTurnDue()).toBe(true);
  });

  test("comes after what the event loop has had to do", async () => {
    const order: string[] = [];
    setImmediate(() => order.push("left behind"));
    await eventLoopTurn();
    order.push("turned");
    expect(order).toEqual(["left behind", "turned"]);
  });
});
