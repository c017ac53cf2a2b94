import type { FlatReply } from "./flat-pool.ts";
import * as tasks from "./tasks.ts";

declare const self: Worker;

const task = tasks[process.argv[2] as keyof typeof tasks] as (value: unknown) => unknown;

self.onmessage = ({ data: [id, value] }: MessageEvent<readonly [id: number, value: unknown]>) => {
  try {
    self.postMessage([id, task(value)] satisfies FlatReply);
  } catch (error) {
    self.postMessage([id, undefined, error] satisfies FlatReply);
  }
};
