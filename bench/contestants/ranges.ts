/** What `parallelFor` calls: the loops of `tasks.ts` with the arguments in its order. */
import * as tasks from "./tasks.ts";

export function scale(from: number, to: number, values: Float64Array): void {
  tasks.scaleRange([values, from, to]);
}

export function root(from: number, to: number, values: Float64Array): void {
  tasks.rootRange([values, from, to]);
}

export function sine(from: number, to: number, values: Float64Array): void {
  tasks.sineRange([values, from, to]);
}
