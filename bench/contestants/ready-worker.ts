/** A bare worker that reports that it has started, and stays alive. */
declare const self: Worker;

self.addEventListener("message", () => {});
self.postMessage("ready");
