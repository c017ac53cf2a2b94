/** A worker of `FlatPool` that runs the search of the example server. */
import { nearestProduct } from "../../examples/server/nearest-product.ts";
import type { FlatReply } from "./flat-pool.ts";

declare const self: Worker;

self.addEventListener(
  "message",
  ({ data: [id, query] }: MessageEvent<readonly [id: number, query: string]>) => {
    self.postMessage([id, nearestProduct(query)] satisfies FlatReply);
  },
);
