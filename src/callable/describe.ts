import { exportAdvice } from "./export-advice.ts";
import type { Callable, ExportPlace, FunctionDefinition } from "./definition.ts";
import { definitionOfReference } from "./from-module.ts";
import type { ModuleCallable } from "./from-module.ts";
import { fingerprintOf } from "./definition.ts";
import { findBuiltin } from "./find-builtin.ts";
import { findExport } from "./find-export.ts";
import { intern, internedSource } from "./interned.ts";
import { knownSource } from "./known-sources.ts";
import { isEvaluating, isListed } from "./module-registry.ts";
import { globalPathOf, isNativeClass, refuseNative, refuseNativeClass } from "./native.ts";
import { isSelfSufficient } from "./plain-arrow.ts";
import { isMethod, isMock, usesOwnThis } from "./own-this.ts";
import { freeNames, isGlobalName, mayHaveFreeNames, shadowedGlobal } from "./scope.ts";
import { isClass, isNative, refuse, requireSelfContained, textOf } from "./source.ts";
import {
  evaluatingMain,
  findEvaluatingHome,
  listCallers,
  modulesAround,
} from "./unfinished-module.ts";
import { Bun, WeakMap, utilTypes } from "../runtime/index.ts";

/** How a function was described the last time. */
interface Answer {
  readonly definition: FunctionDefinition;
  /** A module that was still being evaluated. Once it is evaluated, there may be a better answer. */
  readonly awaiting: string | undefined;
}

const answers: WeakMap<Callable, Answer> = new WeakMap();

/** Of so many functions of known texts one is remembered. A prime, so that no rhythm of puts leaves out a function for ever. */
const REMEMBERED_EACH = 17;
let quickAnswers = 0;

/**
 * Finds how a worker can get a function that lives in this thread.
 *
 * A function cannot cross to another heap. In order of preference:
 *
 * 1. A module of the program offers it, by an export or by a path from one: the worker imports that module
 *    (`find-export.ts`). A module that is still being evaluated counts too, if it awaits nothing at its top level.
 * 2. A module that is still being evaluated, and whose exports cannot be read, makes and exports it, which its text proves
 *    (`unfinished-module.ts`).
 * 3. A built-in module exports it (`find-builtin.ts`).
 * 4. It is sent as source text, and must be self-contained (`source.ts`, `scope.ts`).
 *
 * The worker follows the same rules in `load.ts`. A function that was described before costs one map lookup.
 *
 * @param callable a function, or what `fromModule` returned
 * @returns a definition that `loadCallable` turns back into the function; definitions with equal content are one object
 * @throws CallableError for what no worker could call: a value that is no function, native and bound functions that no
 *   module exports, class constructors, methods that need their object, mocks, and functions whose source means something
 *   else away from its place
 */
export function describeCallable(callable: Callable | ModuleCallable): FunctionDefinition {
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
  const source = knownSource(callable);
  if (source !== undefined) {
    // To remember each function would cost more than to find its text. One that is kept is remembered after some puts.
    quickAnswers = (quickAnswers + 1) % REMEMBERED_EACH;
    if (quickAnswers === 0) answers.set(callable, { definition: source, awaiting: undefined });
    return source;
  }
  const answer = find(callable);
  answers.set(callable, answer);
  return answer.definition;
}

function find(callable: Callable): Answer {
  if (utilTypes().isProxy(callable)) return findProxy(callable);
  const name = typeof callable.name === "string" ? callable.name : "";
  const source = textOf(callable);
  if (name === "" && isSelfSufficient(source))
    return { definition: intern({ kind: "source", name, source }), awaiting: undefined };
  refuseUncallable(callable);
  if (isNative(source)) return findNative(callable, name);
  const exported = findAmongCallers(callable, name);
  if (exported !== undefined) {
    if (isMethodOfObject(source)) refuseMethod(callable);
    const inBuiltin = (): ExportPlace | undefined => findBuiltinWithText(callable, name, source);
    return exportAnswer(callable, surestPlace(exported, inBuiltin));
  }
  return findUnlisted(callable, name, source);
}

/** Finds an export, of modules too that are still being evaluated. */
function findAmongCallers(
  callable: Callable,
  name: string,
  isGlobal = false,
): ExportPlace | undefined {
  const listed = findExport(callable, name, isGlobal);
  if (name === "" || evaluatingMain() === undefined) return listed;
  // An export of a module that has been evaluated is as good as any. This saves most exports the stack trace.
  if (listed !== undefined && listed.path === undefined) return listed;
  const exported = listCallers(false) ? findExport(callable, name, isGlobal) : listed;
  if (exported !== undefined || isListed(Bun.main)) return exported;
  return listCallers(true) ? findExport(callable, name, isGlobal) : undefined;
}

function findProxy(callable: Callable): Answer {
  const exported = findExport(callable, "");
  if (exported !== undefined) return exportAnswer(callable, exported);
  return refuse(
    "A Proxy has no source to send: export it from a module, or pass a function that calls it.",
    callable,
  );
}

function refuseUncallable(callable: Callable): void {
  if (isClass(callable)) {
    refuse(
      "A class cannot be called: export a function that constructs it, and pass that.",
      callable,
    );
  }
  if (isMock(callable)) {
    refuse(
      "A mock keeps its record in this thread, where a worker cannot call it: pass the function that it stands for, and test what comes back, or make the pool with inline: true, which runs mocks of exports.",
      callable,
    );
  }
}

function exportAnswer(callable: Callable, exported: ExportPlace): Answer {
  const fingerprint = fingerprintOf(callable);
  return { definition: intern({ kind: "export", ...exported, fingerprint }), awaiting: undefined };
}

function findNative(callable: Callable, name: string): Answer {
  const isGlobal = globalPathOf(callable, name) !== undefined;
  if (isGlobal && isNativeClass(callable)) refuseNativeClass(callable);
  const exported = findAmongCallers(callable, name, isGlobal);
  // The functions of `node:path` are bound ones. Of all others of that kind, most are the program's own.
  const isFew = isGlobal || name.startsWith("bound ");
  const inBuiltin = (): ExportPlace | undefined =>
    findBuiltin(callable, name, modulesAround(""), isFew ? "global" : "all");
  if (exported !== undefined) return exportAnswer(callable, surestPlace(exported, inBuiltin));
  const builtin = inBuiltin();
  if (builtin === undefined) return refuseNative(callable, name);
  if (isNativeClass(callable)) refuseNativeClass(callable);
  return exportAnswer(callable, builtin);
}

/**
 * Where workers find a function that a module offers. What a path of properties leads to may have been put there while the
 * program ran, and workers would not find it: a built-in module that exports the function goes before such a place.
 */
function surestPlace(exported: ExportPlace, inBuiltin: () => ExportPlace | undefined): ExportPlace {
  return exported.path === undefined ? exported : (inBuiltin() ?? exported);
}

/** Describes a function that no listed module offers. */
function findUnlisted(callable: Callable, name: string, source: string): Answer {
  // Without a name there is nothing to search for. This saves most inline functions the stack trace.
  const home = name === "" ? undefined : findEvaluatingHome(callable, name, source);
  const awaiting = home?.file ?? evaluatingMain();
  if (home !== undefined)
    return { definition: intern({ kind: "evaluating", url: home.url, name, source }), awaiting };
  const before = internedSource(name, source);
  if (before !== undefined) {
    refuseShadowed(callable, source);
    return { definition: before.definition, awaiting };
  }
  const builtin = findBuiltinWithText(callable, name, source);
  if (builtin !== undefined) return exportAnswer(callable, builtin);
  requireSelfContained(callable, source);
  // A function that was written in an object or a class uses that. Another one may be prepared to have no object.
  if (
    /\bthis\b/.test(source) &&
    usesOwnThis(source, isMethod(source) ? "at all" : "its properties")
  )
    refuseMethod(callable);
  refuseShadowed(callable, source);
  return { definition: intern({ kind: "source", name, source }), awaiting };
}

function refuseShadowed(callable: Callable, source: string): void {
  const shadowed = shadowedGlobal(source, () => modulesAround(source));
  if (shadowed !== undefined) {
    refuse(
      `An inline function is sent as source and sees nothing around it. This one uses a variable of the module that has the name of a global, which a worker would take instead. ` +
        `${exportAdvice("pass the value as an argument")}: variable=${shadowed}`,
      callable,
    );
  }
}

/** The functions of built-in modules that are written in JavaScript use names that only the module knows. */
function findBuiltinWithText(
  callable: Callable,
  name: string,
  source: string,
): ExportPlace | undefined {
  // An "@" marks what only the engine's own code may use.
  if (!source.includes("@") && !mayHaveFreeNames(source)) return undefined;
  const missing = freeNames(source)?.filter((each) => !isGlobalName(each));
  if (missing?.length === 0) return undefined;
  return findBuiltin(callable, name, modulesAround(source), "named");
}

function isMethodOfObject(source: string): boolean {
  return /\bthis\b/.test(source) && isMethod(source) && usesOwnThis(source, "its properties");
}

function refuseMethod(callable: Callable): never {
  return refuse(
    "This function uses the object that it is called on, and a callable is called on none: export a function from a module " +
      "that calls it on its object, such as (value) => object.method(value).",
    callable,
  );
}
