import { ThreadPoolError } from "../../errors.ts";
import { Blob, URL, bunFile, bunFileURLToPath, bunPathToFileURL } from "../../runtime/index.ts";
import { embeddedWorker } from "./embedded-worker.ts";

/** The script of a worker, as seen from this file: beside the source that you read, or in a built package. */
const WORKER_SCRIPT = import.meta.path.endsWith("worker-script.ts")
  ? "../../worker/main.ts"
  : "./worker-main.cjs";

let embeddedURL: string | undefined;

/**
 * The URL to start a worker with.
 *
 * A bundler moves this code into a file of the program. There is no script beside that file, so the worker is started
 * from the text of its code, which travels in this code.
 *
 * @throws ThreadPoolError when the package is installed in part
 */
export function workerScriptURL(): string {
  if (embeddedURL !== undefined) return embeddedURL;
  const text = embeddedWorker();
  if (text === undefined) {
    const url = new URL(WORKER_SCRIPT, bunPathToFileURL(import.meta.path));
    if (bunFile(bunFileURLToPath(url)).size > 0) return url.href;
    throw new ThreadPoolError(
      `The worker's script is missing beside ringpool's own code; install ringpool again: file=${bunFileURLToPath(url)}`,
    );
  }
  return (embeddedURL = URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
}
