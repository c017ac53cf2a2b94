/** Chooses the kind of plot for a result, if there is one. */
import type { Result } from "../../bench/result.ts";
import { drawBars } from "./bars.ts";
import { drawBytes, drawCurves, drawFirstRequests, drawScaling, drawSpeedUp } from "./by-case.ts";

const KINDS: Readonly<Record<string, (result: Result) => string | undefined>> = {
  grain: drawSpeedUp,
  "map-grain": drawSpeedUp,
  workers: drawScaling,
  "first-requests": drawFirstRequests,
  bytes: drawBytes,
  "received-bytes": drawBytes,
  /** Two figures of some hundredths of a core, which a table shows as well. */
  idle: () => undefined,
  /** It has a table of its own. */
  "first-milliseconds": () => undefined,
};

export function draw(result: Result): string | undefined {
  const kind = KINDS[result.name];
  return kind === undefined ? (drawCurves(result) ?? drawBars(result)) : kind(result);
}
