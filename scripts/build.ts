/**
 * Builds the package into `dist`: modules, source maps and types. `prepack` calls it, so whatever packs the package packs
 * what these sources say.
 *
 *     bun run build
 */
import { join } from "node:path";
import { buildPackage } from "./build/build-package.ts";

await buildPackage(join(import.meta.dir, ".."));
