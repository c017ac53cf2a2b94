import { readFileSync } from "node:fs";
import { URL } from "../runtime/index.ts";

/** package.json, as seen from this file: the source that you read, or a file of a built package. */
const PACKAGE = import.meta.path.endsWith("version.ts") ? "../../package.json" : "../package.json";

/** The version of the package. */
export function packageVersion(): string {
  const text = readFileSync(new URL(PACKAGE, import.meta.url), "utf8");
  return (JSON.parse(text) as { readonly version: string }).version;
}
