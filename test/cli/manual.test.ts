/** The examples of docs/command-line.md: each command prints what stands below it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { COMMAND_TEST_MS, CommandFolder } from "./command.ts";
import { HELP } from "../../src/cli/usage.ts";

setDefaultTimeout(COMMAND_TEST_MS);

const manual = await readFile(join(import.meta.dir, "../../docs/command-line.md"), "utf8");

test("every example of the manual prints what the manual says", async () => {
  await using folder = await CommandFolder.create();
  const modules = [...manual.matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```/gm)];
  expect(modules.map(([, name]) => name)).toEqual(["words.ts", "numbers.ts"]);
  for (const [, name = "", text = ""] of modules) await folder.write(name, `// ${name}\n${text}`);
  const examples = [...manual.matchAll(/^```console\n([^]*?)^```/gm)].flatMap(([, block = ""]) =>
    block.split(/^\$ /m).slice(1),
  );
  expect(examples.length).toBeGreaterThan(8);
  for (const example of examples) {
    const end = example.indexOf("\n");
    const line = example.slice(0, end);
    // One pipe for both, and only the end matters: results are printed before the list of failures.
    const child = Bun.spawn(
      ["bash", "-c", `(${line.replaceAll("bunx ringpool", folder.shellWords)}) 2>&1`],
      { cwd: folder.path, stdin: "ignore", stdout: "pipe" },
    );
    expect(`${line}\n${await new Response(child.stdout).text()}`).toBe(example);
  }
});

test("the manual and the help name the same options", () => {
  const optionsOf = (text: string): string[] =>
    [...new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option))].sort();
  const inManual = manual.slice(manual.indexOf("## All options"), manual.indexOf("## For those"));
  expect(optionsOf(inManual)).toEqual(optionsOf(HELP));
});
