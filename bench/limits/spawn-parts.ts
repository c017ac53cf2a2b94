/**
 * What a child of `run` is made of, each part by itself, in nanoseconds (the least of many rounds):
 *
 *     bun bench/limits/spawn-parts.ts
 *
 * Takes a second. No way of ours to put a child that gives a promise, and whose code knows its parent, can do without one of them.
 */
import { AsyncLocalStorage } from "node:async_hooks";

const CALLS = 2000;
const ROUNDS = 400;

let sink: unknown;

function measure(name: string, call: () => unknown): void {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) sink = call();
    least = Math.min(least, ((performance.now() - start) * 1e6) / CALLS);
  }
  console.log(name.padEnd(52), least.toFixed(1).padStart(6));
}

class Deferred {
  readonly promise: Promise<unknown>;
  resolve!: (value: unknown) => void;
  reject!: (reason: unknown) => void;

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** As many fields as a child has. */
class Fields {
  a = 1;
  b = undefined;
  c = undefined;
  d = false;
  e = false;
  f = 0;
  g = undefined;
  h = 1;
  i = 1;
  j = Infinity;
  k = undefined;
  l = false;
  m = undefined;
  n = undefined;
  o = undefined;
  p = undefined;
  q = 1;
}

const storage = new AsyncLocalStorage<unknown>();

measure("a promise with its functions, resolved", () => {
  const deferred = new Deferred();
  deferred.resolve(1);
  return deferred;
});
measure("an object of 17 fields", () => new Fields());
measure("enterWith and getStore of an AsyncLocalStorage", () => {
  storage.enterWith(sink);
  return storage.getStore();
});
measure("queueMicrotask", () => queueMicrotask(() => {}));

async function awaits(): Promise<void> {
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    for (let i = 0; i < CALLS; i++) await sink;
    least = Math.min(least, ((performance.now() - start) * 1e6) / CALLS);
  }
  console.log("an await".padEnd(52), least.toFixed(1).padStart(6));
}
await awaits();
