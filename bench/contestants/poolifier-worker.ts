import { ThreadWorker } from "poolifier";
import type { TaskFunctions } from "poolifier";
import * as tasks from "./tasks.ts";

export const worker: ThreadWorker = new ThreadWorker({ ...tasks } as unknown as TaskFunctions);
