/*
 * What the pool needs of the runtime, taken once, when the package loads.
 *
 * Programs replace globals: test suites fake the timers and the clock, DOM environments bring their own `URL`, `Headers`
 * and `postMessage`, libraries install another `Promise`. The pool must go on as if nothing had happened. So all of the
 * package imports these names from here, and the linter refuses the globals (`no-restricted-globals` in .oxlintrc.json).
 *
 * Methods that are replaced on their object, such as `performance.now` and `process.exit`, are taken by themselves.
 */

/**
 * Reads a global. A bundle leaves out what it does not use: a thread starts sooner, and is smaller, without those globals
 * that the engine makes when they are first read. `scripts/build/with-bytecode.ts` says who takes them.
 */
function take<K extends keyof typeof globalThis>(name: K): (typeof globalThis)[K] {
  return globalThis[name];
}

/** Reads a member of a global, whose methods are called without it. */
function takeFrom<T, K extends keyof T>(global: () => T, name: K): T[K] {
  return global()[name];
}

function takeBy<T>(read: () => T): T {
  return read();
}

// Timers and the event loop.
export const setTimeout: typeof globalThis.setTimeout = /* @__PURE__ */ take("setTimeout");
export const clearTimeout: typeof globalThis.clearTimeout = /* @__PURE__ */ take("clearTimeout");
export const setInterval: typeof globalThis.setInterval = /* @__PURE__ */ take("setInterval");
export const clearInterval: typeof globalThis.clearInterval = /* @__PURE__ */ take("clearInterval");
export const clearImmediate: typeof globalThis.clearImmediate =
  /* @__PURE__ */ take("clearImmediate");
export const setImmediate: typeof globalThis.setImmediate = /* @__PURE__ */ take("setImmediate");
export const queueMicrotask: typeof globalThis.queueMicrotask =
  /* @__PURE__ */ take("queueMicrotask");
export const reportError: typeof globalThis.reportError = /* @__PURE__ */ take("reportError");
export const structuredClone: typeof globalThis.structuredClone =
  /* @__PURE__ */ take("structuredClone");

/**
 * `performance.now()`. Bound, because the engine's compiled code of it expects its object, and is left and thrown away in each function that calls it
 * without.
 */
export const performanceNow: () => number = /* @__PURE__ */ takeBy(() =>
  globalThis.performance.now.bind(globalThis.performance),
);
/** `performance.timeOrigin`. */
export const TIME_ORIGIN: number = /* @__PURE__ */ takeFrom(
  () => globalThis.performance,
  "timeOrigin",
);

/** Listens to what happens to this thread. */
export const addEventListener: typeof globalThis.addEventListener = /* @__PURE__ */ takeBy(() =>
  globalThis.addEventListener.bind(globalThis),
);
/** Ends `addEventListener`. */
export const removeEventListener: typeof globalThis.removeEventListener = /* @__PURE__ */ takeBy(
  () => globalThis.removeEventListener.bind(globalThis),
);

/** Posts to the parent's event loop. Only a worker has a parent. */
export const postMessage: (message: unknown) => void = /* @__PURE__ */ take("postMessage");

/**
 * How many cores this process may use, its affinity and quota considered. `os.availableParallelism()` is the same number, but
 * takes the load of a module.
 */
export const CORES: number = /* @__PURE__ */ takeFrom(
  () => globalThis.navigator,
  "hardwareConcurrency",
);

/** `BroadcastChannel`. */
export const BroadcastChannel: typeof globalThis.BroadcastChannel =
  /* @__PURE__ */ take("BroadcastChannel");
/** `MessageChannel`. That of `node:worker_threads` is the same. */
export const MessageChannel: typeof globalThis.MessageChannel =
  /* @__PURE__ */ take("MessageChannel");

/** The process: its events, its environment. */
export const process: typeof globalThis.process = /* @__PURE__ */ take("process");
/** `process.exit()`, which ends a worker's thread alone. */
export const exitProcess: (code: number) => never = /* @__PURE__ */ takeBy(() =>
  globalThis.process.exit.bind(globalThis.process),
);

/** `process.getBuiltinModule()`. Call the one of `builtin-modules.ts`, which this one is for. */
export const getBuiltin: (id: string) => unknown = /* @__PURE__ */ takeFrom(
  () => globalThis.process,
  "getBuiltinModule",
);

/** `Bun` itself. Of its functions, the package calls the ones below. */
export const Bun: typeof globalThis.Bun = /* @__PURE__ */ take("Bun");
const bun = (): typeof globalThis.Bun => globalThis.Bun;

/** `Bun.file()`. */
export const bunFile: typeof globalThis.Bun.file = /* @__PURE__ */ takeFrom(bun, "file");
/** `Bun.write()`. */
export const writeFile: typeof globalThis.Bun.write = /* @__PURE__ */ takeFrom(bun, "write");
/** `Bun.gc()`. */
export const collectGarbage: typeof globalThis.Bun.gc = /* @__PURE__ */ takeFrom(bun, "gc");
/** `Bun.hash()`. */
export const hashOf: typeof globalThis.Bun.hash = /* @__PURE__ */ takeFrom(bun, "hash");
/** `Bun.peek()`. */
export const peekPromise: typeof globalThis.Bun.peek = /* @__PURE__ */ takeFrom(bun, "peek");
/** `Bun.Transpiler`. */
export const BunTranspiler: typeof globalThis.Bun.Transpiler = /* @__PURE__ */ takeFrom(
  bun,
  "Transpiler",
);
/** `Bun.fileURLToPath()`. */
export const bunFileURLToPath: typeof globalThis.Bun.fileURLToPath = /* @__PURE__ */ takeFrom(
  bun,
  "fileURLToPath",
);
/** `Bun.pathToFileURL()`. */
export const bunPathToFileURL: typeof globalThis.Bun.pathToFileURL = /* @__PURE__ */ takeFrom(
  bun,
  "pathToFileURL",
);
/** `Bun.stringWidth()`. */
export const widthOf: typeof globalThis.Bun.stringWidth = /* @__PURE__ */ takeFrom(
  bun,
  "stringWidth",
);
/** `Bun.resolveSync()`. */
export const resolveModuleSync: typeof globalThis.Bun.resolveSync = /* @__PURE__ */ takeFrom(
  bun,
  "resolveSync",
);

const printOriginally = /* @__PURE__ */ takeFrom(() => globalThis.console, "error");

/** `console`, whose functions the package calls only through `printError`. */
export const console: typeof globalThis.console = /* @__PURE__ */ take("console");

/**
 * Prints on standard error. A `console.error` that was replaced is called, because a program that replaces it wants to hear
 * of errors or to silence them; one that throws is passed over.
 */
export function printError(...texts: unknown[]): void {
  try {
    console.error(...texts);
  } catch (thrown) {
    // To print an error runs code of the error, and that may have thrown.
    if (console.error === printOriginally) throw thrown;
    printOriginally.apply(console, texts);
  }
}

export const Promise: typeof globalThis.Promise = /* @__PURE__ */ take("Promise");
export const Date: typeof globalThis.Date = /* @__PURE__ */ take("Date");
export const Map: typeof globalThis.Map = /* @__PURE__ */ take("Map");
export const Set: typeof globalThis.Set = /* @__PURE__ */ take("Set");
export const WeakMap: typeof globalThis.WeakMap = /* @__PURE__ */ take("WeakMap");
export const WeakSet: typeof globalThis.WeakSet = /* @__PURE__ */ take("WeakSet");
export const WeakRef: typeof globalThis.WeakRef = /* @__PURE__ */ take("WeakRef");
export const FinalizationRegistry: typeof globalThis.FinalizationRegistry =
  /* @__PURE__ */ take("FinalizationRegistry");
export const Proxy: typeof globalThis.Proxy = /* @__PURE__ */ take("Proxy");
export const WebAssembly: typeof globalThis.WebAssembly = /* @__PURE__ */ take("WebAssembly");

// Errors.
export const Error: typeof globalThis.Error = /* @__PURE__ */ take("Error");
export const TypeError: typeof globalThis.TypeError = /* @__PURE__ */ take("TypeError");
export const RangeError: typeof globalThis.RangeError = /* @__PURE__ */ take("RangeError");
export const SyntaxError: typeof globalThis.SyntaxError = /* @__PURE__ */ take("SyntaxError");
export const ReferenceError: typeof globalThis.ReferenceError =
  /* @__PURE__ */ take("ReferenceError");
export const EvalError: typeof globalThis.EvalError = /* @__PURE__ */ take("EvalError");
export const URIError: typeof globalThis.URIError = /* @__PURE__ */ take("URIError");
export const AggregateError: typeof globalThis.AggregateError =
  /* @__PURE__ */ take("AggregateError");
export const SuppressedError: typeof globalThis.SuppressedError =
  /* @__PURE__ */ take("SuppressedError");
export const DOMException: typeof globalThis.DOMException = /* @__PURE__ */ take("DOMException");

// Memory.
export const ArrayBuffer: typeof globalThis.ArrayBuffer = /* @__PURE__ */ take("ArrayBuffer");
export const SharedArrayBuffer: typeof globalThis.SharedArrayBuffer =
  /* @__PURE__ */ take("SharedArrayBuffer");
export const DataView: typeof globalThis.DataView = /* @__PURE__ */ take("DataView");
export const Buffer: typeof globalThis.Buffer = /* @__PURE__ */ take("Buffer");
export const Int8Array: typeof globalThis.Int8Array = /* @__PURE__ */ take("Int8Array");
export const Uint8Array: typeof globalThis.Uint8Array = /* @__PURE__ */ take("Uint8Array");
export const Uint8ClampedArray: typeof globalThis.Uint8ClampedArray =
  /* @__PURE__ */ take("Uint8ClampedArray");
export const Int16Array: typeof globalThis.Int16Array = /* @__PURE__ */ take("Int16Array");
export const Uint16Array: typeof globalThis.Uint16Array = /* @__PURE__ */ take("Uint16Array");
export const Int32Array: typeof globalThis.Int32Array = /* @__PURE__ */ take("Int32Array");
export const Uint32Array: typeof globalThis.Uint32Array = /* @__PURE__ */ take("Uint32Array");
export const Float16Array: typeof globalThis.Float16Array = /* @__PURE__ */ take("Float16Array");
export const Float32Array: typeof globalThis.Float32Array = /* @__PURE__ */ take("Float32Array");
export const Float64Array: typeof globalThis.Float64Array = /* @__PURE__ */ take("Float64Array");
export const BigInt64Array: typeof globalThis.BigInt64Array = /* @__PURE__ */ take("BigInt64Array");
export const BigUint64Array: typeof globalThis.BigUint64Array =
  /* @__PURE__ */ take("BigUint64Array");

// What the platform adds to the language.
interface Messages {
  readonly BuildMessage: typeof globalThis.Error;
  readonly ResolveMessage: typeof globalThis.Error;
}
const messages = (): Messages => globalThis as unknown as Messages;
/** The class of the loader's error for a module that does not parse. */
export const BuildMessage: typeof globalThis.Error = /* @__PURE__ */ takeFrom(
  messages,
  "BuildMessage",
);
/** The class of the loader's error for a module that is not found. */
export const ResolveMessage: typeof globalThis.Error = /* @__PURE__ */ takeFrom(
  messages,
  "ResolveMessage",
);
export const AbortController: typeof globalThis.AbortController =
  /* @__PURE__ */ take("AbortController");
export const AbortSignal: typeof globalThis.AbortSignal = /* @__PURE__ */ take("AbortSignal");
export const Blob: typeof globalThis.Blob = /* @__PURE__ */ take("Blob");
export const CryptoKey: typeof globalThis.CryptoKey = /* @__PURE__ */ take("CryptoKey");
export const File: typeof globalThis.File = /* @__PURE__ */ take("File");
export const Headers: typeof globalThis.Headers = /* @__PURE__ */ take("Headers");
export const MessagePort: typeof globalThis.MessagePort = /* @__PURE__ */ take("MessagePort");
export const ReadableStream: typeof globalThis.ReadableStream =
  /* @__PURE__ */ take("ReadableStream");
export const TransformStream: typeof globalThis.TransformStream =
  /* @__PURE__ */ take("TransformStream");
export const URL: typeof globalThis.URL = /* @__PURE__ */ take("URL");
export const URLSearchParams: typeof globalThis.URLSearchParams =
  /* @__PURE__ */ take("URLSearchParams");
export const Worker: typeof globalThis.Worker = /* @__PURE__ */ take("Worker");
export const WritableStream: typeof globalThis.WritableStream =
  /* @__PURE__ */ take("WritableStream");

const { apply } = Reflect;
// oxlint-disable-next-line typescript/unbound-method -- called with the function
const { toString: toText } = Function.prototype;

/** The source text of a function, whatever `Function.prototype.toString` is by now. */
export function functionText(callable: object): string {
  return apply(toText, callable, []);
}

const getAborted = /* @__PURE__ */ takeBy(
  () =>
    // oxlint-disable-next-line typescript/unbound-method -- called with the signal
    Object.getOwnPropertyDescriptor(globalThis.AbortSignal.prototype, "aborted")!
      .get as () => boolean,
);

/**
 * Whether a value is a signal: one of the engine, whatever `AbortSignal` is by now, or one of a DOM environment, which has
 * the same members.
 */
export function isSignal(value: unknown): value is globalThis.AbortSignal {
  try {
    apply(getAborted, value, []);
    return true;
  } catch {
    return looksLikeSignal(value);
  }
}

function looksLikeSignal(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  try {
    return (
      typeof Reflect.get(value, "aborted") === "boolean" &&
      typeof Reflect.get(value, "addEventListener") === "function" &&
      typeof Reflect.get(value, "removeEventListener") === "function"
    );
  } catch {
    return false;
  }
}

/**
 * The stack of an error as the engine writes it, whatever `Error.prepareStackTrace` is by now. Only the first to read the
 * stack of an error has a choice, so it must be an error that this package has made.
 */
export function engineStack(error: globalThis.Error): unknown {
  const prepare: unknown = Reflect.get(Error, "prepareStackTrace");
  Reflect.set(Error, "prepareStackTrace", undefined);
  try {
    return error.stack;
  } finally {
    Reflect.set(Error, "prepareStackTrace", prepare);
  }
}

/**
 * The files of the calling stack frames, innermost first: what `getCallSites()` of `node:util` gives, which takes the load of
 * that module.
 */
export function callingFiles(mostFrames: number): string[] {
  const { stackTraceLimit } = Error;
  const prepare: unknown = Reflect.get(Error, "prepareStackTrace");
  let sites: readonly { getFileName(): unknown }[] = [];
  Reflect.set(Error, "stackTraceLimit", mostFrames);
  Reflect.set(Error, "prepareStackTrace", (_: unknown, all: typeof sites) => {
    sites = all;
  });
  try {
    // To read the stack calls the function above.
    void new Error("for its stack").stack;
  } finally {
    Reflect.set(Error, "prepareStackTrace", prepare);
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
  return sites.map((site) => site.getFileName()).filter((name) => typeof name === "string");
}

/** `Promise.withResolvers()`. */
export function promiseWithResolvers<T>(): PromiseWithResolvers<T> {
  let settlers!: Pick<PromiseWithResolvers<T>, "resolve" | "reject">;
  const promise = new Promise<T>((resolve, reject) => {
    settlers = { resolve, reject };
  });
  return { promise, ...settlers };
}
