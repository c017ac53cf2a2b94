/**
 * Makes the links of the README absolute for the archive, and relative again when it is packed. `prepack` and `postpack` of
 * package.json call it, so whatever packs the package packs such a README, and the repository keeps its own.
 *
 *     bun scripts/registry-readme.ts absolute
 *     bun scripts/registry-readme.ts relative
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import { withAbsoluteLinks, withRelativeLinks } from "./build/registry-links.ts";

const FORMS = { absolute: withAbsoluteLinks, relative: withRelativeLinks };

const form = process.argv[2] ?? "";
if (!Object.hasOwn(FORMS, form)) {
  console.error(`Write absolute or relative: form=${form}`);
  process.exit(2);
}
const file = join(import.meta.dir, "../README.md");
const readme = await readFile(file, "utf8");
await writeFile(file, FORMS[form as keyof typeof FORMS](readme, manifest));
