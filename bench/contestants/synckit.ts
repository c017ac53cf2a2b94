import { createSyncFn } from "synckit";

/** Starts synckit's worker, which ends with the process. Returns a function that blocks until the worker has answered. */
export function startSynckit(): (value: number) => number {
  return createSyncFn(new URL("./synckit-worker.ts", import.meta.url));
}
