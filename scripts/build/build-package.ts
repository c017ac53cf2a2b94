import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildCommand } from "./command.ts";
import { buildCommonJs } from "./common-js.ts";
import { buildDeclarations } from "./declarations.ts";
import { buildJavaScript } from "./javascript.ts";
import { writeFingerprint } from "./fingerprint.ts";
import { buildWithBytecode } from "./with-bytecode.ts";

/** Builds `dist` anew. A process that reads it meanwhile finds the old files or the new ones, not both. */
export async function buildPackage(root: string): Promise<void> {
  const files = [
    ...(await buildJavaScript(root)),
    ...(await buildWithBytecode(root)),
    ...(await buildCommand(root)),
    ...buildCommonJs(),
    ...(await buildDeclarations(root)),
  ];
  const dist = join(root, "dist");
  const fresh = join(root, `dist.${process.pid}`);
  await mkdir(fresh);
  try {
    await Promise.all(
      files.map((file) =>
        Bun.write(join(fresh, file.name), "text" in file ? file.text : file.bytes),
      ),
    );
    await writeFingerprint(root, fresh);
    await rm(dist, { recursive: true, force: true });
    await rename(fresh, dist);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}
