import type { Child } from "./child.ts";
import type { Node } from "./node.ts";

/** Other workers, as the children of this thread see them. */
export interface Sharing {
  /** How many other workers there are, at about this moment. */
  readonly others: number;
  /** How many children are offered to other workers or run there. */
  readonly outstanding: number;
  /** Whether another worker has nothing to do, and more children should be offered. Cheap. */
  isWanted(): boolean;
  /** Offers the oldest child of a parent. Returns false when it has none, or none that can be sent. */
  tryOffer(parent: Node): boolean;
  /** Takes a child back that no other worker has taken. */
  takeBack(): Child | undefined;
  /** Settles the children whose outcome has come. */
  reap(): void;
  /** Waits for outcomes in the event loop, and runs children of others meanwhile. Returns at once. */
  help(): void;
  /** The same, but blocks until `isDone()`. */
  helpUntil(isDone: () => boolean): void;
}
