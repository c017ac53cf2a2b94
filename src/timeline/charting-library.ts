import { ThreadPoolError } from "../errors.ts";
import { Bun, fileSystem, paths, process, resolveModuleSync } from "../runtime/index.ts";

/** The browser build of ECharts, as its package names it. */
const BROWSER_BUILD = "echarts/dist/echarts.min.js";

/**
 * The path of the browser build of ECharts: from the folder of the program, from the working folder, or from this package's.
 *
 * @throws ThreadPoolError when it is not installed
 */
export function chartingLibrary(): string {
  const folders = [paths().dirname(Bun.main), process.cwd(), import.meta.dir];
  for (const folder of folders) {
    try {
      return resolveModuleSync(BROWSER_BUILD, folder);
    } catch {
      // Not from there.
    }
  }
  throw new ThreadPoolError(
    `A timeline is drawn by ECharts, which is not installed; run "bun add --dev echarts": package=echarts looked for=${BROWSER_BUILD}`,
  );
}

/** The text of a file. */
export function textOfFile(path: string): string {
  return fileSystem().readFileSync(path, "utf8");
}
