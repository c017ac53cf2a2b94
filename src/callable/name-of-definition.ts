import type { CallableDefinition } from "./definition.ts";

/** The name of a callable for people: that of its export, with the file's where that says more. */
export function nameOfDefinition(definition: CallableDefinition): string {
  switch (definition.kind) {
    case "runner":
      return definition.functions.map((each) => nameOfDefinition(each)).join(", ");
    case "export": {
      const { name, path = [], url } = definition;
      const file = url.slice(url.lastIndexOf("/") + 1);
      const home = name === "default" ? `default (${file})` : name;
      return [home, ...path].join(".");
    }
    default:
      return definition.name === "" ? "(anonymous)" : definition.name;
  }
}
