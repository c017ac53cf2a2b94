import type { RequestID, WorkRequest } from "../index.ts";
import type { CallSite } from "../pool/request/call-site.ts";
import { excInfoOf } from "../pool/request/exc-info.ts";
import { defineValue, Error, reportError } from "../runtime/index.ts";
import type { SentRequest } from "./messages.ts";
import type { ClusterTraceCarrier } from "./trace.ts";
import type { SentValue } from "./values.ts";

/** Where a failure happened. */
export interface FailurePlace {
  readonly machine: string;
  readonly attempt: number;
}

/** What travels with a request beside its arguments. */
export interface RequestLimits {
  readonly priority: number;
  readonly timeoutMs?: number | undefined;
  readonly retries?: number | undefined;
  /** The most requests of its chunk, when the program has chosen it. */
  readonly chunkSize?: number | undefined;
}

/** What a request is made of. */
export interface PendingParts {
  readonly id: number;
  readonly callable: string;
  readonly requestID: RequestID | undefined;
  readonly args: SentValue;
  /** What it takes in a job. */
  readonly bytes: number;
  readonly limits: RequestLimits;
  readonly trace?: ClusterTraceCarrier | undefined;
  /** The place in the program that has put the request. */
  readonly site: CallSite;
}

/** Who is told of the end of a request. */
export interface Recipient {
  succeeded: (value: unknown) => void;
  failed: (error: unknown) => void;
  /** Undefined when nobody wants what the callable reports. */
  readonly reported?: ((value: unknown) => void) | undefined;
}

/**
 * A request that was put and has no outcome.
 *
 * ```
 * buffered ──in a chunk──▶ sent ──a result arrives, or it is cancelled──▶ settled
 *     └──────cancelled──────────────────────────────────────────────────────▲
 * ```
 */
export class Pending {
  readonly id: number;
  readonly callable: string;
  readonly requestID: RequestID | undefined;
  /** What it takes in a job. */
  readonly bytes: number;
  readonly limits: RequestLimits;
  readonly #args: SentValue;
  readonly #trace: ClusterTraceCarrier | undefined;
  readonly #recipient: Recipient;
  readonly #site: CallSite;
  state: "buffered" | "sent" | "settled" = "buffered";
  /** Whether it travels alone, because a chunk with it was lost too often. */
  isAlone = false;

  constructor(parts: PendingParts, recipient: Recipient) {
    this.id = parts.id;
    this.callable = parts.callable;
    this.requestID = parts.requestID;
    this.bytes = parts.bytes;
    this.limits = parts.limits;
    this.#args = parts.args;
    this.#trace = parts.trace;
    this.#site = parts.site;
    this.#recipient = recipient;
  }

  /** The request as it stands in a job. */
  toMessage(): SentRequest {
    const { requestID, limits } = this;
    // JSON has no NaN.
    const isReadable = typeof requestID === "string" || Number.isFinite(requestID);
    return {
      id: this.id,
      callable: this.callable,
      ...this.#args,
      ...(isReadable ? { requestID: requestID as string | number } : {}),
      ...(limits.timeoutMs === undefined ? {} : { timeoutMs: limits.timeoutMs }),
      ...(limits.retries === undefined ? {} : { retries: limits.retries }),
      ...(this.#recipient.reported === undefined ? {} : { wantsProgress: true }),
      ...(this.#trace === undefined ? {} : { trace: this.#trace }),
    };
  }

  succeed(value: unknown): void {
    deliver(() => this.#recipient.succeeded(value));
  }

  /** @param place where the callable has failed; undefined when it did not run */
  fail(error: unknown, place?: FailurePlace): void {
    if (place !== undefined) note(error, place);
    this.#site.appendTo(error);
    deliver(() => this.#recipient.failed(error));
  }

  report(value: unknown): void {
    deliver(() => this.#recipient.reported?.(value));
  }
}

/** Calls the callbacks of a request as the local pool does. */
export function recipientOf(request: WorkRequest): Recipient {
  const { callback, excCallback } = request;
  return {
    succeeded: (value) => callback?.(request, value),
    failed(error) {
      request.exception = true;
      const excInfo = excInfoOf(error);
      // As with the local pool: without an exception callback the result callback gets the failure.
      if (excCallback !== undefined) excCallback(request, excInfo);
      else callback?.(request, excInfo);
    },
  };
}

/** What a callback throws is an uncaught exception, as with the local pool. No other request suffers. */
function deliver(call: () => void): void {
  try {
    call();
  } catch (error) {
    reportError(error);
  }
}

/** Gives an error the place where it happened. */
function note(error: unknown, { machine, attempt }: FailurePlace): void {
  if (!(error instanceof Error)) return;
  try {
    defineValue(error, "machine", machine);
    defineValue(error, "attempt", attempt);
  } catch {
    // It is frozen.
  }
}
