import type { PutSite } from "./put-site.ts";
import type { WorkRequest } from "./work-request.ts";

export type Outcome = "pending" | "succeeded" | "failed";

/** How a request's outcome reaches whoever put it. */
export type Recipient =
  | { readonly kind: "callbacks" }
  | {
      readonly kind: "promise";
      readonly resolve: (value: never) => void;
      readonly reject: (reason: unknown) => void;
    }
  /** Somebody blocks until `outcome` is no longer pending, and takes the value himself. */
  | { readonly kind: "caller" };

export const TO_CALLBACKS: Recipient = { kind: "callbacks" };
export const TO_CALLER: Recipient = { kind: "caller" };

/** What cannot travel as bytes, kept by the parent until the worker that claims the request asks for it. */
export interface SideParts {
  readonly handles: readonly unknown[];
  readonly transferList: readonly Bun.Transferable[];
  /** All the bytes, when they are too many for the queue. */
  readonly spill: SharedArrayBuffer | undefined;
  readonly spillBytes: number;
}

/** A request that has been put and not yet settled. */
export class PendingRequest {
  readonly request: WorkRequest;
  readonly callableId: number;
  readonly recipient: Recipient;
  readonly site: PutSite;
  outcome: Outcome = "pending";
  value: unknown = undefined;
  side: SideParts | undefined = undefined;
  /** Neighbours in the list of pending requests, kept by `PendingRequests`. */
  previous: PendingRequest | undefined = undefined;
  next: PendingRequest | undefined = undefined;

  constructor(request: WorkRequest, callableId: number, recipient: Recipient, site: PutSite) {
    this.request = request;
    this.callableId = callableId;
    this.recipient = recipient;
    this.site = site;
  }
}
