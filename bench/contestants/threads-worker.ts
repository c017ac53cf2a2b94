// @ts-expect-error -- it has types, but not where its "exports" lead
import { expose } from "threads/worker";
import * as tasks from "./tasks.ts";

expose({ ...tasks });
