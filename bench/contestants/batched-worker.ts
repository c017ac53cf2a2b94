import type { BatchReply } from "./batched-pool.ts";
import * as tasks from "./tasks.ts";

declare const self: Worker;

const callables = { ...tasks };
const task = callables[process.argv[2] as keyof typeof callables] as (value: unknown) => unknown;

self.addEventListener(
  "message",
  ({ data: [id, values] }: MessageEvent<readonly [number, readonly unknown[]]>) => {
    const results = new Array<unknown>(values.length);
    let failures: [number, unknown][] | undefined;
    for (let i = 0; i < values.length; i++) {
      try {
        results[i] = task(values[i]);
      } catch (error) {
        (failures ??= []).push([i, error]);
      }
    }
    const reply: BatchReply = failures === undefined ? [id, results] : [id, results, failures];
    try {
      self.postMessage(reply);
    } catch (error) {
      // One result that cannot cross fails the whole batch.
      self.postMessage([id, [], results.map((_, i) => [i, error] as const)] satisfies BatchReply);
    }
  },
);
