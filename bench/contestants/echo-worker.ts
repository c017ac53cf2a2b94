/** A worker without a pool. */
declare const self: Worker;

self.onmessage = ({ data }: MessageEvent<unknown>) => self.postMessage(data);
