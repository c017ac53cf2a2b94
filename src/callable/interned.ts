/*
 * Definitions by their content. Equal definitions are one object, so that a pool can number them by identity: an
 * arrow function in a loop is a new function in each round, and must not become a new definition.
 */

import type { CallableDefinition, SourceDefinition } from "./definition.ts";
import { Map, Set, onReload } from "../runtime/index.ts";

/** Limits of the memory for functions made by `new Function`. A forgotten definition costs only a duplicate. */
const MOST_DEFINITIONS = 1024;
const MOST_CHARACTERS = 1 << 22;

/** A source that was sent before, and what is known of it: see `known-sources.ts`. */
export class InternedSource {
  readonly definition: SourceDefinition;
  /** The globals that it uses, when it uses nothing else from around it; null when its place matters; undefined until that is found out. */
  globals: readonly string[] | null | undefined = undefined;
  /** Whether nothing can change what it means, so that it need not even be looked for among the exports. */
  isSelfSufficient = false;
  /** So many functions of this source were put and took the long way. */
  puts = 0;
  /** For so many of the loaded modules it is proved that this text means the same in them. */
  proved = 0;
  /** The files on the stack, in one text, for which it is proved too. */
  readonly callers: Set<string> = new Set();
  /** Whether a module binds one of the globals around this text. */
  isShadowed = false;

  constructor(definition: SourceDefinition) {
    this.definition = definition;
  }
}

const others: Map<string, CallableDefinition> = new Map();
/**
 * Sources by text, then by name. The engine keeps the text of a function with its hash, so that a function that is made again costs
 * a look-up and no hashing; a key made of name and text would be hashed each time.
 */
const sources: Map<string, Map<string, InternedSource>> = new Map();
let count = 0;
let characters = 0;

/** What was proved was proved for modules that the program has loaded again. */
onReload(() => {
  for (const named of sources.values()) {
    for (const source of named.values()) {
      source.proved = 0;
      source.callers.clear();
      source.isShadowed = false;
    }
  }
});

/** The definition with this content that others have, or this one from now on. */
export function intern<D extends CallableDefinition>(definition: D): D {
  if (definition.kind === "source") return internSource(definition).definition as D;
  const key = keyOf(definition);
  const before = others.get(key);
  if (before !== undefined) return before as D;
  others.set(key, definition);
  noteAdded(key.length);
  return definition;
}

/** The same for a source. */
function internSource(definition: SourceDefinition): InternedSource {
  const { name, source } = definition;
  const before = internedSource(name, source);
  if (before !== undefined) return before;
  const interned = new InternedSource(definition);
  const named = sources.get(source);
  if (named === undefined) sources.set(source, new Map([[name, interned]]));
  else named.set(name, interned);
  noteAdded(name.length + source.length);
  return interned;
}

/** A source that was interned before. */
export function internedSource(name: string, source: string): InternedSource | undefined {
  return sources.get(source)?.get(name);
}

/** Whether any source of this text was interned before. */
export function hasText(source: string): boolean {
  return sources.has(source);
}

function noteAdded(length: number): void {
  count += 1;
  characters += length;
  if (count > MOST_DEFINITIONS || characters > MOST_CHARACTERS) forgetOldest();
}

/** Forgets the half that was interned first, of both kinds. */
function forgetOldest(): void {
  for (const key of oldestHalf(others)) {
    others.delete(key);
    count -= 1;
    characters -= key.length;
  }
  for (const source of oldestHalf(sources)) {
    for (const name of sources.get(source)?.keys() ?? []) {
      count -= 1;
      characters -= name.length + source.length;
    }
    sources.delete(source);
  }
}

function oldestHalf(map: ReadonlyMap<string, unknown>): string[] {
  return [...map.keys()].slice(0, Math.ceil(map.size / 2));
}

function keyOf(definition: CallableDefinition): string {
  switch (definition.kind) {
    case "source":
      return `source\n${definition.name}\n${definition.source}`;
    case "runner":
      return `runner\n${definition.name}\n${definition.functions.map(keyOf).join("\n\n")}`;
    case "local":
      return `local\n${definition.number}`;
    case "evaluating":
      return `evaluating\n${definition.name}\n${definition.url}\n${definition.source}`;
    case "export": {
      const { name, url, bundled = "", path = [], fingerprint = "" } = definition;
      return `export\n${JSON.stringify([name, ...path])}\n${url}\n${bundled}\n${fingerprint}`;
    }
  }
}
