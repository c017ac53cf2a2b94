/** The worker of the control: it answers the first message, and then waits until it is terminated. */
declare const self: { postMessage(message: unknown): void };

globalThis.addEventListener("message", () => self.postMessage("here"));
