import { makeRequests } from "../../src/index.ts";
import type { ExcInfo, WorkRequest } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import { add, addLater, greet, move, now } from "./tasks.ts";

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
  // @ts-expect-error: a list alone would be the first argument
  makeRequests(add, [[1, 2]]);
  // @ts-expect-error: a callable without parameters takes none
  makeRequests(now, [1]);
  // @ts-expect-error: no list
  makeRequests(greet, 5);
  // @ts-expect-error: the result is a string
  makeRequests(greet, ["Ada"], (_, result: number) => void result);
  // @ts-expect-error: the excInfo is a tuple
  makeRequests(greet, ["Ada"], null, (_, error: Error) => void error);
  // @ts-expect-error: no callable
  makeRequests("greet", ["Ada"]);
}
