import { statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { bunPathToFileURL, process, resolveModuleSync } from "../runtime/index.ts";
import { UsageError } from "./usage-error.ts";

/** The module that the user has named. */
export interface FoundModule {
  /** The URL to import it by. */
  readonly url: string;
  /** Its path, or the name of a built-in module. */
  readonly path: string;
  /** The export that was named; undefined for none. */
  readonly exportName: string | undefined;
}

/** Finds a module that was written as `./file.ts`, `./file.ts#name`, `package` or `package#name`. Does not load it. */
export function findModule(written: string): FoundModule {
  // A `#` may be a part of the path.
  if (isFile(written)) return found(resolve(written), undefined);
  const at = written.lastIndexOf("#");
  const module = at < 0 ? written : written.slice(0, at);
  const exportName = at < 0 ? undefined : written.slice(at + 1);
  if (exportName === "") {
    throw new UsageError(
      `Write the name of an exported function after the #, or leave the # out: module=${written}`,
    );
  }
  if (isFile(module)) return found(resolve(module), exportName);
  try {
    return found(resolveModuleSync(module, process.cwd()), exportName);
  } catch {
    throw new UsageError(
      `There is no such module; write the path of a file, such as ./tasks.ts, or the name of an installed package: module=${module}`,
    );
  }
}

function found(path: string, exportName: string | undefined): FoundModule {
  return { url: isAbsolute(path) ? bunPathToFileURL(path).href : path, path, exportName };
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}
