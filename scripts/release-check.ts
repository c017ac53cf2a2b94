/**
 * Says whether this checkout can be released, and why not: one sentence for each reason.
 *
 *     bun run release:check                   every rule
 *     bun run release:check tree changelog    only these
 *
 * CONTRIBUTING.md, "Releases", says what comes before and after.
 */
import { join } from "node:path";
import { PackedArchive } from "./release/archive.ts";
import { RULES } from "./release/rules.ts";

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(RULES, name));
if (unknown.length > 0) {
  console.error(`no such rule: ${unknown.join(", ")}; rules=${Object.keys(RULES).join(",")}`);
  process.exit(2);
}

await using opened = new AsyncDisposableStack();
const root = join(import.meta.dir, "..");
let packed: Promise<PackedArchive> | undefined;
const candidate = {
  root,
  async archive(): Promise<string> {
    packed ??= PackedArchive.pack(root).then((archive) => opened.use(archive));
    return (await packed).path;
  },
};

let reasons = 0;
for (const [name, rule] of Object.entries(RULES)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const found = await rule(candidate);
  reasons += found.length;
  if (found.length === 0) console.log(`ok    ${name}`);
  for (const reason of found) console.error(`FAIL  ${name}  ${reason}`);
}
console.log(
  reasons === 0 ? "This checkout can be released." : `It cannot be released: reasons=${reasons}`,
);
if (reasons > 0) process.exitCode = 1;
