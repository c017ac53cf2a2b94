/** The commands in the manual name what exists, and those with output print it. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { MANUAL, ROOT, blocksOf, manualBlocks } from "./pages.ts";
import type { Block } from "./pages.ts";
import { Scratch, execute } from "./scratch.ts";

setDefaultTimeout(120_000);

const OWN_COMMAND = `"${process.execPath}" "${join(ROOT, "src/cli/main.ts")}"`;
/** Commands of Bun itself that the manual uses. */
const OF_BUN = new Set([
  "add",
  "build",
  "init",
  "install",
  "test",
  "upgrade",
  "--version",
  "--watch",
  "--hot",
]);
/** Programs of the system that the manual uses; what each is of is in the text beside it. */
const OF_SYSTEM = new Set(["apt-get", "pip", "printf", "tail", "sort", "head"]);
const PACKAGES = new Set(["ringpool", ...Object.keys(manifest.devDependencies)]);

/** What is wrong with a line of shell, or undefined. `files` are those that the page names. */
function objectionTo(
  line: string,
  files: ReadonlySet<string>,
  isOfReader = false,
): string | undefined {
  const words = line.split("#")[0]?.trim().split(/\s+/) ?? [];
  const [program = "", ...rest] = words;
  if (/^(?:npx -y bun@[\d.]+|bun|bunx)(?: |$)/.test(words.join(" ")))
    return objectionToBun(program === "npx" ? rest.slice(2) : rest, program, files, isOfReader);
  return OF_SYSTEM.has(program) ? undefined : `${line}: an unknown program`;
}

function objectionToBun(
  words: readonly string[],
  program: string,
  files: ReadonlySet<string>,
  isOfReader: boolean,
): string | undefined {
  const [first = "", second = ""] = words;
  const line = `${program} ${words.join(" ")}`;
  const isFile = (word: string): boolean =>
    isOfReader ||
    files.has(word.replace(/^\.\//, "").replace(/#.*$/, "")) ||
    existsSync(join(ROOT, word));
  if (program === "bunx") {
    if (!PACKAGES.has(first)) return `${line}: an unknown package`;
    return first !== "ringpool" ||
      (second === "run" && isFile(words.find((word) => word.startsWith("./")) ?? ""))
      ? undefined
      : `${line}: no such file`;
  }
  if (first === "run")
    return Object.hasOwn(manifest.scripts, second) || isFile(second)
      ? undefined
      : `${line}: no such script`;
  if (first === "build" || first === "test") {
    const named = words.filter((word) => /\.tsx?$/.test(word));
    return named.every(isFile) ? undefined : `${line}: no such file`;
  }
  if (OF_BUN.has(first)) return undefined;
  return isFile(first) ? undefined : `${line}: no such file`;
}

/** The files that blocks of a page name. */
function filesOf(page: string): Set<string> {
  return new Set(
    blocksOf(page, readFileSync(join(ROOT, page), "utf8")).flatMap(({ name }) => name ?? []),
  );
}

test("shell blocks name commands, scripts and files that exist", () => {
  const objections = manualBlocks("sh").flatMap(({ page, line, code, trial }) =>
    code
      .split("\n")
      .filter((text) => /^[^#\s]/.test(text))
      .flatMap((text) => objectionTo(text, filesOf(page), trial === "check") ?? [])
      .map((text) => `${page}:${line}: ${text}`),
  );
  expect(objections).toEqual([]);
});

test("scripts in the text exist", () => {
  const missing = MANUAL.flatMap((page) =>
    [
      ...readFileSync(join(ROOT, page), "utf8").matchAll(
        /`(?:npx -y bun@[\d.]+|bun) run ([\w:-]+)/g,
      ),
    ]
      .map(([, script]) => script as string)
      .filter((script) => !Object.hasOwn(manifest.scripts, script))
      .map((script) => `${page}: ${script}`),
  );
  expect(missing).toEqual([]);
});

/** Runs each command of a block, and returns where the output is another one. */
async function wrongOutputsOf(block: Block): Promise<string[]> {
  await using scratch = await Scratch.create();
  const { folder } = await scratch.place(block);
  const wrong: string[] = [];
  for (const example of block.code.split(/^\$ /m).slice(1)) {
    const [line = "", ...output] = example.split("\n");
    const command = line
      .replaceAll("bunx ringpool", OWN_COMMAND)
      .replaceAll(/(?<![\w"/-])bun (?=[\w.])/g, `"${process.execPath}" `);
    const { stdout } = await execute(folder, ["bash", "-c", `(${command}) 2>&1`]);
    if (stdout !== output.join("\n")) wrong.push(`${line}\n${stdout}`);
  }
  return wrong;
}

// Those of the page of the command itself have a test there, with its fixtures.
const consoles = manualBlocks("console").filter(({ page }) => page !== "docs/command-line.md");
test.each(consoles.map((block) => [`${block.page}:${block.line}`, block] as const))(
  "the commands at %s print what stands below them",
  async (_, block) => {
    expect(await wrongOutputsOf(block)).toEqual([]);
  },
);

describe("the check of a command", () => {
  const files = new Set(["main.ts"]);
  test.each([
    "bun add ringpool",
    "bun run test",
    "npx -y bun@1.4.5 run demo",
    "bun main.ts",
    "bun examples/demo.ts",
    "bunx ringpool run ./main.ts#f --json",
    "bun build --target bun main.ts",
  ])("takes %s", (line) => {
    expect(objectionTo(line, files)).toBeUndefined();
  });

  test.each([
    "bun run tets",
    "bun mian.ts",
    "bunx rignpool run ./main.ts",
    "bunx ringpool run ./mian.ts",
    "bunx ringpool rnu ./main.ts",
    "bun build mian.ts",
    "rm -rf /",
  ])("objects to %s", (line) => {
    expect(objectionTo(line, files)).toStartWith(line);
  });

  test("sees another output", async () => {
    const [block] = blocksOf("page.md", "```console\n$ echo a\nb\n```\n");
    expect(await wrongOutputsOf(block as Block)).toEqual(["echo a\na\n"]);
  });
});
