import {
  describeCallable,
  describeHere,
  evaluateInline,
  intern,
  isLiveMock,
} from "../callable/index.ts";
import type { Callable, FunctionDefinition, ModuleCallable } from "../callable/index.ts";
import { loadCallable } from "../callable/load.ts";
import type { LoadableDefinition } from "../callable/load.ts";
import { Sites } from "./call-sites.ts";
import { Bun, Map, WeakMap, utilTypes } from "../runtime/index.ts";

/** A function as a child calls it. */
export type AnyFunction = (...args: unknown[]) => unknown;

/** A callable of children. It is found as the program's callables are, so that every worker finds the same one. */
export interface ChildCallable {
  /** That of a mock is local: it runs only in the thread that has made it. */
  readonly definition: LoadableDefinition;
  readonly name: string;
  /** Where its children were put. */
  readonly sites: Sites;
  /** Whether it is an async function, as far as that can be told before it is called. */
  readonly isAsync: boolean;
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
  // In the program's own thread, as in an inline pool, children go to no other worker.
  if (Bun.isMainThread && isLiveMock(callable)) return mockOf(callable as AnyFunction);
  const definition = describeCallable(callable);
  let found = byDefinition.get(definition);
  if (found === undefined) {
    found = madeFrom(definition, callable);
    byDefinition.set(definition, found);
  }
  byFunction.set(callable, found);
  return found;
}

/** Not kept: the mock may be exported no more when it is put again. */
function mockOf(call: AnyFunction): ChildCallable {
  return {
    definition: describeHere(call),
    name: call.name,
    isAsync: isAsyncFunction(call),
    sites: new Sites(),
    call,
  };
}

function madeFrom(
  definition: FunctionDefinition,
  callable: Callable | ModuleCallable,
): ChildCallable {
  const name = nameOf(definition);
  if (definition.kind === "source") {
    const call = evaluateInline(definition.name, definition.source);
    return { definition, name, isAsync: isAsyncFunction(call), sites: new Sites(), call };
  }
  if (typeof callable === "function") {
    const call = callable as AnyFunction;
    return { definition, name, isAsync: isAsyncFunction(call), sites: new Sites(), call };
  }
  const made: ChildCallable = {
    definition,
    name,
    isAsync: true,
    sites: new Sites(),
    call: async (...args) => {
      made.call = await loadCallable(definition);
      return made.call(...args);
    },
  };
  return made;
}

/** The name of a callable, for people. */
export function nameOf({ name }: LoadableDefinition): string {
  return name === "" ? "(anonymous)" : name;
}

function isAsyncFunction(call: AnyFunction): boolean {
  return utilTypes().isAsyncFunction(call);
}

/** The callables that this worker has loaded for children of others, by their definitions as text. */
const byText: Map<string, ChildCallable> = new Map();

/** The callable of a child of another worker, if this worker has it. */
export function loadedCallableOf(text: string): ChildCallable | undefined {
  return byText.get(text);
}

/** Loads the callable of a child of another worker. Its own children of that callable then need no search for it. */
export async function loadCallableOf(text: string): Promise<ChildCallable> {
  const known = byText.get(text);
  if (known !== undefined) return known;
  const definition = intern(JSON.parse(text) as FunctionDefinition);
  const before = byDefinition.get(definition);
  const call = before?.call ?? (await loadCallable(definition));
  const name = nameOf(definition);
  const found = before ?? {
    definition,
    name,
    isAsync: isAsyncFunction(call),
    sites: new Sites(),
    call,
  };
  byDefinition.set(definition, found);
  byFunction.set(call, found);
  byText.set(text, found);
  return found;
}
