/** The worker of the control: answers the first message, and waits for its end. */
declare const self: { postMessage(message: unknown): void };

globalThis.addEventListener("message", () => self.postMessage("here"));
