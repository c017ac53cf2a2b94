/*
 * Refuses a runtime that is no Bun, and a Bun that is too old. In the built package each entry imports this file before
 * anything else, so the rest is not evaluated there. It has no imports and no syntax that an old runtime cannot read.
 */

/** The oldest Bun, as in package.json "engines". */
const OLDEST = [1, 4, 5];

/** Without a regular expression, whose first use takes half a millisecond. */
function isNewEnough(version: string): boolean {
  let at = 0;
  for (const needed of OLDEST) {
    const number = parseInt(version.slice(at), 10);
    if (number !== needed) return number > needed;
    at = version.indexOf(".", at) + 1;
  }
  return true;
}

// oxlint-disable-next-line no-restricted-properties -- an import would be evaluated before this
const { Bun: runtime } = globalThis as { Bun?: { readonly version: string } };
if (runtime === undefined || !isNewEnough(runtime.version)) {
  // oxlint-disable-next-line no-restricted-globals -- an import would be evaluated before this
  throw new Error(`ringpool needs Bun ${OLDEST.join(".")} or newer`);
}
