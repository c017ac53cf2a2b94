import { describe, expect, test } from "bun:test";
import { registerClass } from "../../src/codec/index.ts";
import { Decoder } from "../../src/codec/objects.ts";
import { PayloadError } from "../../src/errors.ts";
import { testMisuses, untyped } from "../misuse.ts";
import { expectSame } from "./deep-equal.ts";
import { encodedOf, refusalOf, roundTrip } from "./round-trip.ts";

class Point {
  static made = 0;
  x: number;
  y: number;
  constructor(x: number, y: number) {
    Point.made++;
    this.x = x;
    this.y = y;
  }
  get length(): number {
    return Math.hypot(this.x, this.y);
  }
}

class Point3 extends Point {
  z: number = 0;
}

class Guarded {
  set trap(_: unknown) {
    throw new Error("A setter of the class was called.");
  }
}
Object.defineProperty(Guarded.prototype, "fixed", { value: 1, writable: false });

registerClass(Point);
registerClass(Guarded);

describe("instances of registered classes", () => {
  test("arrive as instances, and their constructor is not called", () => {
    const value = [new Point(3, 4), new Point(0, -0)];
    const made = Point.made;
    const received = roundTrip(value);
    expectSame(received, value);
    expect(received[0]!.length).toBe(5);
    expect(Point.made).toBe(made);
  });

  test("may be shared, in cycles, and hold each other", () => {
    const point = new Point(1, 2);
    Object.assign(point, { self: [point, new Map([[point, point]])] });
    expectSame(roundTrip(point), point);
  });

  test("arrive without calling a setter of their class, and may have an own property where the class has a read-only one", () => {
    const value = new Guarded();
    for (const key of ["trap", "fixed", "__proto__"]) {
      Object.defineProperty(value, key, {
        value: key,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    const received = roundTrip(value);
    expectSame(received, value);
    expect(Object.values(received)).toEqual(["trap", "fixed", "__proto__"]);
  });

  test("of a subclass that is not registered itself are refused", () => {
    const refusal = refusalOf({ p: new Point3(1, 2) });
    expect(refusal.path).toBe("args.p");
    expect(refusal.message).toContain(
      'an instance of Point3, a class that is not registered; pass foreign: "plain"',
    );
    registerClass(Point3);
    expectSame(roundTrip(new Point3(1, 2)), new Point3(1, 2));
  });

  test("whose class is unknown in the receiving thread give an error that says what to do", () => {
    class OnlyHere {
      a: number = 1;
    }
    registerClass(OnlyHere, { name: "OnlyHere" });
    const encoded = encodedOf(new OnlyHere());
    encoded.set(Buffer.from("OnlyFar."), Buffer.from(encoded).indexOf("OnlyHere"));
    expect(() => new Decoder().decode(encoded, 0, encoded.length)).toThrow(PayloadError);
    expect(() => new Decoder().decode(encoded, 0, encoded.length)).toThrow(
      /registerClass.*holds the callable.*class=OnlyFar\./,
    );
  });
});

describe("registerClass", () => {
  test("accepts a name of any characters, and the same class again", () => {
    class Named {
      id = 1;
    }
    registerClass(Named, { name: "クラス" });
    registerClass(Named, { name: "クラス" });
    expect(roundTrip(new Named())).toBeInstanceOf(Named);
  });

  test("refuses built-in classes, and their subclasses that keep more than properties", () => {
    const classes = [
      Object,
      Map,
      Promise,
      Error,
      TypeError,
      Buffer,
      URL,
      class MyMap extends Map {},
      class MyArray extends Array {},
    ];
    for (const BuiltIn of classes) expect(() => registerClass(BuiltIn as never)).toThrow(TypeError);
    expect(refusalOf(new Map([["k", new (class MyMap extends Map {})()]])).path).toBe(
      'args.get("k")',
    );
  });
});

/** A class without a name. */
function nameless(): unknown {
  return class {
    readonly x = 1;
  };
}

describe("registerClass refuses a registration", () => {
  const register = (...args: unknown[]): void =>
    untyped<(...all: unknown[]) => void>(registerClass)(...args);
  class Taken {
    readonly x = 1;
  }
  class Other {
    readonly x = 1;
  }
  registerClass(Taken, { name: "classes.Taken" });
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
      /may have name, encode, decode: options="Other"$/,
    ],
    ["with null for options", () => register(Other, null), TypeError, /: options=null$/],
    [
      "with an unknown option",
      () => register(Other, { nam: "Other" }),
      TypeError,
      /knows name, encode, decode: option=nam$/,
    ],
    [
      "with the name of another class",
      () => register(Other, { name: "classes.Taken" }),
      TypeError,
      /Another class.*name=classes\.Taken$/,
    ],
    [
      "a second time, by another name",
      () => register(Taken, { name: "classes.Again" }),
      TypeError,
      /register it once.*registered=classes\.Taken/,
    ],
    [
      "with encode alone",
      () => register(Other, { encode: () => 1 }),
      TypeError,
      /belong together; pass both: encode=encode decode=undefined$/,
    ],
    [
      "with decode alone",
      () => register(Other, { decode: () => 1 }),
      TypeError,
      /belong together.* decode=decode$/,
    ],
    [
      "with an encode that is no function",
      () => register(Other, { encode: "toJSON", decode: () => 1 }),
      TypeError,
      /^encode is a function: encode="toJSON"$/,
    ],
    [
      "with encode, of a class that is registered without",
      () => {
        class Again {
          readonly x = 1;
        }
        register(Again, { name: "badInput.Once" });
        register(Again, { name: "badInput.Once", encode: () => 1, decode: () => 1 });
      },
      TypeError,
      /once with encode and decode and once without.*name=badInput\.Once$/,
    ],
    [
      "with encode, of Map",
      () => register(Map, { encode: () => 1, decode: () => 1 }),
      TypeError,
      /cross as they are.*name=Map$/,
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
