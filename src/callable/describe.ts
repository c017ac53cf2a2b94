import { types } from "node:util";
import type { Callable, CallableDefinition } from "./definition.ts";
import { evaluatingMain, findEvaluatingHome, isEvaluating } from "./unfinished-module.ts";
import { isClass, refuse, requireSelfContained, sourceOf } from "./source.ts";
import { definitionOfReference } from "./from-module.ts";
import type { ModuleCallable } from "./from-module.ts";
import { findExport, findLateExport } from "./find-export.ts";

/** How a function was described the last time. */
interface Answer {
  readonly definition: CallableDefinition;
  /** A module that was still being evaluated. Once it is evaluated, there may be a better answer. */
  readonly awaiting: string | undefined;
}

const answers: WeakMap<Callable, Answer> = new WeakMap();

/**
 * All definitions by their content. Equal definitions are one object, so that a pool can number them by identity: an
 * arrow function in a loop is a new function in each round, and must not become a new definition.
 */
const interned: Map<string, CallableDefinition> = new Map();

/** Limits the memory for functions made by `new Function`. A forgotten definition costs only a duplicate. */
const MAX_INTERNED = 4096;

/**
 * Finds how a worker can get a function that lives in this thread.
 *
 * A function cannot cross to another heap. In order of preference:
 *
 * 1. It is an export of an evaluated module: the worker imports that module (`find-export.ts`).
 * 2. It may be an export of a module that is still being evaluated, which this process cannot know yet: the worker
 *    imports that module and compares source texts (`unfinished-module.ts`).
 * 3. It is sent as source text, and must be self-contained (`source.ts`).
 *
 * The worker follows the same rules in `load.ts`. A function that was described before costs one map lookup.
 *
 * @param callable a function, or what `fromModule` returned
 * @returns a definition that `loadCallable` turns back into the function; definitions with equal content are one object
 * @throws CallableError for what no worker could call: a value that is no function, native and bound functions,
 *   class constructors, and functions whose source means nothing outside their object, class or module
 */
export function describeCallable(callable: Callable | ModuleCallable): CallableDefinition {
  if (typeof callable !== "function") {
    const definition = definitionOfReference(callable);
    if (definition === undefined)
      refuse(
        "A callable must be a function, or what fromModule() returns. Pass the function itself, run(add, [1, 2]), and not a call of it, run(add(1, 2)).",
        callable,
      );
    return intern(definition);
  }
  const known = answers.get(callable);
  if (known !== undefined && (known.awaiting === undefined || isEvaluating(known.awaiting)))
    return known.definition;
  const answer = find(callable);
  answers.set(callable, answer);
  return answer.definition;
}

function find(callable: Callable): Answer {
  const isProxy = types.isProxy(callable);
  if (!isProxy && isClass(callable)) {
    refuse(
      "A class cannot be called: export a function that constructs it, and pass that.",
      callable,
    );
  }
  const exported = findExport(callable);
  if (exported !== undefined)
    return { definition: intern({ kind: "export", ...exported }), awaiting: undefined };
  if (isProxy) {
    refuse(
      "A Proxy has no source to send: export it from a module, or pass a function that calls it.",
      callable,
    );
  }
  const source = sourceOf(callable);
  return findUnlisted(callable, source);
}

/** Describes a function that no evaluated module is known to export. */
function findUnlisted(callable: Callable, source: string): Answer {
  const name = typeof callable.name === "string" ? callable.name : "";
  // Without a name there is nothing to search for. This saves most inline functions the stack trace.
  const home = name === "" ? undefined : findEvaluatingHome(name);
  const wanted: CallableDefinition =
    home === undefined
      ? { kind: "source", name, source }
      : { kind: "evaluating", url: home.url, name, source };
  const awaiting = home?.file ?? evaluatingMain();
  const before = interned.get(keyOf(wanted));
  if (before !== undefined) return { definition: before, awaiting };
  // For a new text, search once more and slowly, for what the index of exports misses.
  const exported = name === "" ? undefined : findLateExport(callable, name);
  if (exported !== undefined)
    return { definition: intern({ kind: "export", ...exported }), awaiting: undefined };
  // A function that the worker finds among exports may use its module. One that it evaluates must be self-contained.
  if (wanted.kind === "source") requireSelfContained(callable, source);
  return { definition: intern(wanted), awaiting };
}

function intern(definition: CallableDefinition): CallableDefinition {
  const key = keyOf(definition);
  const before = interned.get(key);
  if (before !== undefined) return before;
  if (interned.size >= MAX_INTERNED) interned.clear();
  interned.set(key, definition);
  return definition;
}

function keyOf(definition: CallableDefinition): string {
  const url = definition.kind === "source" ? "" : definition.url;
  const source = definition.kind === "export" ? "" : definition.source;
  return `${definition.kind}\n${definition.name}\n${url}\n${source}`;
}
