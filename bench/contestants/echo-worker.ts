/** A worker without a pool. */
declare const self: Worker;

self.addEventListener("message", ({ data }: MessageEvent<unknown>) => self.postMessage(data));
