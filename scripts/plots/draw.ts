/** Chooses the kind of plot for a result, if there is one. */
import type { Result } from "../../bench/result.ts";
import { drawBars } from "./bars.ts";
import { drawScaling, drawSpeedUp } from "./by-case.ts";
import { drawCurves } from "./curves.ts";

export function draw(result: Result): string | undefined {
  if (result.name === "grain") return drawSpeedUp(result);
  if (result.name === "workers") return drawScaling(result);
  return drawCurves(result) ?? drawBars(result);
}
