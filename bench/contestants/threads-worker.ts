// @ts-expect-error -- the package has types, but its "exports" do not lead to them
import { expose } from "threads/worker";
import * as tasks from "./tasks.ts";

expose({ ...tasks });
