import { Set } from "../runtime/index.ts";

const { isArray } = Array;
const { getPrototypeOf, is, keys } = Object;

/** Deeper values travel as frames, whose codec has its own way with depth. */
const DEPTH_MAX = 200;

/**
 * Whether `JSON.parse(JSON.stringify(value))` is the same value: the same types, properties and order, with every object
 * reached once. So neither `undefined`, -0, NaN, holes, class instances, nor an object that occurs twice.
 */
export function isExactInJson(value: unknown): boolean {
  return isExact(value, new Set(), 0);
}

function isExact(value: unknown, seen: Set<object>, depth: number): boolean {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value) && !is(value, -0);
    case "object":
      return value === null || isExactObject(value, seen, depth);
    default:
      return false;
  }
}

function isExactObject(object: object, seen: Set<object>, depth: number): boolean {
  if (depth > DEPTH_MAX || seen.has(object)) return false;
  seen.add(object);
  // `JSON.stringify` would call it.
  if ("toJSON" in object) return false;
  const names = keys(object);
  if (isArray(object)) {
    // Holes and other properties than elements are lost in JSON.
    if (getPrototypeOf(object) !== Array.prototype || names.length !== object.length) return false;
    return object.every((part) => isExact(part, seen, depth + 1));
  }
  if (getPrototypeOf(object) !== Object.prototype) return false;
  return names.every((name) => {
    if (name === "__proto__") return false;
    return isExact((object as Record<string, unknown>)[name], seen, depth + 1);
  });
}
