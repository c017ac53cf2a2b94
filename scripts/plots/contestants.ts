/** Who is who among the contestants. */
import type { Result } from "../../bench/result.ts";

export const OWN = "ringpool";
export const BY_HAND = "postMessage by hand";

/** What no pool can pass, measured beside the pools. */
const LIMITS = new Set(["bare queue", "promises alone"]);

/** In the order of their colours in style.ts; whoever is missing here gets the last one. */
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

/** This project's pool, also under other circumstances: "ringpool, 1 worker". */
export function isOwn(contestant: string): boolean {
  return contestant === OWN || contestant.startsWith(`${OWN}, `);
}

export function isLimit(contestant: string): boolean {
  return LIMITS.has(contestant);
}

/** What the reader must know where a result has limits; nothing where it has none. */
export function limitNote({ cases }: Result, look: string): string {
  const hasLimit = cases.some(({ figures }) =>
    figures.some(({ contestant }) => isLimit(contestant)),
  );
  return hasLimit ? ` ${look}: a limit, not a pool.` : "";
}

/** The class that gives a contestant the same colour in every plot. */
export function colourClass(contestant: string): string {
  const index = COLOURED.indexOf(contestant);
  return index === -1 ? "colour-rest" : `colour-${index}`;
}
