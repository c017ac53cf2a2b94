/**
 * The script of a worker in the built package, where all that a worker starts with is one file: see `main.ts`, which loads
 * it in parts, and can tell when one of them fails.
 */
import { listen } from "./listening.ts";
import { receive } from "./start.ts";

listen(receive);
