/** `ringpool run`: which function is called, with which arguments, and what is printed. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { COMMAND_TEST_MS, CommandFolder } from "./command.ts";
import { Gate } from "./gate.ts";

setDefaultTimeout(COMMAND_TEST_MS);

let folder: CommandFolder;
beforeAll(async () => {
  folder = await CommandFolder.create();
});
afterAll(() => folder[Symbol.asyncDispose]());

async function linesOf(...words: readonly string[]): Promise<readonly string[]> {
  const { exitCode, lines, stderr } = await folder.run(...words);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return lines;
}

describe("the function", () => {
  test("is the only one that the module exports", async () => {
    expect(await linesOf("./upper.ts", ":::", "a")).toEqual(['"A"']);
  });

  test("is the default export where there are several", async () => {
    expect(await linesOf("./default.ts", ":::", "a")).toEqual(['"default a"']);
  });

  test("is the export that is named after a #", async () => {
    expect(await linesOf("./default.ts#other", ":::", "a")).toEqual(['"other a"']);
    expect(await linesOf("several.ts#first", ":::", "a")).toEqual(['"first a"']);
  });

  test("is found in a file whose path has a #", async () => {
    await mkdir(join(folder.path, "a #b"), { recursive: true });
    await folder.write("a #b/c#d.ts", "export const f = (x: string) => x + x;\n");
    expect(await linesOf("./a #b/c#d.ts", ":::", "a")).toEqual(['"aa"']);
    expect(await linesOf("./a #b/c#d.ts#f", ":::", "a")).toEqual(['"aa"']);
  });

  test("is found in a package and in a built-in module", async () => {
    await mkdir(join(folder.path, "node_modules/twice"), { recursive: true });
    await folder.write("node_modules/twice/index.js", "exports.twice = (x) => x + x;\n");
    expect(await linesOf("twice#twice", ":::", "a")).toEqual(['"aa"']);
    expect(await linesOf("node:path#basename", ":::", "a/b.txt")).toEqual(['"b.txt"']);
  });
});

describe("the arguments", () => {
  test("are the input and the object of --arg and --arg-json", async () => {
    const more = [
      "--arg",
      "a=1=2",
      "--arg",
      "b=",
      "--arg-json",
      'c={"d":[1]}',
      "--arg",
      "__proto__=x",
    ];
    expect(await linesOf("args.ts", ...more, ":::", "in")).toEqual([
      '["in",{"a":"1=2","b":"","c":{"d":[1]},"__proto__":"x"}]',
    ]);
  });

  test("are values of JSON with --json", async () => {
    expect(await linesOf("args.ts", "--json", ":::", '{"a":1}', "[1,2]", '"x"')).toEqual([
      '[{"a":1}]',
      "[[1,2]]",
      '["x"]',
    ]);
  });

  test("are the members of JSON arrays with --spread", async () => {
    expect(await linesOf("args.ts", "--spread", "--arg", "k=v", ":::", "[1,2]", "[]")).toEqual([
      '[1,2,{"k":"v"}]',
      '[{"k":"v"}]',
    ]);
  });
});

describe("the inputs", () => {
  test("are lines of standard input, empty ones and a last one without an end included", async () => {
    const input = "\u{feff}a\r\n\nb é 日本\nlast";
    for (const words of [["args.ts"], ["args.ts", "-"]]) {
      const { exitCode, lines } = await folder.ringpool(["run", ...words], { input });
      expect(exitCode).toBe(0);
      expect(lines).toEqual(['["a"]', '[""]', '["b é 日本"]', '["last"]']);
    }
  });

  test("are ended by NUL characters with --null", async () => {
    const { lines } = await folder.ringpool(["run", "args.ts", "-0"], { input: "a\nb\0c\r\0" });
    expect(lines).toEqual(['["a\\nb"]', '["c\\r"]']);
  });

  test("of JSON may have blank lines between them", async () => {
    const { lines } = await folder.ringpool(["run", "args.ts", "--json"], {
      input: '{"a":1}\n\n \n[2]\n',
    });
    expect(lines).toEqual(['[{"a":1}]', "[[2]]"]);
  });

  test("are lines of a file with --arg-file", async () => {
    await folder.write("list.txt", "a\nb\n");
    expect(await linesOf("args.ts", "-a", "list.txt")).toEqual(['["a"]', '["b"]']);
  });

  test("are paths as they are written, and what quoted globs match, in order", async () => {
    await mkdir(join(folder.path, "photos/2024"), { recursive: true });
    for (const name of ["b.jpg", "a.jpg", "2024/c.jpg", "x[1].jpg", "d.png", ".hidden.jpg"])
      await folder.write(`photos/${name}`, "");
    await symlink("a.jpg", join(folder.path, "photos/link.jpg"));
    expect(await linesOf("args.ts", "missing.jpg", "photos/**/*.jpg", "./photos/{b,d}.*")).toEqual(
      [
        "missing.jpg",
        "photos/2024/c.jpg",
        "photos/a.jpg",
        "photos/b.jpg",
        "photos/link.jpg",
        "photos/x[1].jpg",
        "./photos/b.jpg",
        "./photos/d.png",
      ].map((path) => JSON.stringify([path])),
    );
    expect(await linesOf("args.ts", "photos/x[1].jpg", "photos/*")).toContain(
      '["photos/x[1].jpg"]',
    );
    expect(await linesOf("args.ts", "photos/*")).not.toContain('["photos/2024"]');
    expect(await linesOf("args.ts", "http://a/?b=*")).toEqual(['["http://a/?b=*"]']);
  });

  test("after ::: are values, whatever they look like", async () => {
    expect(await linesOf("args.ts", "-j2", ":::", "*", "--json", "-")).toEqual([
      '["*"]',
      '["--json"]',
      '["-"]',
    ]);
    expect(await linesOf("args.ts", ":::")).toEqual([]);
  });
});

describe("the output", () => {
  test("has one line for each result, with what JSON has no value for written by the rule", async () => {
    const expected: Record<string, string> = {
      undefined: "null",
      bigint: '["10"]',
      map: '[["a",1],[2,[3]]]',
      bytes: '{"buffer":"aGk=","array":"aGk="}',
      floats: "[0.5,1]",
      error: '{"name":"TypeError","message":"broken"}',
      date: '"1970-01-01T00:00:00.000Z"',
      nan: "null",
      function: "null",
      "own toJSON": '"own"',
      instance: '{"x":1}',
      "line break": '"a\\nb\u2028c"',
      promise: '{"done":true}',
      generator: "[1,2]",
      "async generator": "[3]",
    };
    expect(await linesOf("values.ts", ":::", ...Object.keys(expected))).toEqual(
      Object.values(expected),
    );
  });

  test("names a result that refers to itself", async () => {
    const { exitCode, lines, stderr } = await folder.run("values.ts", ":::", "cycle", "nan");
    expect({ exitCode, lines }).toEqual({ exitCode: 1, lines: ["null"] });
    expect(stderr).toContain(
      "  cycle: TypeError: The result cannot be written as JSON; return what can:",
    );
  });

  test("holds nothing that the module prints: that goes to standard error", async () => {
    const { lines, stderr } = await folder.run("prints.ts", "-j1", ":::", "a");
    expect(lines).toEqual(['"a"']);
    for (const text of ["while it loads\n", "log a\n", "info a\n", "│ a", "write a\n"])
      expect(stderr).toContain(text.replace("│ a", "a"));
  });

  test("is in the order of the input, also when the first call ends last", async () => {
    const inputs = Array.from({ length: 30 }, (_, index) => String(index));
    const results = inputs.map((input) => JSON.stringify(input));
    const [first, ...others] = inputs;
    for (const isOrdered of [true, false]) {
      using gate = new Gate(...others);
      const options = isOrdered ? [] : ["--unordered"];
      const words = ["run", "gated.ts", "-j2", ...options, ":::", ...inputs];
      const command = folder.start(words, { env: gate.env });
      await gate.hasArrived(inputs.length);
      // Unordered results do not wait for the first one; ordered ones do.
      if (!isOrdered) await command.printed(({ stdout }) => stdout.includes(`"${others[0]}"\n`));
      gate.open();
      const { lines } = await command.ended();
      expect(isOrdered ? lines : lines.toSorted()).toEqual(
        isOrdered ? results : results.toSorted(),
      );
      if (!isOrdered)
        expect(lines.indexOf(`"${others[0]}"`)).toBeLessThan(lines.indexOf(`"${first}"`));
    }
  });

  test("has the input and the outcome in each line with --tag", async () => {
    const { exitCode, lines } = await folder.run("upper.ts", "--tag", ":::", "a", "bad b");
    expect(exitCode).toBe(1);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { index: 0, input: "a", value: "A" },
      {
        index: 1,
        input: "bad b",
        error: {
          name: "RangeError",
          message: "bad b is refused\nfor a reason",
          place: expect.stringMatching(/^upper\.ts:2:\d+$/),
        },
      },
    ]);
    expect(await linesOf("args.ts", "--tag", "--json", ":::", ' {"a":\n1}')).toEqual([
      '{"index":0,"input":{"a":1},"value":[{"a":1}]}',
    ]);
  });
});

describe("--dry-run", () => {
  test("prints the calls and makes none", async () => {
    const words = ["--dry-run", "--arg", "k=v"];
    expect(await linesOf("fails.ts", ...words, ":::", "exits", 'a "b"')).toEqual([
      'fails("exits", {"k":"v"})',
      'fails("a \\"b\\"", {"k":"v"})',
    ]);
    expect(await Bun.file(join(folder.path, "attempts.txt")).exists()).toBe(false);
    expect(await linesOf("args.ts", "--dry-run", "--spread", ":::", "[1,null]")).toEqual([
      "args(1, null)",
    ]);
  });

  test("names what is no JSON", async () => {
    const { exitCode, stderr } = await folder.run(
      "args.ts",
      "--dry-run",
      "--json",
      ":::",
      "1",
      "{",
    );
    expect(exitCode).toBe(1);
    expect(stderr).toStartWith("1 of 2 failed:\n  {: SyntaxError: The line is no JSON: ");
  });
});

test("10,000 small files give 10,000 results in order, in one process", async () => {
  const files = Array.from(
    { length: 10_000 },
    (_, index) => `${String(index).padStart(5, "0")}.txt`,
  );
  await mkdir(join(folder.path, "small"));
  await Promise.all(
    files.map((file, index) => folder.write(`small/${file}`, "x".repeat(index % 100))),
  );
  expect(await linesOf("size.ts", "small/*.txt")).toEqual(
    files.map((_, index) => String(index % 100)),
  );
});

test("--help and --version print and succeed", async () => {
  const { version } = (await Bun.file(join(import.meta.dir, "../../package.json")).json()) as {
    version: string;
  };
  expect(await folder.ringpool(["--version"])).toMatchObject({ exitCode: 0, lines: [version] });
  for (const words of [["--help"], ["run", "-h"], ["help"]]) {
    const { exitCode, lines, stderr } = await folder.ringpool(words);
    expect({ exitCode, stderr, first: lines[0] }).toEqual({
      exitCode: 0,
      stderr: "",
      first: "ringpool run [options] MODULE[#NAME] [FILE|GLOB ...]",
    });
  }
});
