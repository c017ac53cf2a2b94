/** Every block of code of the manual is run, and prints what it says. */
import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { MANUAL, blocksOf, failureOf, manualBlocks, printedBy } from "./pages.ts";
import type { Block } from "./pages.ts";
import { Scratch, execute } from "./scratch.ts";

// A page has many programs.
setDefaultTimeout(180_000);

const PYTHON = Bun.which("python3");
const LANGUAGES = ["ts", "js", ...(PYTHON === null ? [] : ["python"])];

/** Only parses the file. */
const PARSE = "import ast, sys; ast.parse(open(sys.argv[1]).read())";

function commandFor({ language, trial }: Block, file: string): string[] {
  if (language === "python")
    return trial === "check" ? [PYTHON as string, "-c", PARSE, file] : [PYTHON as string, file];
  return file.endsWith(".test.ts") ? [process.execPath, "test", file] : [process.execPath, file];
}

/** Runs a block, and returns what is wrong with it, or nothing. */
async function objectionTo(block: Block, scratch: Scratch): Promise<string | undefined> {
  const { folder, file } = await scratch.place(block);
  const { exitCode, stdout, stderr } = await execute(folder, commandFor(block, file));
  const at = `${block.page}:${block.line}`;
  const all = `exitCode=${exitCode}\n${stdout}${stderr}`;
  if (block.trial === "fails") {
    const told = failureOf(block);
    if (told === "") return `${at} ends without a comment that has the message`;
    if ((stdout + stderr).replaceAll(/\s+/g, " ").includes(told)) return undefined;
    return `${at} does not fail as it says: ${told}\n${all}`;
  }
  if (exitCode !== 0) return `${at} fails: ${all}`;
  const lines = stdout.split("\n");
  let from = 0;
  for (const printed of printedBy(block)) {
    const index = lines.indexOf(printed, from);
    if (index < 0) return `${at} does not print: ${printed}\n${all}`;
    from = index + 1;
  }
  return undefined;
}

/** Two at a time: many blocks wait more than they compute. */
async function objectionsTo(blocks: readonly Block[]): Promise<string[]> {
  await using scratch = await Scratch.create();
  const objections: string[] = [];
  const rest = blocks.values();
  const work = async (): Promise<void> => {
    for (const block of rest) {
      const objection = await objectionTo(block, scratch);
      if (objection !== undefined) objections.push(objection);
    }
  };
  await Promise.all([work(), work()]);
  return objections;
}

// The types of TypeScript are checked by another test.
const blocks = manualBlocks(...LANGUAGES).filter(
  ({ trial, language }) => trial !== "check" || language === "python",
);
const pages = MANUAL.filter((page) => blocks.some((block) => block.page === page));

test.each(pages)("every block of %s runs and prints what it says", async (page) => {
  expect(await objectionsTo(blocks.filter((block) => block.page === page))).toEqual([]);
});

if (PYTHON === null) test.skip("Python's blocks need python3: apt-get install python3", () => {});

describe("the trial of a block", () => {
  const first = (text: string): Block => blocksOf("page.md", text)[0] as Block;

  test("objects to a failure, to other output, and to a failure that does not come", async () => {
    const [failing, other, succeeding, silent] = await Promise.all(
      [
        "```ts\nthrow new Error('no');\n```\n",
        "```ts\nconsole.log(1 + 1); // 3\n```\n",
        "```ts fails\nconsole.log(1);\n// Error: no\n```\n",
        "```ts fails\nthrow new Error('no');\n```\n",
      ].map(async (text) => (await objectionsTo([first(text)]))[0]),
    );
    expect(failing).toStartWith("page.md:2 fails: exitCode=1");
    expect(other).toStartWith("page.md:2 does not print: 3");
    expect(succeeding).toStartWith("page.md:2 does not fail as it says: Error: no");
    expect(silent).toBe("page.md:2 ends without a comment that has the message");
  });

  test("takes output in the order of the lines, and leaves out what begins with such as", async () => {
    const text =
      "```ts\nconsole.log(1); // 1\nconsole.log(Math.random()); // such as 0.5\nconsole.log('// 2'); // // 2\n```\n";
    expect(printedBy(first(text))).toEqual(["1", "// 2"]);
    expect(await objectionsTo([first(text)])).toEqual([]);
  });

  test("has the files that the blocks above name, and the setup only before a fragment", () => {
    const [one, two, three] = blocksOf(
      "page.md",
      "<!-- setup\nconst x = 1;\n-->\n```ts\n// one.ts\nexport {};\n```\n\n```ts\nx;\n```\n\n  ```ts check: why\n  // one.ts\n  ```\n",
    );
    expect(one).toMatchObject({ name: "one.ts", setup: "", line: 5, trial: "run" });
    expect(two).toMatchObject({ setup: "const x = 1;\n", code: "x;\n", line: 10 });
    expect([...(two?.files ?? [])]).toEqual([["one.ts", "// one.ts\nexport {};\n"]]);
    expect(three).toMatchObject({ code: "// one.ts\n", trial: "check", reason: "why" });
  });
});
