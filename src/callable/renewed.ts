import type { CallableDefinition, LoadableDefinition } from "./definition.ts";

/**
 * The definition for workers that start after the program was loaded again (`bun --hot`): an exported function is what its module
 * exports now, under the same name. A function that was sent as source stays what it was, and so
 * does one of this very thread.
 */
export function renewed(definition: CallableDefinition): CallableDefinition {
  if (definition.kind !== "runner") return renewedFunction(definition);
  return { ...definition, functions: definition.functions.map(renewedFunction) };
}

/** The same for a function. */
export function renewedFunction(definition: LoadableDefinition): LoadableDefinition {
  switch (definition.kind) {
    case "source":
    case "local":
      return definition;
    case "evaluating":
      return { ...definition, isRenewed: true };
    case "export": {
      const { fingerprint: _, ...place } = definition;
      return place;
    }
  }
}
