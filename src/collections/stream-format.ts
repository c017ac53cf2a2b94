/** The name of the runner that runs a generator and sends what it yields. */
export const STREAM_RUNNER = "stream";

/** What a stream request carries: how many values may be on their way, then the generator's arguments. */
export type StreamArgs = readonly [buffer: number, ...args: unknown[]];

/** How many values are on their way at most when the program says nothing. */
export const DEFAULT_BUFFER = 64;
