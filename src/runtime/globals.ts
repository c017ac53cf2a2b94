/*
 * What the pool needs of the runtime, taken once, when the package loads.
 *
 * Programs replace globals: test suites fake the timers and the clock, DOM environments bring their own `URL`, `Headers`
 * and `postMessage`, libraries install another `Promise`. The pool must go on as if nothing had happened. So all of the
 * package imports these names from here, and the linter refuses the globals (`no-restricted-globals` in .oxlintrc.json).
 *
 * Methods that are replaced on their object, such as `performance.now` and `process.exit`, are taken by themselves.
 */

// oxlint-disable-next-line typescript/unbound-method -- Bun calls it without an object
const { getBuiltinModule } = globalThis.process;
// oxlint-disable-next-line typescript/unbound-method -- the same
const { now, timeOrigin } = globalThis.performance;
const exit = globalThis.process.exit.bind(globalThis.process);
const post = globalThis.postMessage;

// Timers and the event loop.
export const setTimeout: typeof globalThis.setTimeout = globalThis.setTimeout;
export const clearTimeout: typeof globalThis.clearTimeout = globalThis.clearTimeout;
export const setInterval: typeof globalThis.setInterval = globalThis.setInterval;
export const clearInterval: typeof globalThis.clearInterval = globalThis.clearInterval;
export const clearImmediate: typeof globalThis.clearImmediate = globalThis.clearImmediate;
export const setImmediate: typeof globalThis.setImmediate = globalThis.setImmediate;
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask;
export const reportError: typeof globalThis.reportError = globalThis.reportError;
export const structuredClone: typeof globalThis.structuredClone = globalThis.structuredClone;

/** `performance.now()`. */
export const performanceNow: () => number = now;
/** `performance.timeOrigin`. */
export const TIME_ORIGIN: number = timeOrigin;

/** Listens to what happens to this thread. */
export const addEventListener: typeof globalThis.addEventListener =
  globalThis.addEventListener.bind(globalThis);
/** Ends `addEventListener`. */
export const removeEventListener: typeof globalThis.removeEventListener =
  globalThis.removeEventListener.bind(globalThis);

/** Posts to the parent's event loop. Only a worker has a parent. */
export const postMessage: (message: unknown) => void = post;

/**
 * How many cores this process may use, its affinity and quota considered. `os.availableParallelism()` is the same number, but
 * takes the load of a module.
 */
export const CORES: number = globalThis.navigator.hardwareConcurrency;

/** `BroadcastChannel`. */
export const BroadcastChannel: typeof globalThis.BroadcastChannel = globalThis.BroadcastChannel;
/** `MessageChannel`. That of `node:worker_threads` is the same. */
export const MessageChannel: typeof globalThis.MessageChannel = globalThis.MessageChannel;

/** The process: its events, its environment. */
export const process: typeof globalThis.process = globalThis.process;
/** `process.exit()`, which ends a worker's thread alone. */
export const exitProcess: (code: number) => never = exit;

const {
  file,
  gc,
  hash,
  peek,
  stringWidth,
  Transpiler,
  fileURLToPath,
  pathToFileURL,
  resolveSync,
  write,
} = globalThis.Bun;

/** `process.getBuiltinModule()`. Call the one of `builtin-modules.ts`, which this one is for. */
export const getBuiltin: (id: string) => unknown = getBuiltinModule;

/** `Bun` itself. Of its functions, the package calls the ones below. */
export const Bun: typeof globalThis.Bun = globalThis.Bun;
/** `Bun.file()`. */
export const bunFile: typeof globalThis.Bun.file = file;
/** `Bun.write()`. */
export const writeFile: typeof globalThis.Bun.write = write;
/** `Bun.gc()`. */
export const collectGarbage: typeof globalThis.Bun.gc = gc;
/** `Bun.hash()`. */
export const hashOf: typeof globalThis.Bun.hash = hash;
/** `Bun.peek()`. */
export const peekPromise: typeof globalThis.Bun.peek = peek;
/** `Bun.Transpiler`. */
export const BunTranspiler: typeof globalThis.Bun.Transpiler = Transpiler;
/** `Bun.fileURLToPath()`. */
export const bunFileURLToPath: typeof globalThis.Bun.fileURLToPath = fileURLToPath;
/** `Bun.pathToFileURL()`. */
export const bunPathToFileURL: typeof globalThis.Bun.pathToFileURL = pathToFileURL;
/** `Bun.stringWidth()`. */
export const widthOf: typeof globalThis.Bun.stringWidth = stringWidth;
/** `Bun.resolveSync()`. */
export const resolveModuleSync: typeof globalThis.Bun.resolveSync = resolveSync;

// oxlint-disable-next-line typescript/unbound-method -- called with the console
const { error: printOriginally } = globalThis.console;

/** `console`, whose functions the package calls only through `printError`. */
export const console: typeof globalThis.console = globalThis.console;

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

export const Promise: typeof globalThis.Promise = globalThis.Promise;
export const Date: typeof globalThis.Date = globalThis.Date;
export const Map: typeof globalThis.Map = globalThis.Map;
export const Set: typeof globalThis.Set = globalThis.Set;
export const WeakMap: typeof globalThis.WeakMap = globalThis.WeakMap;
export const WeakSet: typeof globalThis.WeakSet = globalThis.WeakSet;
export const WeakRef: typeof globalThis.WeakRef = globalThis.WeakRef;
export const FinalizationRegistry: typeof globalThis.FinalizationRegistry =
  globalThis.FinalizationRegistry;
export const Proxy: typeof globalThis.Proxy = globalThis.Proxy;
export const WebAssembly: typeof globalThis.WebAssembly = globalThis.WebAssembly;

// Errors.
export const Error: typeof globalThis.Error = globalThis.Error;
export const TypeError: typeof globalThis.TypeError = globalThis.TypeError;
export const RangeError: typeof globalThis.RangeError = globalThis.RangeError;
export const SyntaxError: typeof globalThis.SyntaxError = globalThis.SyntaxError;
export const ReferenceError: typeof globalThis.ReferenceError = globalThis.ReferenceError;
export const EvalError: typeof globalThis.EvalError = globalThis.EvalError;
export const URIError: typeof globalThis.URIError = globalThis.URIError;
export const AggregateError: typeof globalThis.AggregateError = globalThis.AggregateError;
export const SuppressedError: typeof globalThis.SuppressedError = globalThis.SuppressedError;
export const DOMException: typeof globalThis.DOMException = globalThis.DOMException;

// Memory.
export const ArrayBuffer: typeof globalThis.ArrayBuffer = globalThis.ArrayBuffer;
export const SharedArrayBuffer: typeof globalThis.SharedArrayBuffer = globalThis.SharedArrayBuffer;
export const DataView: typeof globalThis.DataView = globalThis.DataView;
export const Buffer: typeof globalThis.Buffer = globalThis.Buffer;
export const Int8Array: typeof globalThis.Int8Array = globalThis.Int8Array;
export const Uint8Array: typeof globalThis.Uint8Array = globalThis.Uint8Array;
export const Uint8ClampedArray: typeof globalThis.Uint8ClampedArray = globalThis.Uint8ClampedArray;
export const Int16Array: typeof globalThis.Int16Array = globalThis.Int16Array;
export const Uint16Array: typeof globalThis.Uint16Array = globalThis.Uint16Array;
export const Int32Array: typeof globalThis.Int32Array = globalThis.Int32Array;
export const Uint32Array: typeof globalThis.Uint32Array = globalThis.Uint32Array;
export const Float16Array: typeof globalThis.Float16Array = globalThis.Float16Array;
export const Float32Array: typeof globalThis.Float32Array = globalThis.Float32Array;
export const Float64Array: typeof globalThis.Float64Array = globalThis.Float64Array;
export const BigInt64Array: typeof globalThis.BigInt64Array = globalThis.BigInt64Array;
export const BigUint64Array: typeof globalThis.BigUint64Array = globalThis.BigUint64Array;

// What the platform adds to the language.
const { BuildMessage: Build, ResolveMessage: Resolve } = globalThis as unknown as Messages;
interface Messages {
  readonly BuildMessage: typeof globalThis.Error;
  readonly ResolveMessage: typeof globalThis.Error;
}
/** The class of the loader's error for a module that does not parse. */
export const BuildMessage: typeof globalThis.Error = Build;
/** The class of the loader's error for a module that is not found. */
export const ResolveMessage: typeof globalThis.Error = Resolve;
export const AbortController: typeof globalThis.AbortController = globalThis.AbortController;
export const AbortSignal: typeof globalThis.AbortSignal = globalThis.AbortSignal;
export const Blob: typeof globalThis.Blob = globalThis.Blob;
export const CryptoKey: typeof globalThis.CryptoKey = globalThis.CryptoKey;
export const File: typeof globalThis.File = globalThis.File;
export const Headers: typeof globalThis.Headers = globalThis.Headers;
export const MessagePort: typeof globalThis.MessagePort = globalThis.MessagePort;
export const ReadableStream: typeof globalThis.ReadableStream = globalThis.ReadableStream;
export const TransformStream: typeof globalThis.TransformStream = globalThis.TransformStream;
export const URL: typeof globalThis.URL = globalThis.URL;
export const URLSearchParams: typeof globalThis.URLSearchParams = globalThis.URLSearchParams;
export const Worker: typeof globalThis.Worker = globalThis.Worker;
export const WritableStream: typeof globalThis.WritableStream = globalThis.WritableStream;

const { apply } = Reflect;
// oxlint-disable-next-line typescript/unbound-method -- called with the function
const { toString: toText } = Function.prototype;

/** The source text of a function, whatever `Function.prototype.toString` is by now. */
export function functionText(callable: object): string {
  return apply(toText, callable, []);
}

// oxlint-disable-next-line typescript/unbound-method -- called with the signal
const getAborted = Object.getOwnPropertyDescriptor(globalThis.AbortSignal.prototype, "aborted")!
  .get as () => boolean;

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
