import { echo } from "./tasks.ts";

declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<{ id: number; value: number }>): void => {
  self.postMessage({ id: data.id, value: echo(data.value) });
};
