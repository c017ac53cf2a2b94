/** Wrong use of the command: one sentence that says what to write, exit code 2, and nothing is run. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { COMMAND_TEST_MS, CommandFolder } from "./command.ts";

setDefaultTimeout(COMMAND_TEST_MS);

let folder: CommandFolder;
beforeAll(async () => {
  folder = await CommandFolder.create();
  await folder.write("broken.ts", "export function broken( {\n");
  await folder.write("imports-missing.ts", 'import "./missing.ts";\nexport const f = () => 1;\n');
});
afterAll(() => folder[Symbol.asyncDispose]());

const T =
  "--timeout is a time over 0 and below 25 days, such as 500ms, 5s, 2m or 1m30s; a number alone is seconds";
const J = "--jobs is a whole number from 1 to 256, or a share of the cores such as 50%";
const R = "--retries is a whole number from 0 to 1000000: how often a call that failed runs again";

/** The words after `ringpool`, and the sentence. */
const WRONG: readonly (readonly [words: string, sentence: string | RegExp])[] = [
  ["", "Say what to do; write ringpool run ./module.ts FILES, or ringpool --help"],
  [
    "walk",
    "There is no such command; write ringpool run ./module.ts FILES, or ringpool --help: command=walk",
  ],
  ["run", "Name the module with the function: ringpool run ./module.ts FILES"],
  ["run args.ts --job 4", "There is no such option; the nearest one is --jobs: option=--job"],
  [
    "run args.ts --frob",
    "There is no such option; ringpool run --help lists all of them: option=--frob",
  ],
  ["run args.ts -P 4", "There is no such option; write --jobs N: option=-P"],
  ["run args.ts -x", "There is no such option; ringpool run --help lists all of them: option=-x"],
  ["run args.ts --joblog x", "There is no such option; write --resume FILE: option=--joblog"],
  ["run args.ts --jobs", "--jobs needs a value, such as --jobs 4"],
  ["run args.ts --resume --json", "--resume needs a value, such as --resume run.journal"],
  ["run args.ts --json=1", "--json takes no value: --json=1"],
  ["run args.ts -j 0 ::: a", `${J}: --jobs=0`],
  ["run args.ts -j 257 ::: a", `${J}: --jobs=257`],
  ["run args.ts -j x ::: a", `${J}: --jobs=x`],
  ["run args.ts -j 0% ::: a", `${J}: --jobs=0%`],
  ["run args.ts --timeout 0 ::: a", `${T}: --timeout=0`],
  ["run args.ts --timeout 5x ::: a", `${T}: --timeout=5x`],
  ["run args.ts --timeout 30d ::: a", `${T}: --timeout=30d`],
  ["run args.ts --timeout=s5s ::: a", `${T}: --timeout=s5s`],
  ["run args.ts --retries=-1 ::: a", `${R}: --retries=-1`],
  ["run args.ts --retries 1.5 ::: a", `${R}: --retries=1.5`],
  [
    "run args.ts --halt now,fail=0 ::: a",
    "--halt is never, or when to stop and after how many: now,fail=1, soon,fail=3, now,success=1, soon,success=1: --halt=now,fail=0",
  ],
  ["run args.ts --arg width ::: a", "--arg is a key and a value, such as width=200: --arg=width"],
  ["run args.ts --arg =1 ::: a", "--arg is a key and a value, such as width=200: --arg==1"],
  ["run args.ts --arg a=1 --arg-json a=1 ::: a", "--arg-json gives this key twice: key=a"],
  [
    "run args.ts --arg-json a=b ::: a",
    '--arg-json takes a value of JSON, such as 200, true or "text" with its quotes; for a plain text write --arg a=b: a=b',
  ],
  [
    "run args.ts --bail --keep-going ::: a",
    "--bail and --keep-going exclude each other: leave one of them out",
  ],
  [
    "run args.ts -k --unordered ::: a",
    "--unordered and --keep-order exclude each other: leave one of them out",
  ],
  [
    "run args.ts --dry-run --resume x ::: a",
    "--dry-run and --resume exclude each other: leave one of them out",
  ],
  [
    "run args.ts a ::: b",
    "Give inputs in one way: as files, after :::, or by --arg-file; the others have to go",
  ],
  [
    "run args.ts a -",
    "- stands for standard input, and cannot stand beside other inputs: leave one of them out",
  ],
  [
    "run args.ts --json a.json",
    "--json reads values, and these are names of files; pipe the lines in, or write --arg-file FILE or ::: VALUES: input=a.json",
  ],
  ["run args.ts ::: a ::: b", /^Several ::: would mean every combination in GNU parallel/],
  ["run args.ts -a missing.txt", "There is no such file of lines: --arg-file=missing.txt"],
  [
    "run args.ts none/*.jpg",
    "No file matches the pattern; to pass it as it is, write it after ::: instead. pattern=none/*.jpg",
  ],
  [
    "run ./missing.ts ::: a",
    "There is no such module; write the path of a file, such as ./tasks.ts, or the name of an installed package: module=./missing.ts",
  ],
  [
    "run args.ts# ::: a",
    "Write the name of an exported function after the #, or leave the # out: module=args.ts#",
  ],
  [
    "run several.ts ::: a",
    /^The module exports several functions; write which one to call after the module, such as \/.*several\.ts#first: functions=first, second$/,
  ],
  [
    "run several.ts#third ::: a",
    /^The export does not exist; name one of the functions that the module exports: export=third functions=first, second module=\/.*several\.ts$/,
  ],
  ["run several.ts#Neither ::: a", /^The export is no function; .*: export=Neither functions=/],
  [
    "run no-function.ts ::: a",
    /^The module exports no function; write export before the one to call: exports=limit module=\/.*no-function\.ts$/,
  ],
  [
    "run throws-at-load.ts ::: a",
    /^The module failed while it was loaded: module=\/.*throws-at-load\.ts\n.*error: no database\n.*throws-at-load\.ts:1:/s,
  ],
  [
    "run broken.ts ::: a",
    /^The module failed while it was loaded: module=\/.*broken\.ts\n.*broken\.ts:1:/s,
  ],
  ["run imports-missing.ts ::: a", /Cannot find module '\.\/missing\.ts'/],
  [
    "run exits-at-load.ts ::: a",
    /^The module ends its thread while it is loaded, as process\.exit\(\) does; .*: exitCode=3 module=\/.*exits-at-load\.ts$/,
  ],
];

test.each(WRONG)("ringpool %s", async (words, sentence) => {
  const { exitCode, lines, stderr } = await folder.ringpool(words === "" ? [] : words.split(" "));
  expect({ exitCode, lines }).toEqual({ exitCode: 2, lines: [] });
  expect(stderr).toStartWith("ringpool: ");
  const said = stderr.slice("ringpool: ".length, -1);
  if (typeof sentence === "string") expect(said).toBe(sentence);
  else expect(said).toMatch(sentence);
});

describe("what is right beside it", () => {
  test.each([
    "-j 256",
    "-j50%",
    "--jobs=1000%",
    "--timeout 1m30s",
    "--timeout 0.5",
    "--timeout 24d",
    "--retries 0",
    "--halt never",
    "--halt soon,fail=10",
    "--bail",
    "-k",
    "--no-progress",
  ])("ringpool run upper.ts %s ::: a", async (words) => {
    const ended = await folder.run("upper.ts", ...words.split(" "), ":::", "a");
    expect(ended).toEqual({ exitCode: 0, lines: ['"A"'], stderr: "" });
  });
});
