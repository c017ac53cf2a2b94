import { getBuiltin } from "./globals.ts";

/*
 * Built-in modules that are loaded late. They are written in JavaScript, and take what they need from the globals when they
 * load: `node:worker_threads` calls `Worker`, `MessagePort` and `EventTarget`. So for the time that it takes to load one, the
 * globals are what they were when this package was loaded.
 */

const NAMES: readonly string[] = (
  "addEventListener removeEventListener dispatchEvent postMessage reportError self navigator " +
  "crypto console Bun setTimeout setInterval setImmediate clearTimeout clearInterval " +
  "clearImmediate queueMicrotask process performance structuredClone Promise Proxy Map Set " +
  "WeakMap WeakSet WeakRef FinalizationRegistry Date Error TypeError RangeError SyntaxError " +
  "AggregateError DOMException Buffer ArrayBuffer SharedArrayBuffer DataView Uint8Array " +
  "Uint16Array Uint32Array Int32Array Float64Array BigInt64Array BigUint64Array " +
  "AbortController AbortSignal Event EventTarget MessageEvent MessagePort MessageChannel " +
  "BroadcastChannel Worker Blob File URL URLSearchParams Headers Request Response " +
  "ReadableStream WritableStream TransformStream TextEncoder TextDecoder"
).split(" ");

let taken: readonly unknown[] | undefined;

/**
 * Takes the globals for the modules that are loaded later. To be called before code of the program runs: when the package
 * is loaded into the program, and in a worker before the first callable is.
 */
export function takeGlobals(): readonly unknown[] {
  // A read is cheaper than a descriptor, and this runs when a thread starts.
  return (taken ??= NAMES.map((name) => (globalThis as never)[name]));
}

const loaded: Record<string, object> = Object.create(null) as Record<string, object>;

/** `process.getBuiltinModule()`: loads the module with the globals as they were. */
export const getBuiltinModule: typeof globalThis.process.getBuiltinModule = (id: string): never =>
  (loaded[id] ??= withTakenGlobals(() => getBuiltin(id) as object)) as never;

function withTakenGlobals<T>(load: () => T): T {
  const replaced: [name: string, present: PropertyDescriptor | undefined][] = [];
  const values = takeGlobals();
  for (let index = 0; index < NAMES.length; index++) {
    const name = NAMES[index] as string;
    const value = values[index];
    if (value === undefined || isAsTaken(name, value)) continue;
    replaced.push([name, ownProperty(name)]);
    descriptor.value = value;
    put(name, descriptor);
  }
  try {
    return load();
  } finally {
    for (const [name, present] of replaced) {
      if (present === undefined) Reflect.deleteProperty(globalThis, name);
      else put(name, present);
    }
  }
}

/** Nearly always it is, so this only reads it: a descriptor of each name would take as long as some of the modules do. */
function isAsTaken(name: string, value: unknown): boolean {
  try {
    return (globalThis as Record<string, unknown>)[name] === value;
  } catch {
    return false;
  }
}

const descriptor: PropertyDescriptor = Object.assign(Object.create(null) as PropertyDescriptor, {
  value: undefined,
  writable: true,
  enumerable: false,
  configurable: true,
});

function put(name: string, property: PropertyDescriptor): void {
  // A property that cannot be configured may have another value.
  if (!Reflect.defineProperty(globalThis, name, property))
    Reflect.set(globalThis, name, property.value);
}

/** A descriptor that inherits nothing. */
function ownProperty(name: string): PropertyDescriptor | undefined {
  const property = Object.getOwnPropertyDescriptor(globalThis, name);
  return property && Object.assign(Object.create(null) as object, property);
}
