/** The pages for those who come from other pools name each option and each method that these have. */
import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./pages.ts";

const MODULES = join(ROOT, "bench/node_modules");

/** The words in the code spans of a page's tables. */
function namedIn(page: string): Set<string> {
  const tables = readFileSync(join(ROOT, "docs", page), "utf8").match(/^\|.*$/gm) ?? [];
  return new Set(
    tables
      .flatMap((row) => row.match(/`[^`]+`/g) ?? [])
      .flatMap((span) => span.match(/\w+/g) ?? []),
  );
}

/** The public members of an interface, a class or a type in a file of types. */
function membersOf(file: string, name: string): string[] {
  const types = readFileSync(join(MODULES, file), "utf8");
  const body = new RegExp(`(?:interface|class|type) ${name}\\b[^{]*\\{\\n([^]*?)^\\}`, "m").exec(
    types,
  )?.[1];
  if (body === undefined) throw new Error(`The file has no such type: name=${name} file=${file}`);
  const members = [
    ...body.matchAll(/^(?: {2}| {4})(?:readonly |static |get |set )*(\w+)[?<(:]/gm),
  ].map(([, member]) => member as string);
  expect(members.length).toBeGreaterThan(0);
  return [...new Set(members)].filter(
    (member) => !["constructor", "private"].includes(member) && !member.startsWith("_"),
  );
}

const OTHERS: readonly (readonly [page: string, file: string, types: readonly string[]])[] = [
  ["from-piscina.md", "piscina/dist/index.d.ts", ["Options", "RunOptions", "Piscina"]],
  ["from-piscina.md", "tinypool/dist/index.d.ts", ["Options", "RunOptions", "Tinypool"]],
  [
    "from-workerpool.md",
    "workerpool/types/types.d.ts",
    ["WorkerPoolOptions", "ExecOptions", "WorkerRegisterOptions"],
  ],
  ["from-workerpool.md", "workerpool/types/Pool.d.ts", ["Pool"]],
  ["from-workerpool.md", "workerpool/types/Promise.d.ts", ["Promise"]],
  ["from-synckit.md", "synckit/lib/types.d.ts", ["SynckitOptions"]],
];

describe.each(OTHERS)("%s", (page, file, types) => {
  const named = namedIn(page);
  test.each(types.map((type) => [type]))(`names all of ${file}: %s`, (type) => {
    // What a pool of workerpool has beside its methods are its options.
    const inner = new Set(["nodeWorker", "Piscina"]);
    expect(
      membersOf(file, type).filter((member) => !named.has(member) && !inner.has(member)),
    ).toEqual([]);
  });
});

const PYTHON = Bun.which("python3");
const CLASSES = `
import concurrent.futures as f, multiprocessing.pool as m, inspect
for c in (m.Pool, m.AsyncResult, f.ThreadPoolExecutor, f.ProcessPoolExecutor, f.Future):
    print(*[n for n in dir(c) if n[0] != "_"])
for c in (m.Pool, f.ThreadPoolExecutor, f.ProcessPoolExecutor):
    print(*[n for n in inspect.signature(c).parameters])
print(*f.__all__)
`;

test.skipIf(PYTHON === null)(
  "from-python.md names all of Python's pools (needs python3: apt-get install python3)",
  () => {
    const { stdout } = Bun.spawnSync([PYTHON as string, "-c", CLASSES]);
    const names = String(stdout)
      .split(/\s+/)
      .filter((name) => name !== "");
    expect(names.length).toBeGreaterThan(40);
    const named = namedIn("from-python.md");
    // "Executor" is the base class of the two that the page names.
    expect(names.filter((name) => name !== "Executor" && !named.has(name))).toEqual([]);
  },
);
