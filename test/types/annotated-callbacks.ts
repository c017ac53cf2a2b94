/**
 * Callbacks that are written once for many callables name the type of their request: the callable's
 * type is inferred from the callable, and not from them.
 */
import { WorkRequest, makeRequests } from "../../src/index.ts";
import type { ExcInfo } from "../../src/index.ts";
import { add, greet } from "./tasks.ts";

const print = (request: WorkRequest, result: unknown): void => void [request, result];
const report = (request: WorkRequest, excInfo: ExcInfo): void => void [request, excInfo];

export function ofWorkRequest(): void {
  void new WorkRequest(add, [1, 2], {}, { callback: print });
  void new WorkRequest(add, [1, 2], {}, { excCallback: report });
}

export function ofMakeRequests(): void {
  makeRequests(greet, ["Ada"], print);
  makeRequests(greet, ["Ada"], print, report);
}
