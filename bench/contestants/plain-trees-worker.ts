/** A worker of `FlatPool` that runs the plain version of a tree of work, or a part of it. */
import type { FlatReply } from "./flat-pool.ts";
import * as trees from "./plain-trees.ts";

declare const self: Worker;

const callables: Readonly<Record<string, unknown>> = { ...trees };
const callable = callables[process.argv[2] as string] as (part: unknown) => unknown;

self.addEventListener(
  "message",
  ({ data: [id, part] }: MessageEvent<readonly [id: number, part: unknown]>) => {
    self.postMessage([id, callable(part)] satisfies FlatReply);
  },
);
