import type {
  Callable,
  FunctionDefinition,
  LocalDefinition,
  LocalFunction,
  SourceDefinition,
} from "./definition.ts";
import { describeCallable } from "./describe.ts";
import { isExportedNow } from "./find-export.ts";
import type { ModuleCallable } from "./from-module.ts";
import { evaluateInline } from "./inline.ts";
import { loadCallable } from "./load.ts";
import { nameOfDefinition } from "./name-of-definition.ts";
import { isMock } from "./own-this.ts";
import { Runner } from "./runner.ts";
import { freeNames } from "./scope.ts";
import { refuse } from "./source.ts";
import { Map, Set, WeakMap, describeValue, utilTypes } from "../runtime/index.ts";

/** What a function is described by, and what it is called by in this thread. */
interface Local {
  /** Undefined for a mock, which no other thread could find. */
  readonly definition: FunctionDefinition | undefined;
  readonly local: LocalDefinition;
}

const locals: WeakMap<Callable | ModuleCallable, Local> = new WeakMap();
/** Functions that are made from their source, by that: a function that is written in the call is another one each time. */
const evaluated: WeakMap<FunctionDefinition, LocalDefinition> = new WeakMap();
const runners = new Map<string, WeakMap<LocalDefinition, Runner>>();
let lastNumber = 0;

/** Names that no program binds to anything else, so that a function that uses no other name from around it means the same anywhere. */
const LANGUAGE: ReadonlySet<string> = new Set(
  (
    "undefined NaN Infinity Math JSON Object Array String Number Boolean BigInt Symbol Promise Map Set WeakMap WeakSet Date RegExp " +
    "Error TypeError RangeError Uint8Array Int32Array Float64Array ArrayBuffer SharedArrayBuffer Atomics parseInt parseFloat isNaN console"
  ).split(" "),
);

/**
 * Finds how a request that runs in this very thread gets its function, with the rules of `describeCallable`: what no worker could
 * call is refused here too.
 *
 * The function that was given is called itself, so that test runners see it: their mocks, coverage and breakpoints. There are two
 * exceptions. An inline function that may refer to something around it is made from its source, as in a worker, because in its
 * place it would see what it does not see there. And what `fromModule` names is asked of its module for each request: the module
 * may have been mocked meanwhile.
 *
 * A mock is accepted while a module exports it: then it stands for that export, in whatever way it has come there (`spyOn`,
 * `mock.module`).
 *
 * @throws CallableError as `describeCallable` does
 */
export function describeHere(callable: Callable | ModuleCallable): LocalDefinition {
  const known = locals.get(callable);
  if (known !== undefined && known.definition === undefined) return known.local;
  if (isLiveMock(callable)) return keep(callable, undefined, lasting(callable as LocalFunction));
  // It may have got a better answer since, when a module was evaluated that was not before.
  const definition = tryDescribe(callable);
  if (known !== undefined && known.definition === definition) return known.local;
  return definition === undefined
    ? keep(callable, undefined, lasting(callable as LocalFunction))
    : keep(callable, definition, localOf(callable, definition));
}

/** The same as `runnerOf`, for requests that run in this very thread. */
export function runnerHere(
  name: string,
  callable: Callable | ModuleCallable,
  ...more: readonly (Callable | ModuleCallable)[]
): Runner {
  const first = describeHere(callable);
  const make = (): Runner =>
    new Runner({ kind: "runner", name, functions: [first, ...more.map(describeHere)] });
  if (more.length > 0) return make();
  let ofName = runners.get(name);
  if (ofName === undefined) runners.set(name, (ofName = new WeakMap()));
  let runner = ofName.get(first);
  if (runner === undefined) ofName.set(first, (runner = make()));
  return runner;
}

/** The definition; undefined for a function that has come into the place of an export, whatever else it is. */
function tryDescribe(callable: Callable | ModuleCallable): FunctionDefinition | undefined {
  const isExport = (): boolean => typeof callable === "function" && isExportedNow(callable);
  let definition: FunctionDefinition;
  try {
    definition = describeCallable(callable);
  } catch (error) {
    if (isExport()) return undefined;
    throw error;
  }
  return definition.kind === "source" && isExport() ? undefined : definition;
}

function keep(
  callable: Callable | ModuleCallable,
  definition: FunctionDefinition | undefined,
  local: LocalDefinition,
): LocalDefinition {
  locals.set(callable, { definition, local });
  return local;
}

function localOf(
  callable: Callable | ModuleCallable,
  definition: FunctionDefinition,
): LocalDefinition {
  const name = nameOfDefinition(definition);
  if (typeof callable !== "function") {
    const load = (): Promise<LocalFunction> => loadCallable(definition);
    return { ...lasting(loadNothing, name), ...placeOf(definition), isLasting: false, load };
  }
  if (definition.kind !== "source" || meansTheSame(definition))
    return { ...lasting(callable as LocalFunction, name), ...placeOf(definition) };
  let local = evaluated.get(definition);
  if (local === undefined) {
    local = lasting(evaluateInline(definition.name, definition.source), name);
    evaluated.set(definition, local);
  }
  return local;
}

function lasting(callable: LocalFunction, name: string = describeValue(callable)): LocalDefinition {
  return { kind: "local", name, number: ++lastNumber, isLasting: true, load: () => callable };
}

function placeOf(definition: FunctionDefinition): { readonly url?: string } {
  return definition.kind === "source" ? {} : { url: definition.url };
}

function loadNothing(): void {}

/** Whether the text of a function says all of what it means. */
function meansTheSame({ source }: SourceDefinition): boolean {
  return freeNames(source)?.every((name) => LANGUAGE.has(name)) === true;
}

/** Whether the value is a mock that a module exports. Throws CallableError for another mock. */
export function isLiveMock(callable: Callable | ModuleCallable): boolean {
  if (typeof callable !== "function" || utilTypes().isProxy(callable) || !isMock(callable))
    return false;
  if (isExportedNow(callable)) return true;
  return refuse(
    "No module exports this mock, so no worker could run it in a pool of threads. Put it in the place of an export, with " +
      'spyOn(module, "name") or mock.module(), and pass that export.',
    callable,
  );
}
