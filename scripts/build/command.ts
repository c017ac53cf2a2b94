import { join } from "node:path";
import type { BuiltFile } from "./built-file.ts";
import { COMMAND, COMMAND_TASK } from "./entries.ts";
import { bundle, checkFirst } from "./javascript.ts";
import { licencesOf } from "./licences.ts";

/** What a shell starts the command by. It has to be the first line. */
const SHEBANG = "#!/usr/bin/env bun\n";

/**
 * Bundles the command, with the packages that it needs and their licences.
 *
 * It imports the built entry of the package, as any program would. So what other programs load is the same with and without
 * it, and has none of those packages.
 */
export async function buildCommand(root: string): Promise<BuiltFile[]> {
  const sources = [COMMAND, COMMAND_TASK].map(({ name, source }) => ({
    name: `${name}.ts`,
    text: name === COMMAND.name ? `import "./${source}";` : `export * from "./${source}";`,
  }));
  const files = await bundle({
    root,
    entrypoints: sources.map(({ name }) => join(root, name)),
    files: Object.fromEntries(sources.map(({ name, text }) => [join(root, name), text])),
    splitting: true,
    sourcemap: "linked",
    plugins: [withBuiltEntry],
  });
  return [
    ...files.map((file) => {
      if (file.name !== `${COMMAND.name}.js`) return file;
      const { name, text } = checkFirst(file);
      return { name, text: SHEBANG + text };
    }),
    await licencesOf(root, files),
  ];
}

/** Leaves the import of the public entry as it is, but for its name. */
const withBuiltEntry: Bun.BunPlugin = {
  name: "with-built-entry",
  setup(build) {
    build.onResolve({ filter: /^\.\.\/index\.ts$/ }, () => ({
      path: "./ringpool.js",
      external: true,
    }));
  },
};
