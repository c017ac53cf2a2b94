/*
 * Definitions by their content. Equal definitions are one object, so that a pool can number them by identity: an
 * arrow function in a loop is a new function in each round, and must not become a new definition.
 */

import type { CallableDefinition, SourceDefinition } from "./definition.ts";
import { freeNames, isGlobalName } from "./scope.ts";
import { Map, WeakMap } from "../runtime/index.ts";

/** Limits of the memory for functions made by `new Function`. A forgotten definition costs only a duplicate. */
const MOST_DEFINITIONS = 1024;
const MOST_CHARACTERS = 1 << 22;

const definitions: Map<string, CallableDefinition> = new Map();
let characters = 0;
/** Whether a source was found to mean the same everywhere. */
const independence: WeakMap<SourceDefinition, boolean> = new WeakMap();

/** The definition with this content that others have, or this one from now on. */
export function intern<D extends CallableDefinition>(definition: D): D {
  const key = keyOf(definition);
  const before = definitions.get(key);
  if (before !== undefined) return before as D;
  definitions.set(key, definition);
  characters += key.length;
  if (definitions.size > MOST_DEFINITIONS || characters > MOST_CHARACTERS) forgetOldest();
  return definition;
}

/** The definition of a source that was interned before. */
export function internedSource(name: string, source: string): SourceDefinition | undefined {
  return definitions.get(sourceKey(name, source)) as SourceDefinition | undefined;
}

/** Whether a source uses nothing but its own names and globals, so that its place does not matter. Found out once. */
export function isIndependent(definition: SourceDefinition): boolean {
  const known = independence.get(definition);
  if (known !== undefined) return known;
  const { name, source } = definition;
  const free = freeNames(source);
  // A function that names itself may keep something in its own properties.
  const isFree = free?.every(isGlobalName) === true && (name === "" || count(source, name) < 2);
  independence.set(definition, isFree);
  return isFree;
}

/** Forgets the half that was interned first. */
function forgetOldest(): void {
  let left = Math.ceil(definitions.size / 2);
  for (const key of definitions.keys()) {
    if (left-- === 0) break;
    definitions.delete(key);
    characters -= key.length;
  }
}

function keyOf(definition: CallableDefinition): string {
  switch (definition.kind) {
    case "source":
      return sourceKey(definition.name, definition.source);
    case "runner":
      return `runner\n${definition.name}\n${definition.functions.map(keyOf).join("\n\n")}`;
    case "evaluating":
      return `evaluating\n${definition.name}\n${definition.url}\n${definition.source}`;
    case "export": {
      const { name, url, path = [], fingerprint = "" } = definition;
      return `export\n${JSON.stringify([name, ...path])}\n${url}\n${fingerprint}`;
    }
  }
}

function sourceKey(name: string, source: string): string {
  return `source\n${name}\n${source}`;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}
