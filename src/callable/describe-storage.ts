import type { AsyncLocalStorage } from "node:async_hooks";
import { CallableError } from "../errors.ts";
import { IS_BUNDLED, Bun, Set, WeakMap, describeValue, isOwnFile } from "../runtime/index.ts";
import type { StorageDefinition } from "./definition.ts";
import { findBundledObject } from "./find-bundled-export.ts";
import { valueAt } from "./export-places.ts";
import { outermost } from "./import-graph.ts";
import { MODULE_EXPORTS, urlOfKey } from "./module-keys.ts";
import { tryListEvaluating, registry } from "./module-registry.ts";

/** A place at which a module exports a storage. */
interface StoragePlace {
  readonly file: string;
  readonly name: string;
}

const known: WeakMap<object, StorageDefinition> = new WeakMap();

/**
 * The module and the export by which a worker finds an AsyncLocalStorage. It is found by identity, as a function is: the
 * storage of a worker is the one that the same module exports there, so that callables which import it see its store.
 *
 * @throws CallableError when no loaded module exports it
 */
export function describeStorage(storage: AsyncLocalStorage<unknown>): StorageDefinition {
  const before = known.get(storage);
  if (before !== undefined) return before;
  const bundled = findBundledObject(storage);
  if (bundled !== undefined) return keep(storage, bundled);
  tryListEvaluating(Bun.main);
  const outside = placesOf(storage, false);
  // `ringpool/metrics` has one.
  const places = outside.length > 0 ? outside : placesOf(storage, true);
  if (places.length === 0) throw notExported(storage);
  const apart = places.filter(({ file }) => file !== Bun.main);
  // The main module is the last choice: to import it in a worker runs the program's top level.
  const candidates = apart.length === 0 ? places : apart;
  const file = outermost([...new Set(candidates.map((place) => place.file))]);
  const { name } = candidates.find((place) => place.file === file) as StoragePlace;
  return keep(storage, { url: urlOfKey(file), name });
}

function keep(storage: object, definition: StorageDefinition): StorageDefinition {
  known.set(storage, definition);
  return definition;
}

/** @param areOwn whether to look among the modules of this package, and not among the others */
function placesOf(storage: object, areOwn: boolean): StoragePlace[] {
  const places: StoragePlace[] = [];
  for (const file of Reflect.ownKeys(registry()) as string[]) {
    if (isOwnFile(file) !== areOwn) continue;
    const exported: unknown = registry()[file]?.exports;
    if (exported === storage) places.push({ file, name: MODULE_EXPORTS });
    else
      for (const name of namesOf(exported))
        if (valueAt(exported, { name, path: [] }) === storage) places.push({ file, name });
  }
  return places;
}

function namesOf(exported: unknown): string[] {
  if (typeof exported !== "object" || exported === null) return [];
  return Reflect.ownKeys(exported).filter((key) => typeof key === "string");
}

const IN_BUNDLE = IS_BUNDLED
  ? "; in a bundle, build with the plugin of ringpool/build, plugins: [ringpool()]"
  : "";

function notExported(storage: unknown): CallableError {
  return new CallableError(
    "No module exports this AsyncLocalStorage, so a worker cannot find it. Export it from a module of its own, which the program and " +
      `the callables import: export const requestContext = new AsyncLocalStorage()${IN_BUNDLE}. carry=${describeValue(storage)}`,
  );
}
