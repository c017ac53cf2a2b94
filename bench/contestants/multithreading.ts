import { answering } from "./answering.ts";
import type { Contestant } from "./contestant.ts";

/** The library has only one pool in a process, so two pools cannot run at the same time. */
export const multithreading: Contestant = {
  name: "multithreading",
  async start(workers) {
    const { initRuntime, move, shutdown, spawn } = await import("multithreading");
    initRuntime({ maxWorkers: workers });
    return answering(
      {
        async run(task, value) {
          // The bytes stand in an object, because move() would take bytes given directly away from the caller.
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
