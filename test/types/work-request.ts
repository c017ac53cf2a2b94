import { WorkRequest } from "../../src/index.ts";
import type { Callable, ExcInfo, RequestID, ThreadPool } from "../../src/index.ts";
import { exactly } from "./exactly.ts";
import { add, addLater, greet, identity, maybe, move, now, scaled, sum } from "./tasks.ts";

/** A callback is given the request, typed by its callable, and the awaited result. */
export function callbacks(): void {
  void new WorkRequest(
    add,
    [1, 2],
    {},
    {
      callback: (request, result) => {
        exactly<WorkRequest<typeof add>>()(request);
        exactly<number>()(result);
      },
    },
  );
  void new WorkRequest(
    addLater,
    [1, 2],
    {},
    { callback: (_, result) => exactly<number>()(result) },
  );
  void new WorkRequest(now, [], {}, { callback: (_, result) => exactly<bigint>()(result) });
  void new WorkRequest(
    maybe,
    [1],
    {},
    {
      callback: (_, result) => exactly<string | null | undefined>()(result),
    },
  );
  void new WorkRequest(
    add,
    [1, 2],
    {},
    {
      excCallback: (request, excInfo) => {
        exactly<WorkRequest<typeof add>>()(request);
        exactly<ExcInfo>()(excInfo);
        const [typeName, error, traceback] = excInfo;
        exactly<string>()(typeName);
        exactly<unknown>()(error);
        exactly<string>()(traceback);
      },
    },
  );
  // Fewer parameters, wider ones, and none at all.
  void new WorkRequest(add, [1, 2], {}, { callback: () => {} });
  void new WorkRequest(add, [1, 2], {}, { callback: (_: unknown, result: unknown) => void result });
  void new WorkRequest(add, [1, 2], {}, { callback: null, excCallback: null });
  void new WorkRequest(add, [1, 2], {}, { callback: undefined, excCallback: undefined });
}

export function properties(): void {
  const request = new WorkRequest(add, [1, 2]);
  exactly<RequestID>()(request.requestID);
  exactly<boolean>()(request.exception);
  exactly<string>()(request.toString());
  exactly<string | number | bigint | symbol>()(request.requestID);
  Object.assign(request, { note: "mine" }).note.trim();
}

/** Keywords may stand for the last parameters, so fewer arguments than parameters are right. */
export function parameters(): void {
  void new WorkRequest(now);
  void new WorkRequest(add, [1, 2]);
  void new WorkRequest(greet, ["Ada"]);
  void new WorkRequest(sum, [1, 2, 3]);
  void new WorkRequest(move, [{ x: 1, y: 2 }]);
  void new WorkRequest(move, [{ x: 1, y: 2 }], { dx: 3 });
  for (const requestID of ["job", 7, 7n, Symbol("job")])
    void new WorkRequest(now, [], {}, { requestID });
}

/** A generic callable has the result that a call of it would have. */
export function generics(): void {
  void new WorkRequest(identity, [5], {}, { callback: (_, result) => exactly<number>()(result) });
}

/** A program may add methods of its own. */
class Job extends WorkRequest<typeof add> {
  readonly startedAt = Date.now();
}

export function derived(pool: ThreadPool, value: unknown): void {
  pool.putRequest(new Job(add, [1, 2]));
  if (value instanceof WorkRequest) exactly<WorkRequest>()(value);
}

/** Requests of any callable fit one list, and any pool. */
export function mixed(pool: ThreadPool): void {
  const requests: WorkRequest[] = [
    new WorkRequest(add, [1, 2], {}, { callback: (_, result) => result.toFixed() }),
    new WorkRequest(greet, ["Ada"], {}, { callback: (_, result) => result.trim() }),
    new WorkRequest<Callable>(now),
  ];
  for (const request of requests) pool.putRequest(request);
  pool.putRequest(new WorkRequest(add, [1, 2]), false);
  pool.putRequest(new WorkRequest(add, [1, 2]), true, 100);
}

export function wrong(pool: ThreadPool): void {
  // @ts-expect-error: an argument of another type
  void new WorkRequest(add, [1, "2"]);
  // @ts-expect-error: the arguments are missing
  void new WorkRequest(add);
  // @ts-expect-error: they are missing, too
  void new WorkRequest(add, []);
  // @ts-expect-error: one is missing
  void new WorkRequest(add, [1]);
  // @ts-expect-error: it is no keyword
  void new WorkRequest(add, [1], { b: 2 });
  // @ts-expect-error: a keyword of another type
  void new WorkRequest(move, [{ x: 1, y: 2 }], { dx: "3" });
  // @ts-expect-error: a keyword that there is not
  void new WorkRequest(move, [{ x: 1, y: 2 }], { dz: 3 });
  // @ts-expect-error: it needs an object
  void new WorkRequest(scaled, [1]);
  // @ts-expect-error: one argument too many
  void new WorkRequest(add, [1, 2, 3]);
  // @ts-expect-error: a callable without parameters takes none
  void new WorkRequest(now, [1]);
  // @ts-expect-error: not in an array
  void new WorkRequest(add, 1);
  // @ts-expect-error: no callable
  void new WorkRequest("add", []);
  // @ts-expect-error: keywords are an object
  void new WorkRequest(add, [1, 2], "keywords");
  // @ts-expect-error: not hashable
  void new WorkRequest(add, [1, 2], {}, { requestID: {} });
  // @ts-expect-error: not hashable
  void new WorkRequest(add, [1, 2], {}, { requestID: null });
  // @ts-expect-error: the result is a number
  void new WorkRequest(add, [1, 2], {}, { callback: (_, result: string) => void result });
  const unawaited = (_: unknown, result: Promise<number>): void => void result;
  // @ts-expect-error: the result has been awaited
  void new WorkRequest(addLater, [1, 2], {}, { callback: unawaited });
  // @ts-expect-error: the excInfo is a tuple
  void new WorkRequest(add, [1, 2], {}, { excCallback: (_, error: Error) => void error });
  // @ts-expect-error: no function
  void new WorkRequest(add, [1, 2], {}, { callback: "log" });
  // @ts-expect-error: there is no such option
  void new WorkRequest(add, [1, 2], {}, { callBack: () => {} });

  const request = new WorkRequest(add, [1, 2]);
  // @ts-expect-error: for good
  request.requestID = 8;
  // @ts-expect-error: for good
  request.args = [];
  // @ts-expect-error: no request
  pool.putRequest({ callable: add });
  // @ts-expect-error: the timeout is the third
  pool.putRequest(request, 100);
}
