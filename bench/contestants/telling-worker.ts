/** A bare worker that answers with its times. */
import { tellTimes } from "./tasks.ts";

declare const self: Worker;

self.addEventListener("message", () => self.postMessage(tellTimes()));
