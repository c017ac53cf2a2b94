import { loadedCodec } from "../codec/index.ts";
import { WeakMap } from "../runtime/index.ts";
import { isInsideRun } from "./task-context.ts";

/** What the copies of the package in a thread share: the callables may import another copy than the worker runs on. */
interface Registration {
  /** By value: what is to be moved when the value is sent. Undefined until `transfer` is called. */
  lists: WeakMap<object, readonly object[]> | undefined;
}

/** A key of the global object, so that every copy of the package in this thread finds the same registration. */
const REGISTRATION = Symbol.for("ringpool.transfer");

const registered = registration();

function registration(): Registration {
  const found = (globalThis as { [REGISTRATION]?: Registration })[REGISTRATION];
  if (found !== undefined) return found;
  const value: Registration = { lists: undefined };
  Object.defineProperty(globalThis, REGISTRATION, { value });
  return value;
}

/**
 * Says that parts of a result are moved to the program, not copied. Return what it returns, from a callable of any kind, or
 * pass that to `taskContext.progress`. To move takes the same time for a kilobyte and for a gigabyte.
 *
 * The parts are moved when the value is sent, all of them or none. They are empty or closed in the worker then, and must not be used any more.
 * What is listed and is not a part of the value is lost. When the value is put into another one, its parts are copied as usual: call
 * `transfer` for what is sent itself. Outside a pool nothing is moved.
 *
 * @param value any result
 * @param list the ArrayBuffers and MessagePorts in it that are moved. Of a view, list its `buffer`, which is moved whole. Shared memory is
 *   always shared, and is not listed
 * @returns the value itself
 * @throws PayloadError fails the request and names the item that cannot be moved, `transfer[1]`
 * @example
 * ```ts
 * export function render(scene: Scene): Uint8Array<ArrayBuffer> {
 *   const pixels = draw(scene);
 *   return transfer(pixels, [pixels.buffer]);
 * }
 * ```
 */
export function transfer<T>(value: T, list: readonly object[]): T {
  if ((typeof value === "object" && value !== null) || typeof value === "function") {
    registered.lists ??= new WeakMap();
    registered.lists.set(value, list);
  } else if (isInsideRun()) {
    // A primitive has no parts that could move. A list that is wrong is an error all the same.
    new (loadedCodec().Encoder)().prepare(undefined, "result", list);
  }
  return value;
}

/** What `transfer` was told to move with this value, once: the list is forgotten. */
export function takeTransferList(value: unknown): readonly object[] | undefined {
  const { lists } = registered;
  if (lists === undefined || typeof value !== "object" || value === null) return undefined;
  const list = lists.get(value);
  if (list !== undefined) lists.delete(value);
  return list;
}
