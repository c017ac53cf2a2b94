import { describe } from "bun:test";
import { registerClass } from "../../src/index.ts";
import { testMisuses, untyped } from "../misuse.ts";

/** A class without a name. */
function nameless(): unknown {
  return class {
    readonly x = 1;
  };
}

describe("registerClass", () => {
  const register = (...args: unknown[]): void =>
    untyped<(...all: unknown[]) => void>(registerClass)(...args);
  class Taken {
    readonly x = 1;
  }
  class Other {
    readonly x = 1;
  }
  registerClass(Taken, { name: "badInput.Taken" });
  testMisuses([
    ["of nothing", () => register(), TypeError, /takes a class.*: class=undefined$/],
    ["of null", () => register(null), TypeError, /takes a class.*: class=null$/],
    [
      "of an instance",
      () => register(new Taken()),
      TypeError,
      /not an instance.*: class=an instance of Taken$/,
    ],
    ["of a name", () => register("Taken"), TypeError, /takes a class.*: class="Taken"$/],
    ["of an arrow function", () => register(() => 1), TypeError, /takes a class/],
    ["of a class without a name", () => register(nameless()), TypeError, /needs a name/],
    [
      "with an empty name",
      () => register(Other, { name: "" }),
      TypeError,
      /needs a name.*: name=""$/,
    ],
    [
      "with a number for a name",
      () => register(Other, { name: 5 }),
      TypeError,
      /needs a name.*: name=5$/,
    ],
    [
      "with a name instead of options",
      () => register(Other, "Other"),
      TypeError,
      /which may have name: options="Other"$/,
    ],
    ["with null for options", () => register(Other, null), TypeError, /: options=null$/],
    [
      "with an option that there is not",
      () => register(Other, { nam: "Other" }),
      TypeError,
      /knows name: option=nam$/,
    ],
    [
      "with the name of another class",
      () => register(Other, { name: "badInput.Taken" }),
      TypeError,
      /Another class.*name=badInput\.Taken$/,
    ],
    [
      "a second time, by another name",
      () => register(Taken, { name: "badInput.Again" }),
      TypeError,
      /register it once.*registered=badInput\.Taken/,
    ],
    ["of Object", () => register(Object), TypeError, /cross as they are.*name=Object$/],
    ["of Error", () => register(Error), TypeError, /cross as they are.*name=Error$/],
    ["of Map", () => register(Map), TypeError, /hold the built-in object in a property/],
    [
      "of a class that extends Map",
      () => register(class Extended extends Map {}),
      TypeError,
      /in a property instead of extending it.*name=Extended$/,
    ],
    [
      "of a class that extends Promise",
      () => register(class Later extends Promise<void> {}),
      TypeError,
      /name=Later$/,
    ],
  ]);
});
