import { answering } from "./answering.ts";
import type { Contestant } from "./contestant.ts";

/** It has one pool a process, so that two cannot run at a time. */
export const multithreading: Contestant = {
  name: "multithreading",
  async start(workers) {
    const { initRuntime, move, shutdown, spawn } = await import("multithreading");
    initRuntime({ maxWorkers: workers });
    return answering(
      {
        async run(task, value) {
          // In an object, since bytes given to move() as they are would be taken from the caller.
          const result = await spawn(move({ task, value }), async (request) => {
            const tasks = await import("./tasks.ts");
            return (tasks[request.task] as (value: unknown) => unknown)(request.value);
          }).join();
          if (!result.ok) throw result.error;
          return result.value;
        },
        stop: shutdown,
      },
      workers,
    );
  },
};
