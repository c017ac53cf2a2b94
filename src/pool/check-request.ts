import { inspect } from "node:util";
import { ThreadPoolError } from "../errors.ts";
import { hintForRequest } from "./hints.ts";
import { WorkRequest } from "./request/work-request.ts";

/**
 * Checks what is given to `putRequest`.
 *
 * @throws TypeError when it is no request
 * @throws ThreadPoolError when it is a request that has failed before
 */
export function checkRequest(request: unknown): asserts request is WorkRequest {
  if (!(request instanceof WorkRequest)) {
    throw new TypeError(
      `putRequest takes a WorkRequest, ${hintForRequest(request)}: request=${inspect(request)}`,
    );
  }
  if (request.exception) {
    throw new ThreadPoolError(
      `This request has failed; make a new one to try again: request=${String(request)}`,
    );
  }
}
