import type { Child } from "./tree.ts";

/** A child that its thread offers to other workers, or that one of them has taken. */
export interface Offer {
  readonly child: Child;
  readonly cell: number;
  readonly parts: Uint8Array[];
  /** The memory of its arguments, when they are too long for a cell. */
  readonly spill: SharedArrayBuffer | undefined;
  isAskedToStop: boolean;
  /** Whether it is over, or taken back. */
  isRemoved: boolean;
}

export function newOffer(child: Child, cell: number, spill: SharedArrayBuffer | undefined): Offer {
  return { child, cell, parts: [], spill, isAskedToStop: false, isRemoved: false };
}
