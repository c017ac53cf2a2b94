import { ArrayBuffer, Map, Set } from "../runtime/index.ts";

const IDENTIFIER = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;

/** The path to an object within a value, such as `args[0].user.port`; undefined when it is not found. */
export function pathTo(value: unknown, wanted: object, root: string): string | undefined {
  return search(value, wanted, root, new Set());
}

function search(
  value: unknown,
  wanted: object,
  path: string,
  seen: Set<object>,
): string | undefined {
  if (value === wanted) return path;
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  for (const [segment, part] of partsOf(value)) {
    const found = search(part, wanted, path + segment, seen);
    if (found !== undefined) return found;
  }
  return undefined;
}

function* partsOf(object: object): Generator<readonly [segment: string, part: unknown]> {
  // A typed array is backed by the buffer that may be what is looked for.
  if (ArrayBuffer.isView(object)) {
    yield [".buffer", object.buffer];
    return;
  }
  if (object instanceof Map) {
    let index = 0;
    for (const [key, part] of object) {
      yield [`.keys()[${index}]`, key];
      yield [
        typeof key === "string" ? `.get(${JSON.stringify(key)})` : `.values()[${index}]`,
        part,
      ];
      index += 1;
    }
  }
  if (object instanceof Set) {
    let index = 0;
    for (const part of object) yield [`.values()[${index++}]`, part];
  }
  for (const name of Reflect.ownKeys(object)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, name);
    if (typeof name === "symbol" || descriptor === undefined || !("value" in descriptor)) continue;
    yield [segmentOf(object, name), descriptor.value];
  }
}

function segmentOf(object: object, name: string): string {
  if (Array.isArray(object)) return `[${name}]`;
  return IDENTIFIER.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}
