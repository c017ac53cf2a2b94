/*
 * Refuses a runtime that is no Bun, and a Bun that is too old. In the built package each entry imports this file before
 * anything else, so the rest is not evaluated there. It has no imports and no syntax that an old runtime cannot read.
 */

/** The oldest Bun, as in package.json "engines". */
const OLDEST = [1, 4, 5];

function isOldEnough(version: string): boolean {
  const numbers = version.split(/[.-]/).map(Number);
  const at = OLDEST.findIndex((needed, index) => numbers[index] !== needed);
  return at < 0 || (numbers[at] as number) > (OLDEST[at] as number);
}

// oxlint-disable-next-line no-restricted-properties -- an import would be evaluated before this
const { Bun: runtime } = globalThis as { Bun?: { readonly version: string } };
if (runtime === undefined || !isOldEnough(runtime.version)) {
  // oxlint-disable-next-line no-restricted-globals -- an import would be evaluated before this
  throw new Error(`ringpool needs Bun ${OLDEST.join(".")} or newer`);
}
