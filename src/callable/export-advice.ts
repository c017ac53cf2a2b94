import { Bun, IS_BUNDLED, fileSystem, insideWorker } from "../runtime/index.ts";

/** The first line of what Bun's bundler writes. */
const OF_BUNDLER = "// @bun";

/**
 * How to make a function known to workers.
 *
 * @param instead what else may help, after "or"
 */
export function exportAdvice(instead: string): string {
  return IS_BUNDLED || isMainBundled()
    ? `In a bundle a worker finds what the plugin of ringpool/build has registered, or what the main module exports: export it from a module and build with plugins: [ringpool()], or export it again in the main module, or ${instead}`
    : `Export it from a module, or ${instead}`;
}

/** Whether the program is a bundle in which this package is not. */
function isMainBundled(): boolean {
  try {
    const main = insideWorker()?.mainPath ?? Bun.main;
    return fileSystem().readFileSync(main, "utf8").startsWith(OF_BUNDLER);
  } catch {
    return false;
  }
}
