// oxlint-disable typescript/unbound-method, no-extra-bind -- methods taken from their objects are what is tested
import { describe, expect, mock, test } from "bun:test";
import { describeCallable } from "../../src/callable/index.ts";
import type { Callable } from "../../src/callable/index.ts";
import { CallableError } from "../../src/errors.ts";
import { AClass } from "./fixtures/exports.ts";

class Parent {
  greet(): string {
    return "hello";
  }
}
class Child extends Parent {
  #secret = 1;
  size = 2;
  get accessor(): number {
    return 1;
  }
  override greet(): string {
    return super.greet();
  }
  count(step: number = 1): number {
    return [1].map((n) => n * step + this.size).length;
  }
  reveal(): number {
    return this.#secret;
  }
}

function arrowWithOuterArguments(): Callable {
  return () => arguments.length;
}
function arrowWithNewTarget(): Callable {
  return () => new.target;
}
const computedName = "computed";
const getter = Object.getOwnPropertyDescriptor(Child.prototype, "accessor")?.get;

const refused: [string, unknown, RegExp][] = [
  [
    "a native function",
    Math.max,
    /native or bound.*pass a function that calls it, such as \(\.\.\.args\) => Math\.max\(\.\.\.args\)\. callable=max$/,
  ],
  [
    "a native method",
    Map.prototype.get,
    /native or bound.*export a function from a module that calls it\. callable=get$/,
  ],
  [
    "a bound function",
    ((value: number) => value).bind(null),
    /bound function.*export a function from a module that calls it\. callable=bound /,
  ],
  ["a native constructor", Map, /native class.*constructs it\. callable=Map$/],
  ["a mock", mock(), /mock keeps its record.*the function that it stands for.* callable=/],
  ["a mock with an implementation", mock((n: number) => n), /mock keeps its record.* callable=/],
  [
    "a method that reads its object",
    {
      factor: 3,
      times(n: number) {
        return this.factor * n;
      },
    }.times,
    /object that it is called on.*export a function.* callable=times$/,
  ],
  [
    "a method of a class that reads its object",
    Child.prototype.count,
    /object that it is called on.*export a function.* callable=count$/,
  ],
  [
    "a function that takes its object apart",
    async function (this: { size: number }) {
      const { size } = this;
      return size;
    },
    /object that it is called on.* callable=/,
  ],
  ["a class", Child, /export a function that constructs it.* callable=Child$/],
  ["an exported class", AClass, /export a function that constructs it.* callable=AClass$/],
  ["a Proxy", new Proxy(() => 1, {}), /A Proxy has no source.* callable=/],
  ["a getter", getter, /getter or setter.* callable=get accessor$/],
  [
    "a method that uses super",
    Child.prototype.greet,
    /super is not valid.*Export it.* callable=greet$/,
  ],
  [
    "a method that uses a private name",
    Child.prototype.reveal,
    /private names.*Export it.* callable=reveal$/,
  ],
  [
    "a method with a computed name",
    { [computedName]() {} }[computedName],
    /Export it.* callable=computed$/,
  ],
  [
    "an arrow function with outer arguments",
    arrowWithOuterArguments(),
    /'arguments'.* callable=\(anonymous\)$/,
  ],
  [
    "an arrow function with an outer new.target",
    arrowWithNewTarget(),
    /new\.target.* callable=\(anonymous\)$/,
  ],
  [
    "a function that uses import.meta",
    () => import.meta.dirname,
    /import\.meta.*Export it.* callable=/,
  ],
  [
    "a function with a relative import",
    () => import("./fixtures/exports.ts"),
    /relative import.*Export it.* callable=/,
  ],
  ["undefined", undefined, /must be a function.* callable=undefined$/],
  ["null", null, /must be a function.* callable=null$/],
  ["a string", "./tasks.ts", /must be a function.* callable="\.\/tasks\.ts"$/],
  [
    "an object",
    { url: "file:///a.ts", name: "task" },
    /fromModule\(\).* callable=an instance of Object$/,
  ],
  ["a symbol", Symbol("task"), /must be a function.* callable=Symbol\(task\)$/],
];

describe("an inline function", () => {
  test("is described by its name and its source", () => {
    const double = (value: number): number => value * 2;
    expect(describeCallable(double)).toEqual({
      kind: "source",
      name: "double",
      source: double.toString(),
    });
  });

  test("has one definition in all rounds of a loop, where it is a new function each time", () => {
    const definitions = new Set([1, 2, 3].map(() => describeCallable(() => "written in a loop")));
    expect(definitions.size).toBe(1);
  });

  test("is not taken for an export that has the same name", () => {
    const declared = (): string => "an impostor";
    expect(describeCallable(declared).kind).toBe("source");
  });
});

describe("a callable that no worker could call", () => {
  test.each(refused)(
    "is refused, and the message says what to do: %s",
    (_title, callable, message) => {
      const attempt = (): unknown => describeCallable(callable as Callable);
      expect(attempt).toThrow(CallableError);
      expect(attempt).toThrow(message);
    },
  );

  test("is refused each time", () => {
    for (const _ of [1, 2]) expect(() => describeCallable(Math.min)).toThrow(CallableError);
  });

  test("keeps the compiler's error as the cause", () => {
    try {
      describeCallable(Child.prototype.greet);
      expect.unreachable();
    } catch (error) {
      expect((error as Error).cause).toBeInstanceOf(SyntaxError);
    }
  });

  test("is told from a function that only has the same words in its text", () => {
    const words = {
      get: () => "get => 1",
      set() {
        return "super import.meta arguments [native code]";
      },
      ownArguments(...values: number[]) {
        return (() => arguments.length + values.length)();
      },
    };
    for (const callable of Object.values(words))
      expect(describeCallable(callable).kind).toBe("source");
  });
});
