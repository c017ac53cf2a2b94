import { WeakMap } from "../../runtime/index.ts";
import { captureContext } from "../event-loop/contexts.ts";
import type { InContext } from "../event-loop/contexts.ts";
import type { PendingRequest } from "./pending-request.ts";
import { RequestTable } from "./request-table.ts";

/** The pending requests of an inline pool: it is known whose code has put each of them. */
export class InlineRequestTable extends RequestTable {
  readonly #putters = new WeakMap<PendingRequest, InContext>();

  override add(pending: PendingRequest): void {
    this.#putters.set(pending, captureContext());
    super.add(pending);
  }

  /** Asks something as the code that has put a request. */
  askPutter(pending: PendingRequest | undefined, ask: () => boolean): boolean {
    const enter = pending === undefined ? undefined : this.#putters.get(pending);
    let answer = false;
    enter?.(() => {
      answer = ask();
    });
    return answer;
  }
}
