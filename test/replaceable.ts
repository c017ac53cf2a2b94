/**
 * Functions of the runtime that a test may replace.
 *
 * The package takes them when it loads, so a test that spies on `performance.now` later is not heard. This module puts a
 * function in its place that calls what stands here. bunfig.toml loads it before every test: all test files share the
 * modules of the package.
 */
export const replaceable: {
  now: () => number;
  gc: (force?: boolean) => void;
  Worker: typeof Worker;
  setInterval: typeof setInterval;
  reportError: typeof reportError;
} = {
  now: performance.now.bind(performance),
  gc: Bun.gc.bind(Bun),
  Worker: globalThis.Worker,
  setInterval: globalThis.setInterval,
  reportError: globalThis.reportError,
};

performance.now = () => replaceable.now();
Bun.gc = (force) => replaceable.gc(force);
globalThis.Worker = new Proxy(globalThis.Worker, {
  construct: (_, args: ConstructorParameters<typeof Worker>) => new replaceable.Worker(...args),
});
globalThis.setInterval = ((...args: Parameters<typeof setInterval>) =>
  replaceable.setInterval(...args)) as typeof setInterval;
globalThis.reportError = (error) => replaceable.reportError(error);
