import { fromModule, makeRequests } from "../../src/index.ts";
import type { ExcInfo, WorkRequest } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import {
  add,
  addLater,
  firstOf,
  greet,
  identity,
  inList,
  move,
  norm,
  now,
  pairOf,
  scaled,
  sum,
} from "./tasks.ts";

declare const url: URL;

export function items(): void {
  exactly<WorkRequest<typeof greet>[]>()(makeRequests(greet, ["Ada", "Grace"]));
  makeRequests(greet, [["Ada", "Good morning"], {}].slice(0, 0) as string[]);
  makeRequests(greet, new Set(["Ada"]));
  makeRequests(greet, ["Ada"].values());
  makeRequests(greet, []);
  makeRequests(add, [
    [[1, 2], {}],
    [[3, 4], {}],
  ]);
  makeRequests(move, [{ x: 1, y: 2 }, [[{ x: 1, y: 2 }], { dx: 3 }]]);
  makeRequests((point: [number, number]) => point[0], [[1, 2]]);
  makeRequests(sum, [1, [[2, 3], {}]]);
}

/** The parameters of a callable with a fixed number of them, two or more. */
export function lists(): void {
  makeRequests(
    add,
    [
      [1, 2],
      [3, 4],
    ],
    (_, result) => exactly<number>()(result),
  );
  makeRequests(addLater, [[1, 2]], (_, result) => exactly<number>()(result));
  makeRequests(add, [[1, 2] as const, [[3, 4], {}]]);
  makeRequests(pairOf, [[1, "one"]]);
}

export function generics(): void {
  makeRequests(identity, [1, 2], (_, result) => exactly<number>()(result));
  makeRequests(identity, ["a"], (request, result) => {
    exactly<string>()(result);
    exactly<string | number | bigint | symbol>()(request.requestID);
  });
  makeRequests(identity, [[1, 2]], (_, result) => exactly<unknown>()(result));
  makeRequests(firstOf, [[[[1, 2]], {}]]);
}

export function callbacks(): void {
  makeRequests(greet, ["Ada"], (request, result) => {
    exactly<WorkRequest<typeof greet>>()(request);
    exactly<string>()(result);
  });
  makeRequests(
    addLater,
    [[[1, 2], {}]],
    (_, result) => exactly<number>()(result),
    (request, excInfo) => {
      exactly<WorkRequest<typeof addLater>>()(request);
      exactly<ExcInfo>()(excInfo);
    },
  );
  makeRequests(greet, ["Ada"], null, null);
  makeRequests(greet, ["Ada"], undefined, undefined);
}

export function wrong(): void {
  // @ts-expect-error: an item of another type
  makeRequests(greet, [1]);
  // @ts-expect-error: an argument of another type in a pair
  makeRequests(add, [[[1, "2"], {}]]);
  // @ts-expect-error: one argument too many in a pair
  makeRequests(add, [[[1, 2, 3], {}]]);
  // @ts-expect-error: a callable without parameters takes none
  makeRequests(now, [1]);
  // @ts-expect-error: one argument of two
  makeRequests(add, [1, 2]);
  // @ts-expect-error: one argument of two, of a named function
  makeRequests(fromModule<typeof import("./tasks.ts")>(url).add, [1, 2]);
  // @ts-expect-error: a pair with one argument of two
  makeRequests(add, [[[1], {}]]);
  // @ts-expect-error: three arguments for two parameters
  makeRequests(add, [[1, 2, 3]]);
  // @ts-expect-error: of another type
  makeRequests(add, [[1, "2"]]);
  // @ts-expect-error: nobody knows here how many parameters a named function has
  makeRequests(fromModule<typeof import("./tasks.ts")>(url).add, [[1, 2]]);
  // @ts-expect-error: a point, or a point and a scale
  makeRequests(norm, [[1, 2]]);
  // @ts-expect-error: a name, or a name and a greeting
  makeRequests(greet, [["Ada", "Good morning"]]);
  // @ts-expect-error: a list and options, or a pair of arguments and keywords
  makeRequests(inList, [[[1, 2], { from: 1 }]]);
  // @ts-expect-error: a rest parameter has no number of arguments
  makeRequests(sum, [[1, 2]]);
  // @ts-expect-error: it needs an object
  makeRequests(scaled, [1]);
  // @ts-expect-error: no list
  makeRequests(greet, 5);
  // @ts-expect-error: the result is a string
  makeRequests(greet, ["Ada"], (_, result: number) => void result);
  // @ts-expect-error: the excInfo is a tuple
  makeRequests(greet, ["Ada"], null, (_, error: Error) => void error);
  // @ts-expect-error: no callable
  makeRequests("greet", ["Ada"]);
}
