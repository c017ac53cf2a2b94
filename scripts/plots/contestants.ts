/** Names, limits and colours of the contestants. */
import type { Result } from "../../bench/result.ts";

export const OWN = "ringpool";
export const BY_HAND = "postMessage by hand";

/** Limits that no pool can pass, measured beside the pools. */
const LIMITS = new Set(["bare queue", "promises alone"]);

/** In the order of their colours in style.ts. A contestant that is missing here gets the last colour. */
const COLOURED = [
  OWN,
  BY_HAND,
  "piscina",
  "tinypool",
  "poolifier",
  "multithreading",
  "workerpool",
  "threads",
  "synckit",
];

/** True for this project's pool, also with a suffix such as "ringpool, 1 worker". */
export function isOwn(contestant: string): boolean {
  return contestant === OWN || contestant.startsWith(`${OWN}, `);
}

export function isLimit(contestant: string): boolean {
  return LIMITS.has(contestant);
}

/** The note that explains limits; empty when the result has none. */
export function limitNote({ cases }: Result, look: string): string {
  const hasLimit = cases.some(({ figures }) =>
    figures.some(({ contestant }) => isLimit(contestant)),
  );
  return hasLimit ? ` ${look}: a limit, not a pool.` : "";
}

/** The CSS class that gives a contestant the same colour in every plot. */
export function colourClass(contestant: string): string {
  const index = COLOURED.indexOf(contestant);
  return index === -1 ? "colour-rest" : `colour-${index}`;
}
