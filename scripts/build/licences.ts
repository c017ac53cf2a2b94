import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { BuiltFile } from "./built-file.ts";

/** The folder of a package in the path of one of its files. */
const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** The licence of each package whose code is in the built files: their source maps name what they are made of. */
export async function licencesOf(root: string, files: readonly BuiltFile[]): Promise<BuiltFile> {
  const folders = new Set<string>();
  for (const { text } of files.filter((file) => file.name.endsWith(".map"))) {
    const { sources } = JSON.parse(text) as { readonly sources: readonly string[] };
    for (const source of sources) {
      const folder = PACKAGE_FOLDER.exec(join(root, "dist", source))?.[0];
      if (folder !== undefined) folders.add(folder);
    }
  }
  const parts = [...folders].map(licenceOf).sort();
  const text = `The command of this package (ringpool-cli.js and its chunks) contains code of these packages.\n\n${parts.join("\n")}`;
  return { name: "LICENSES.txt", text };
}

function licenceOf(folder: string): string {
  const { name, version, license } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8"),
  ) as Record<"name" | "version" | "license", string>;
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (file === undefined) throw new Error(`The package has no file with its licence: name=${name}`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
}
