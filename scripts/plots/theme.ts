/**
 * The style sheet of the plots, and the colours of the contestants. An image follows the colour scheme of the reader's
 * system, and not that of the page around it, so the plots have their own background.
 */
import {
  BARE_QUEUE,
  BARE_WORKERS,
  BATCHED,
  CALLBACKS,
  CHUNKS,
  FLAT,
  PROMISES_ALONE,
  RINGPOOL,
  SHARES,
  SYNCKIT,
} from "../../bench/contestants/names.ts";

/** Limits that no pool can pass, measured beside the pools. */
const LIMITS = new Set([BARE_QUEUE, PROMISES_ALONE, SHARES]);

/** The colours on a light and on a dark background. */
const COLOURS: ReadonlyMap<string, readonly [light: string, dark: string]> = new Map([
  [RINGPOOL, ["#0b5cd5", "#58a6ff"]],
  [CALLBACKS, ["#0e7c86", "#4dd0d8"]],
  [BATCHED, ["#b35900", "#f0a04b"]],
  [FLAT, ["#8250df", "#bc8cff"]],
  [BARE_WORKERS, ["#1a7f37", "#56d364"]],
  [CHUNKS, ["#bf3989", "#ff80bf"]],
  [SYNCKIT, ["#cf222e", "#ff7b72"]],
  // A server that computes in its event loop; see bench/questions/server.ts.
  ["inline", ["#b35900", "#f0a04b"]],
]);

const OTHER = ["#59636e", "#9198a1"] as const;

/** True for this project's pool, also with a suffix such as "ringpool, callbacks". */
export function isOwn(contestant: string): boolean {
  return contestant === RINGPOOL || contestant.startsWith(`${RINGPOOL}, `);
}

export function isLimit(contestant: string): boolean {
  return LIMITS.has(contestant);
}

/** A contestant has the same colour in every plot. */
export function colourOf(contestant: string): string {
  const known = COLOURS.has(contestant) ? contestant : isOwn(contestant) ? RINGPOOL : "other";
  return `var(--${variable(known)})`;
}

function variable(contestant: string): string {
  return contestant.replaceAll(/\W+/g, "-");
}

function variables(scheme: 0 | 1): string {
  const own = [...COLOURS].map(([name, both]) => `--${variable(name)}:${both[scheme]}`);
  const back = ["#ffffff", "#0d1117"][scheme];
  const ink = ["#1f2328", "#e6edf3"][scheme];
  const faint = ["#59636e", "#9198a1"][scheme];
  return [
    `--back:${back}`,
    `--ink:${ink}`,
    `--faint:${faint}`,
    `--other:${OTHER[scheme]}`,
    ...own,
  ].join(";");
}

export const STYLE: string = `
:root{${variables(0)};color:var(--ink)}
@media(prefers-color-scheme:dark){:root{${variables(1)}}}
text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;stroke:none;white-space:pre}
.back{fill:var(--back)}
.heading{font-size:16px;font-weight:600;fill:var(--ink)}
.panel{font-size:13px;font-weight:600;fill:var(--ink)}
text.faint,g[aria-label$="-axis tick label"],g[aria-label$="-axis label"]{fill:var(--faint)}
`;
