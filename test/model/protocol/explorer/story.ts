/** A path through a model, told step by step: which thread does what, and what changes by it. */
import type { Graph } from "./explore.ts";
import type { Model } from "./model.ts";

/** @returns one line a step: `worker 1: reads head            head 0 → 7` */
export function storyOf(model: Model, graph: Graph, path: readonly number[]): string[] {
  return path.slice(1).map((target, i) => tell(model, graph, path[i] as number, target));
}

function tell(model: Model, { states, packing }: Graph, from: number, to: number): string {
  const wanted = new Uint8Array(model.layout.size);
  packing.unpack(states.at(to), wanted);
  packing.unpack(states.at(from), model.bytesBefore);
  model.bytes.set(model.bytesBefore);
  for (const move of model.moves) {
    const said = `${move.actor}: ${move.name()}`;
    if (!move.make()) continue;
    if (wanted.every((value, field) => model.bytes[field] === value)) {
      return `${said.padEnd(56)} ${changes(model)}`.trimEnd();
    }
    model.bytes.set(model.bytesBefore);
  }
  throw new Error(`No move leads from one state of a path to the next: from=${from} to=${to}`);
}

/** What differs between the state before and the current state, except for the steps of the threads. */
function changes({ layout, bytes, bytesBefore }: Model): string {
  return layout.names
    .flatMap((name, field) =>
      bytes[field] === bytesBefore[field] || name.endsWith(".at")
        ? []
        : [`${name} ${bytesBefore[field]}→${bytes[field]}`],
    )
    .join(", ");
}
