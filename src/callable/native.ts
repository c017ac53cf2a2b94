/* Functions without a text of their own: what to do about those that no module exports. */

import { refuse } from "./source.ts";
import { console } from "../runtime/index.ts";

/**
 * Whether a native function of the engine is a constructor such as `Map`: its plain functions have no prototype to give.
 * Those of a native add-on have one.
 */
export function isNativeClass(callable: object): boolean {
  return Object.hasOwn(callable, "prototype");
}

/** Throws a CallableError for a native or bound function that no module exports. */
export function refuseNative(callable: object, name: string): never {
  if (name.startsWith("bound ")) {
    refuse(
      "A native or bound function has no source to send, and what this one is bound to stays in this thread: export a " +
        "function from a module that calls it.",
      callable,
    );
  }
  const path = globalPathOf(callable, name);
  refuse(
    path === undefined
      ? "A native or bound function has no source to send, and no module exports this one: export a function from a module that calls it."
      : `A native or bound function has no source to send: pass a function that calls it, such as (...args) => ${path}(...args).`,
    callable,
  );
}

/** Throws a CallableError for a class of the engine. */
export function refuseNativeClass(callable: object): never {
  refuse(
    "A native or bound function has no source to send, and this is a native class, which cannot be called: pass a " +
      "function that constructs it.",
    callable,
  );
}

/** How every thread reaches a native function: `Math.max`; undefined for one that is no global and no property of one. */
export function globalPathOf(callable: object, name: string): string | undefined {
  if (!/^[\w$]+$/.test(name)) return undefined;
  if (ownValue(globalThis, name) === callable) return name;
  const holder = Object.getOwnPropertyNames(globalThis).find((each) => {
    const value = each === "console" ? console : ownValue(globalThis, each);
    const isHolder = (typeof value === "object" && value !== null) || typeof value === "function";
    return isHolder && value !== globalThis && ownValue(value, name) === callable;
  });
  return holder === undefined ? undefined : `${holder}.${name}`;
}

function ownValue(holder: object, name: string): unknown {
  return Object.getOwnPropertyDescriptor(holder, name)?.value as unknown;
}
