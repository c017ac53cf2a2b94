import { join } from "node:path";
import { Glob } from "bun";
import { SOURCE_FOLDERS } from "./entries.ts";

/** What the files of `dist` were built from. It is not packed. */
const FILE = "built-from";

/** A hash of everything that a build depends on: the sources, the build itself, and the versions of its tools. */
async function fingerprintOf(root: string): Promise<string> {
  const folders = [...SOURCE_FOLDERS, "scripts/build"];
  const found = await Promise.all(
    folders.map((folder) => Array.fromAsync(new Glob(`${folder}/**/*.ts`).scan({ cwd: root }))),
  );
  const hash = new Bun.CryptoHasher("sha256");
  hash.update(Bun.version);
  for (const file of [...found.flat().sort(), "bun.lock", "tsconfig.json"]) {
    const content = await Bun.file(join(root, file)).bytes();
    hash.update(`\n${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

export async function writeFingerprint(root: string, dist: string): Promise<void> {
  await Bun.write(join(dist, FILE), `${await fingerprintOf(root)}\n`);
}

/**
 * Requires that `dist` was built from the sources as they are now.
 *
 * @throws Error that says what to do, when it is missing or older
 */
export async function requireFreshBuild(root: string): Promise<void> {
  const builtFrom = Bun.file(join(root, "dist", FILE));
  if (!(await builtFrom.exists()))
    throw new Error(`The package is not built; run "bun run build": folder=${root}/dist`);
  if ((await builtFrom.text()).trim() !== (await fingerprintOf(root)))
    throw new Error(`dist is older than the sources; run "bun run build": folder=${root}/dist`);
}
