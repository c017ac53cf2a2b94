import { runAsWorker } from "synckit";
import { echo } from "./tasks.ts";

runAsWorker(echo);
