import type { AsyncLocalStorage } from "node:async_hooks";
import type { StorageDefinition } from "./definition.ts";
import { Map } from "../runtime/index.ts";

/** A storage whose stores go along with a request, or with a child: what a module exports in this thread, and where another thread finds its own one. */
export interface CarriedStorage {
  readonly place: StorageDefinition;
  readonly storage: AsyncLocalStorage<unknown>;
}

/** The storages that were loaded in this thread. */
const loaded: Map<string, CarriedStorage> = new Map();

/** The storages of these places; undefined while one of them is not loaded. */
export function loadedStorages(
  places: readonly StorageDefinition[],
): readonly CarriedStorage[] | undefined {
  const found: CarriedStorage[] = [];
  for (const place of places) {
    const storage = loaded.get(keyOf(place));
    if (storage === undefined) return undefined;
    found.push(storage);
  }
  return found;
}

/**
 * The same, with those loaded that are not.
 *
 * @param load loads one; what it rejects with is the outcome
 */
export async function loadStoragesBy(
  places: readonly StorageDefinition[],
  load: (place: StorageDefinition) => Promise<AsyncLocalStorage<unknown>>,
): Promise<readonly CarriedStorage[]> {
  for (const place of places) {
    if (loaded.has(keyOf(place))) continue;
    loaded.set(keyOf(place), { place, storage: await load(place) });
  }
  return loadedStorages(places) as readonly CarriedStorage[];
}

/**
 * Calls a function within stores. A storage that has its store already is not entered.
 *
 * @param stores one for each storage
 */
export function withStores<R>(
  storages: readonly CarriedStorage[],
  stores: readonly unknown[],
  call: () => R,
  from: number = 0,
): R {
  const carried = storages[from];
  if (carried === undefined) return call();
  const store = stores[from];
  if (carried.storage.getStore() === store) return withStores(storages, stores, call, from + 1);
  return carried.storage.run(store, () => withStores(storages, stores, call, from + 1));
}

function keyOf({ url, bundled = "", name }: StorageDefinition): string {
  return `${name}\n${bundled}\n${url}`;
}
