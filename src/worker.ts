/** ringpool/worker: for code that runs inside a worker. */
export { taskContext } from "./task-context.ts";
export type { TaskContext } from "./task-context.ts";
