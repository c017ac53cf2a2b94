import { expect, test } from "bun:test";
import { CallableError, fromModule } from "../../../src/index.ts";
import { FOR_THREADS } from "../../../src/callable/index.ts";
import { CallableRegistry } from "../../../src/pool/queue/callable-registry.ts";
import { playWorkers } from "../played-worker.ts";
import { addWorker, queueRoom } from "../pool-parts.ts";
import type { QueueRoom } from "../pool-parts.ts";

const played = playWorkers();

const registryOf = ({ channels, table }: QueueRoom): CallableRegistry =>
  new CallableRegistry(channels, table, FOR_THREADS);

const MODULE = new URL("../fixtures/tasks.ts", import.meta.url);

function one(): number {
  return 1;
}

function two(): number {
  return 2;
}

test("callables are numbered in the order in which they are put first", () => {
  const registry = registryOf(queueRoom());
  const numbers = [one, one, two, one, two, two].map((callable) => registry.idOf(callable));
  expect(numbers).toEqual([0, 0, 1, 0, 1, 1]);
  expect(registry.definitions).toHaveLength(2);
});

test("every worker is told of a new callable, once", () => {
  const room = queueRoom();
  const workers = [addWorker(room, played).worker, addWorker(room, played).worker];
  const registry = registryOf(room);
  for (const callable of [one, one, two, one]) registry.idOf(callable);
  for (const { received } of workers) {
    expect(received).toEqual([registry.definitions[0], registry.definitions[1]]);
  }
});

test("functions that a loop makes anew from one source are one callable", () => {
  const registry = registryOf(queueRoom());
  const numbers = Array.from({ length: 5 }, () => registry.idOf(() => 5));
  expect(numbers).toEqual([0, 0, 0, 0, 0]);
  expect(registry.definitions).toHaveLength(1);
});

test("a reference to a module is one callable, however often it is made", () => {
  const registry = registryOf(queueRoom());
  const numbers = [1, 2].map(() =>
    registry.idOf(fromModule<typeof import("../fixtures/tasks.ts"), "add">(MODULE, "add")),
  );
  expect(numbers).toEqual([0, 0]);
});

test("a callable that no worker could find is refused each time, and changes nothing", () => {
  const registry = registryOf(queueRoom());
  const first = (): number => registry.idOf(undefined as never);
  expect(first).toThrow(CallableError);
  registry.idOf(one);
  const wrong = [undefined, undefined, Math.max, Math.max, one.bind(null)] as never[];
  for (const callable of wrong) {
    const attempt = (): number => registry.idOf(callable);
    expect(attempt).toThrow(CallableError);
  }
  expect(registry.idOf(one)).toBe(0);
  expect(registry.definitions).toHaveLength(1);
});
