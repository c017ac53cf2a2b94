import { describe, expect, test } from "bun:test";
import { AsyncLocalStorage } from "node:async_hooks";
import { ThreadPool, WorkRequest } from "../../../src/index.ts";
import { echo } from "../fixtures/tasks.ts";

describe("an AsyncLocalStorage", () => {
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
