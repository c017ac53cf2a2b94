import { expect } from "bun:test";
import { types } from "node:util";

/** The properties of an error that may be not enumerable. */
const ERROR_SLOTS = ["name", "message", "stack", "code", "cause", "errors", "error", "suppressed"];

/**
 * Asserts that `received` is a faithful copy of `sent`: the same classes, values (also -0 and NaN), holes, order of
 * keys, and the same pattern of shared references.
 */
export function expectSame(received: unknown, sent: unknown): void {
  expect(difference(received, sent)).toBe("");
}

/** Says where and how two values differ; empty when they do not. */
export function difference(received: unknown, sent: unknown): string {
  return new Comparison().compare(received, sent, "value");
}

class Comparison {
  /** Each object has exactly one counterpart; otherwise references are shared in another way. */
  readonly #received: Map<object, object> = new Map();
  readonly #sent: Map<object, object> = new Map();

  compare(received: unknown, sent: unknown, path: string): string {
    if (!isObject(received) || !isObject(sent)) {
      return Object.is(received, sent) ? "" : `${path}: ${show(received)} is not ${show(sent)}`;
    }
    const known = this.#received.has(received) || this.#sent.has(sent);
    if (known) {
      const paired = this.#received.get(received) === sent && this.#sent.get(sent) === received;
      return paired ? "" : `${path}: references are shared in another way`;
    }
    this.#received.set(received, sent);
    this.#sent.set(sent, received);
    if (Object.getPrototypeOf(received) !== Object.getPrototypeOf(sent))
      return `${path}: another prototype`;
    return (
      this.#compareContents(received, sent, path) || this.#compareProperties(received, sent, path)
    );
  }

  #compareContents(received: object, sent: object, path: string): string {
    if (sent instanceof Map || sent instanceof Set) {
      const list = (value: object): unknown[] => [
        ...(value as Map<unknown, unknown> | Set<unknown>),
      ];
      return this.#compareLists(list(received), list(sent), `${path}.entries`);
    }
    if (ArrayBuffer.isView(sent))
      return this.#compareViews(received as ArrayBufferView, sent, path);
    if (sent instanceof ArrayBuffer)
      return this.#compareBuffers(received as ArrayBuffer, sent, path);
    if (sent instanceof Error) return this.#compareErrors(received as Error, sent, path);
    if (Array.isArray(sent))
      return this.compare((received as unknown[]).length, sent.length, `${path}.length`);
    return this.#compareLists(contents(received), contents(sent), path);
  }

  #compareLists(received: readonly unknown[], sent: readonly unknown[], path: string): string {
    if (received.length !== sent.length)
      return `${path}: ${received.length} members, not ${sent.length}`;
    for (const [index, member] of sent.entries()) {
      const pair = Array.isArray(member) && path.endsWith(".entries");
      const found = pair
        ? this.#compareLists(received[index] as unknown[], member, `${path}[${index}]`)
        : this.compare(received[index], member, `${path}[${index}]`);
      if (found !== "") return found;
    }
    return "";
  }

  #compareViews(received: ArrayBufferView, sent: ArrayBufferView, path: string): string {
    const bytes = (view: ArrayBufferView): string =>
      Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("hex");
    if (bytes(received) !== bytes(sent)) return `${path}: other bytes`;
    // How much of the buffer has arrived is not promised, but which views share it is.
    const known = this.#received.has(received.buffer) || this.#sent.has(sent.buffer);
    if (known) return this.compare(received.buffer, sent.buffer, `${path}.buffer`);
    this.#received.set(received.buffer, sent.buffer);
    this.#sent.set(sent.buffer, received.buffer);
    return "";
  }

  #compareBuffers(received: ArrayBuffer, sent: ArrayBuffer, path: string): string {
    if (received.resizable !== sent.resizable || received.maxByteLength !== sent.maxByteLength) {
      return `${path}: resizable in another way`;
    }
    const hex = (buffer: ArrayBuffer): string => Buffer.from(buffer).toString("hex");
    return hex(received) === hex(sent) ? "" : `${path}: other bytes`;
  }

  #compareErrors(received: Error, sent: Error, path: string): string {
    for (const slot of ERROR_SLOTS) {
      const [a, b] = [received, sent].map(
        (error) => Object.getOwnPropertyDescriptor(error, slot)?.enumerable,
      );
      if (a !== b) return `${path}.${slot}: own enumerable is ${a}, not ${b}`;
      const found = this.compare(
        Reflect.get(received, slot),
        Reflect.get(sent, slot),
        `${path}.${slot}`,
      );
      if (found !== "") return found;
    }
    return "";
  }

  #compareProperties(received: object, sent: object, path: string): string {
    if (ArrayBuffer.isView(sent)) return "";
    const keys = Object.keys(sent);
    const receivedKeys = Object.keys(received);
    if (JSON.stringify(receivedKeys) !== JSON.stringify(keys)) {
      return `${path}: keys ${receivedKeys.join()} are not ${keys.join()}`;
    }
    for (const key of keys) {
      const own = Object.getOwnPropertyDescriptor(received, key);
      if (own?.writable !== true && !types.isStringObject(received))
        return `${path}.${key}: not a writable property`;
      const found = this.compare(own?.value, Reflect.get(sent, key), `${path}.${key}`);
      if (found !== "") return found;
    }
    return "";
  }
}

/** The contents of an object that are not properties. */
function contents(value: object): readonly unknown[] {
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof RegExp) return [value.source, value.flags, value.lastIndex];
  if (value instanceof URL || value instanceof URLSearchParams) return [String(value)];
  if (value instanceof Headers) return [JSON.stringify([...value])];
  if (types.isBoxedPrimitive(value)) return [value.valueOf()];
  return [];
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function show(value: unknown): string {
  return Bun.inspect(value).slice(0, 200);
}
