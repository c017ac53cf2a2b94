/*
 * What to write instead, for the mistakes that people make when they first use the pool. The messages that contain these
 * hints end with the value, as all of them do.
 */
import { describeValue } from "../../runtime/index.ts";

/** What `putRequest` was given in place of a request. */
export function hintForRequest(value: unknown): string {
  if (typeof value === "function") {
    const name = nameOf(value);
    return `see makeRequests; write putRequest(new WorkRequest(${name}, [1, 2])), or run(${name}, [1, 2]) for a promise of the result`;
  }
  if (Array.isArray(value))
    return "see makeRequests; write for (const request of requests) pool.putRequest(request)";
  return "see makeRequests";
}

/** What stands in place of the array of arguments. */
export function hintForArgs(callable: unknown, call: "run" | "new WorkRequest"): string {
  return `write ${call}(${nameOf(callable)}, [1, 2])`;
}

/** The end of a message about what stands in place of an options object. */
export function hintForOptions(options: unknown): string | undefined {
  if (typeof options === "function")
    return "run and runSync return the result, and callbacks are for new WorkRequest(callable, args, {}, { callback })";
  if (typeof options === "number")
    return "a limit in milliseconds is one of them: { timeoutMs: 1000 }";
  return undefined;
}

/** The name of a callable, for an example of a call. */
function nameOf(callable: unknown): string {
  if (typeof callable !== "function") return "add";
  const text = describeValue(callable);
  return /^[\w$]+$/.test(text) ? text : "add";
}
