/** A bare worker that says that it is there, and stays. */
declare const self: Worker;

self.addEventListener("message", () => {});
self.postMessage("ready");
