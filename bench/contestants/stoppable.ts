/** Callables whose runs are stopped; see `questions/stopping.ts`. */
import { taskContext } from "ringpool/worker";

/** Here a run writes that it has begun. */
const BEGUN = 0;

/** Loops until it is told to stop. Then writes the time, on the clock that all threads share, to `endedAt`. */
export function loopUntilCancelled(begun: Int32Array, endedAt: Float64Array): void {
  begin(begun);
  while (!taskContext.cancelled());
  endedAt[0] = performance.timeOrigin + performance.now();
  Atomics.store(begun, BEGUN, 0);
}

/** Loops for ever. */
export function loop(begun: Int32Array): never {
  begin(begun);
  for (;;);
}

function begin(begun: Int32Array): void {
  Atomics.store(begun, BEGUN, 1);
}
