import { describe, expect, test } from "bun:test";
import { SpinBudget } from "../../src/runtime/spin-budget.ts";

const LONGEST_US = 100;

/** The budgets after each of so many waits that ended in a sleep. */
function afterFailures(count: number): number[] {
  const budget = new SpinBudget(LONGEST_US, 2);
  return Array.from({ length: count }, () => {
    budget.failed();
    return budget.us;
  });
}

describe("a spin budget", () => {
  test("starts with the longest spin", () => {
    expect(new SpinBudget(LONGEST_US, 2).us).toBe(LONGEST_US);
  });

  test("halves with each wait that ends in a sleep, down to one round of looks", () => {
    expect(afterFailures(8)).toEqual([50, 25, 12.5, 6.25, 3.125, 2, 2, 2]);
  });

  test("is tried in full once in sixteen failures", () => {
    const isFull = afterFailures(48).map((us) => us === LONGEST_US);
    expect(isFull.flatMap((full, i) => (full ? [i + 1] : []))).toEqual([16, 32, 48]);
  });

  test("is the longest spin again as soon as spinning was enough", () => {
    const budget = new SpinBudget(LONGEST_US, 2);
    for (let i = 0; i < 20; i++) budget.failed();
    budget.sufficed();
    expect(budget.us).toBe(LONGEST_US);
    budget.failed();
    expect(budget.us).toBe(LONGEST_US / 2);
  });

  test("is zero on a single core, where nothing can come during a spin", () => {
    const budget = new SpinBudget(LONGEST_US, 1);
    for (let i = 0; i < 16; i++) budget.failed();
    expect(budget.us).toBe(0);
    budget.sufficed();
    expect(budget.us).toBe(0);
  });
});
