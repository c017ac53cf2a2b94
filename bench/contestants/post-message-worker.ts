import { echo } from "./tasks.ts";

declare const self: Worker;

self.addEventListener("message", ({ data }: MessageEvent<{ id: number; value: number }>) => {
  self.postMessage({ id: data.id, value: echo(data.value) });
});
