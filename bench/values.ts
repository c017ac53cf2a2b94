/** The values that are sent: every one is different. */
import { inFull } from "./settings.ts";

export const KINDS = ["number", "string", "object"] as const;
export type Kind = (typeof KINDS)[number];

/** How many requests a burst has. */
export const BURST: number = inFull(1000, 50);

/** In words, for the names of cases. */
export const IN_WORDS: Readonly<Record<Kind, string>> = {
  number: "numbers",
  string: "strings of 20 characters",
  object: "small objects",
};

export function valueOf(kind: Kind, i: number): unknown {
  if (kind === "number") return i;
  if (kind === "string") return String(i).padStart(20, "item number ");
  return { id: i, name: `item ${i}`, tags: ["new", "red"], isOpen: true };
}

export function valuesOf(kind: Kind, count: number, from = 0): unknown[] {
  return Array.from({ length: count }, (_, i) => valueOf(kind, from + i));
}
