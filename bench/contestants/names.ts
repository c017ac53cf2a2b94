/** The names of contestants in results, tables and plots. */
export const RINGPOOL = "ringpool";
export const CALLBACKS = "ringpool, callbacks";
/** Children that are put by `run` and `map` and awaited, where ringpool alone means `mapSync`. */
export const PROMISES = "ringpool, promises";
/** The package of another checkout; see `questions/first-milliseconds.ts`. */
export const BEFORE = "ringpool, before";
export const TRACED = "ringpool, traced";
/** A function that is written in the call, and one that is written inline and kept. */
export const INLINE = "ringpool, written in the call";
export const KEPT_INLINE = "ringpool, inline and kept";
/** The best pool that is written by hand in twenty lines: the rival that counts. */
export const BATCHED = "batched by hand";
export const FLAT = "one message each";
export const BARE_WORKERS = "bare workers";

/** Collections that the user cuts into chunks, one message for each. */
export const CHUNKS = "chunks by hand";
export const SYNCKIT = "synckit";
export const WITH_NUMBER = "ringpool, a number";
/** What the speed-up of two workers is measured against, and the best that it could be. */
export const PLAIN = "plain loop";
export const SHARES = "a share a worker";

/** Limits that no pool can pass, measured beside the pools. */
export const PROMISES_ALONE = "promises alone";
export const BARE_QUEUE = "bare queue";
