/** What the machines of the measurements serve. */

export function echo(value: number): number {
  return value;
}

/** Computes for so long. */
export function compute(ms: number): number {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
}

/** Holds the thread for so long without computing: then other programs on this computer take nothing away. */
export function hold(ms: number): number {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  return ms;
}

export const registry: {
  readonly echo: typeof echo;
  readonly compute: typeof compute;
  readonly hold: typeof hold;
} = { echo, compute, hold };
