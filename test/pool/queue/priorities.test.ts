import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../../src/index.ts";
import { MOST_OVERTAKINGS } from "../../../src/pool/queue/backlog.ts";
import { arrivals, newGate, open } from "../fixtures/gate.ts";
import { echo, hold } from "../fixtures/tasks.ts";
import { SCRIPT_TEST_MS } from "../script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

/** Puts requests while the only worker is busy. Returns the order in which they were done. */
async function orderOf(priorities: readonly (number | undefined)[]): Promise<number[]> {
  await using pool = new ThreadPool(1);
  const gate = newGate();
  const held = pool.run(hold, [gate, "held"]);
  await arrivals(gate, 1);
  const order: number[] = [];
  const runs = priorities.map(async (priority, index) => {
    order.push(await pool.run(echo<number>, [index], { priority }));
  });
  open(gate);
  await Promise.all([held, ...runs]);
  return order;
}

describe("priorities", () => {
  test("larger ones first, and first in, first out within one", async () => {
    const priorities = [undefined, -1, 0, 5, 5, 2.5, undefined, 5, -1];
    const sorted = [...priorities.keys()].toSorted(
      (a, b) => (priorities[b] ?? 0) - (priorities[a] ?? 0) || a - b,
    );
    const order = await orderOf(priorities);
    // A request that was put before the first one with a priority may be in the queue already.
    expect(order.filter((index) => index !== 0)).toEqual(sorted.filter((index) => index !== 0));
  });

  test("change nothing while they are not used", async () => {
    const order = await orderOf(Array.from({ length: 50 }, () => undefined));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  test("overtake thousands that wait, as soon as they are used", async () => {
    const order = await orderOf([...Array.from({ length: 3000 }, () => undefined), 1]);
    expect(order.indexOf(3000)).toBeLessThan(3);
    expect(order.filter((index) => index !== 3000)).toEqual(
      order.filter((index) => index !== 3000).toSorted((a, b) => a - b),
    );
  });

  test("do not starve what waits", async () => {
    const many = 2 * MOST_OVERTAKINGS;
    const order = await orderOf([1, -1, ...Array.from({ length: many }, () => 1)]);
    expect(order.indexOf(1)).toBeLessThan(MOST_OVERTAKINGS + 3);
  });

  test("keep every kind of argument", async () => {
    await using pool = new ThreadPool(1);
    const gate = newGate();
    const held = pool.run(hold, [gate, "held"]);
    await arrivals(gate, 1);
    const values = [1.5, "text", { a: [1] }, new Uint8Array(1e5).fill(1), new Uint8Array(5e6)];
    const runs = values.map((value) => pool.run(echo<unknown>, [value]));
    const urgent = pool.run(echo, ["urgent"], { priority: 1 });
    open(gate);
    expect(await Promise.all(runs)).toEqual(values);
    expect(await urgent).toBe("urgent");
    expect(await held).toBe("held");
  });
});
