/** Moves each ArrayBuffer back. */
declare const self: Worker;

self.addEventListener("message", ({ data }: MessageEvent<ArrayBuffer>) => {
  self.postMessage(data, [data]);
});
