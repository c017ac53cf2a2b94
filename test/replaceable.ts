/**
 * Functions of the runtime that a test may replace.
 *
 * The package takes them when it loads, so a test that spies on `performance.now` later is not heard. This module puts a
 * function in its place that calls what stands here. bunfig.toml loads it before every test: all test files share the
 * modules of the package.
 */
export const replaceable: { now: () => number; gc: (force?: boolean) => void } = {
  now: performance.now.bind(performance),
  gc: Bun.gc.bind(Bun),
};

performance.now = () => replaceable.now();
Bun.gc = (force) => replaceable.gc(force);
