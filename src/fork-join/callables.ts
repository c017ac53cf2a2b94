import { describeCallable } from "../callable/index.ts";
import type { Callable, FunctionDefinition, ModuleCallable } from "../callable/index.ts";
import { evaluateInline, loadCallable } from "../callable/load.ts";
import { WeakMap } from "../runtime/index.ts";

/** A function as a child calls it. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** A callable of children. It is found as the program's callables are, so that every worker finds the same one. */
export interface ChildCallable {
  readonly definition: FunctionDefinition;
  readonly name: string;
  /** Calls it. A module that is not loaded yet makes this return a promise. */
  call: AnyFunction;
}

const byFunction: WeakMap<Callable | ModuleCallable, ChildCallable> = new WeakMap();
const byDefinition: WeakMap<FunctionDefinition, ChildCallable> = new WeakMap();

/**
 * The callable of a child. An inline function is made from its source, as in any worker: in its place it would see
 * variables that it does not see in the worker that may take the child.
 *
 * @throws CallableError for what another worker could not call
 */
export function childCallable(callable: Callable | ModuleCallable): ChildCallable {
  const known = byFunction.get(callable);
  if (known !== undefined) return known;
  const definition = describeCallable(callable);
  let found = byDefinition.get(definition);
  if (found === undefined) {
    found = madeFrom(definition, callable);
    byDefinition.set(definition, found);
  }
  byFunction.set(callable, found);
  return found;
}

function madeFrom(
  definition: FunctionDefinition,
  callable: Callable | ModuleCallable,
): ChildCallable {
  const name = definition.name === "" ? "(anonymous)" : definition.name;
  if (definition.kind === "source")
    return { definition, name, call: evaluateInline(definition.name, definition.source) };
  if (typeof callable === "function") return { definition, name, call: callable as AnyFunction };
  const made: ChildCallable = {
    definition,
    name,
    call: async (...args) => {
      made.call = await loadCallable(definition);
      return made.call(...args);
    },
  };
  return made;
}
