/**
 * Runs every check of the repository, the later ones too when an earlier one fails, and says
 * at the end which failed. What a check printed is shown only if it failed.
 *
 *     bun run check               every check
 *     bun run check lint types    only these
 *
 * package.json starts this with `bun run --bun`, so the tools run on Bun, whatever Node is there.
 */
import { join } from "node:path";
import { $ } from "bun";
import { writeReference } from "./docs/reference.ts";
import {
  PackedArchive,
  filesOf,
  objectionsOfAttw,
  objectionsOfPublint,
} from "./release/archive.ts";
import { objectionsToFiles } from "./release/packed-files.ts";
import { missingDocstrings, publicEntries } from "./docstrings.ts";

const root = join(import.meta.dir, "..");

const checks: Record<string, () => Promise<unknown>> = {
  format: () => $`oxfmt --check`.quiet(),
  lint: () => $`oxlint`.quiet(), // type-aware rules, cycles and layers: .oxlintrc.json
  types: () => $`tsc --noEmit`.quiet(),
  docs: checkDocstrings,
  reference: () => writeReference(root, true), // TypeDoc's warnings: docs/site/typedoc.json
  dead: () => $`knip --no-progress`.quiet(),
  package: checkArchive,
};

/** Checks that everything public has the text that an editor shows on hover. */
async function checkDocstrings(): Promise<void> {
  const missing = missingDocstrings(root, publicEntries(root));
  if (missing.length > 0) throw new Error(missing.join("\n"));
}

/** Checks what a registry would get: the packed archive, not the folder. */
async function checkArchive(): Promise<void> {
  await using archive = await PackedArchive.pack(root);
  const objections = [
    ...objectionsToFiles((await filesOf(archive.path)).keys()),
    ...(await objectionsOfPublint(archive.path)),
    ...(await objectionsOfAttw(root, archive.path)),
  ];
  if (objections.length > 0) throw new Error(objections.join("\n"));
}

function printed(failure: unknown): string {
  if (!(failure instanceof $.ShellError)) return String(failure);
  return failure.stdout.toString() + failure.stderr.toString();
}

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(checks, name));
if (unknown.length > 0) {
  console.error(`no such check: ${unknown.join(", ")}; checks=${Object.keys(checks).join(",")}`);
  process.exit(2);
}

const failed: string[] = [];
for (const [name, check] of Object.entries(checks)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const startedMs = performance.now();
  try {
    await check();
    console.log(`ok    ${name}  ${Math.round(performance.now() - startedMs)} ms`);
  } catch (error) {
    failed.push(name);
    console.error(`\n${printed(error).trim()}\n\nFAIL  ${name}\n`);
  }
}

if (failed.length > 0) {
  console.error(`check failed: ${failed.join(", ")}`);
  process.exit(1);
}
console.log("check passed");
