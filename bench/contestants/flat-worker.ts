import type { FlatReply } from "./flat-pool.ts";
import * as tasks from "./tasks.ts";

declare const self: Worker;

const callables = { ...tasks };
const task = callables[process.argv[2] as keyof typeof callables] as (value: unknown) => unknown;

self.addEventListener(
  "message",
  ({ data: [id, value] }: MessageEvent<readonly [id: number, value: unknown]>) => {
    try {
      self.postMessage([id, task(value)] satisfies FlatReply);
    } catch (error) {
      self.postMessage([id, undefined, error] satisfies FlatReply);
    }
  },
);
