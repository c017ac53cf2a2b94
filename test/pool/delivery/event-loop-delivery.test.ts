import { expect, test } from "bun:test";
import { ThreadPool, WorkRequest } from "../../../src/index.ts";
import { echo } from "../fixtures/tasks.ts";
import { turn } from "../turns.ts";

/** What `docs/architecture.md` promises: the event loop has a turn after so many results. */
const MOST_IN_A_TURN = 1024;

test("the event loop gets its turn after 1024 results, however many are at hand", async () => {
  await using pool = new ThreadPool(1);
  const count = 5 * MOST_IN_A_TURN + 1;
  let delivered = 0;
  const callback = (): void => void (delivered += 1);
  for (let i = 0; i < count; i++) pool.putRequest(new WorkRequest(echo, [i], {}, { callback }));
  // One worker takes the requests in order: every result before this one is read by now, and none is delivered.
  pool.runSync(echo, ["last"]);
  expect(delivered).toBe(0);
  const inTurn: number[] = [];
  for (let before = 0; before < count; before = delivered) {
    await turn();
    inTurn.push(delivered - before);
  }
  expect(delivered).toBe(count);
  expect(Math.max(...inTurn)).toBe(MOST_IN_A_TURN);
});
