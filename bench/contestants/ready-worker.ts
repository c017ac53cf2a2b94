/** A bare worker that says that it is there. */
declare const self: Worker;

self.postMessage("ready");
