/** How the benchmarks run, from the options that `bench/index.ts` passes on to each question. */

/** True when a run only has to show that everything works. Its figures mean nothing. */
export const isQuick: boolean = process.argv.includes("--quick");

const out = process.argv.find((argument) => argument.startsWith("--out="))?.slice("--out=".length);

/** Where results are kept. A quick run keeps none, unless a folder is given. */
export const resultsFolder: string | undefined =
  out ?? (isQuick ? undefined : new URL("./results", import.meta.url).pathname);

/** Chooses a number of rounds or a length of time. */
export function inFull<T>(full: T, quick: T): T {
  return isQuick ? quick : full;
}
