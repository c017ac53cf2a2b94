import * as tasks from "./tasks.ts";

declare const self: Worker;

const callables = { ...tasks };

/** A request of `PostMessagePool`. */
interface Message {
  readonly id: number;
  readonly name: keyof typeof callables;
  readonly args: readonly unknown[];
}

self.addEventListener("message", ({ data: { id, name, args } }: MessageEvent<Message>) => {
  try {
    const callable = callables[name] as (...args: readonly unknown[]) => unknown;
    self.postMessage({ id, result: callable(...args) });
  } catch (error) {
    self.postMessage({ id, error });
  }
});
