/**
 * Every line between the rooms of src that `.oxlintrc.json` draws, crossed once: forbidden imports are refused with a
 * message that says what to do, allowed ones are not.
 *
 * All of it is one run of oxlint over a scratch tree. Each place is a file there with one import a line.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";

const root = join(import.meta.dir, "..");

/** The doors of each room: what a file of another room may import of it, if it may import the room at all. */
const DOORS = {
  pool: ["src/pool/index.ts"],
  "pool, for outcomes": ["src/pool/request/call-site.ts", "src/pool/request/exc-info.ts"],
  worker: ["src/worker/index.ts"],
  "worker, for inline": ["src/worker/run-loop.ts"],
  inline: ["src/inline/index.ts"],
  collections: ["src/collections/index.ts"],
  "collections, of their own": ["src/collections/shared-array.ts"],
  "collections, for a worker": ["src/collections/chunk-runner.ts"],
  "fork-join": ["src/fork-join/index.ts"],
  protocol: ["src/protocol/index.ts"],
  callable: ["src/callable/index.ts"],
  "callable, for a worker": ["src/callable/load.ts"],
  codec: ["src/codec/index.ts"],
  runtime: ["src/runtime/index.ts"],
  errors: ["src/errors.ts"],
  "native-queue": ["native-queue/index.ts"],
  trace: ["src/trace/index.ts"],
  timeline: ["src/timeline/index.ts"],
  metrics: ["src/metrics/index.ts"],
  index: ["src/index.ts"],
} as const;

type Room = keyof typeof DOORS;

const OF_POOL: readonly Room[] = [
  "collections",
  "inline",
  "protocol",
  "callable",
  "callable, for a worker",
  "codec",
  "runtime",
  "errors",
  "native-queue",
];

/** A folder of the scratch tree, and which rooms its files may import. */
interface Place {
  readonly file: string;
  readonly rooms: readonly Room[];
  /** What the message must say, so that its reader knows what to do. */
  readonly says: RegExp;
  /** Own files that it may import and may not. */
  readonly own: readonly string[];
  readonly notOwn: readonly string[];
}

function place(
  file: string,
  rooms: readonly Room[],
  says: RegExp,
  own: readonly string[] = [posix.join(posix.dirname(file), "beside.ts")],
  notOwn: readonly string[] = [],
): Place {
  return { file, rooms, says, own, notOwn };
}

/** The files beside the folders of pool that these may import. */
const BESIDE = ["options", "checks", "events", "linked-list"].map((name) => `src/pool/${name}.ts`);
const FOLDERS = ["event-loop", "request", "queue", "supervision", "delivery"];

/** A folder of pool: it imports those before it in `FOLDERS`, and none after it. */
function folderOfPool(folder: string, own: readonly string[], notOwn: readonly string[]): Place {
  const at = FOLDERS.indexOf(folder);
  const below = FOLDERS.slice(0, at).map((other) => `src/pool/${other}/case.ts`);
  const above = FOLDERS.slice(at + 1).map((other) => `src/pool/${other}/case.ts`);
  const never = ["src/pool/thread-pool.ts", "src/pool/index.ts", "src/pool/admission.ts"];
  return place(
    `src/pool/${folder}/case.ts`,
    OF_POOL,
    new RegExp(`^(${folder}|pool) imports `),
    [`src/pool/${folder}/beside.ts`, ...below, ...own],
    [...above, ...never, ...notOwn],
  );
}

const thread = "src/pool/worker-thread.ts";
const places: readonly Place[] = [
  place(
    "src/index.ts",
    [
      "pool",
      "collections",
      "collections, of their own",
      "trace",
      "callable",
      "codec",
      "protocol",
      "errors",
    ],
    /^src\/index\.ts imports /,
    [],
  ),
  place("src/errors.ts", [], /^errors\.ts imports nothing/, []),
  place(
    "src/pool/case.ts",
    [...OF_POOL, "trace"],
    /^(pool imports |Only the door of pool )/,
    ["src/pool/beside.ts", ...FOLDERS.map((folder) => `src/pool/${folder}/case.ts`)],
    ["src/pool/thread-pool.ts", "src/pool/index.ts"],
  ),
  place("src/pool/index.ts", [], /^The door of pool exports /, ["src/pool/thread-pool.ts"]),
  place(
    "src/pool/options.ts",
    [...OF_POOL, "trace"],
    /^(pool imports |The folders of pool stand on this file)/,
    ["src/pool/checks.ts"],
    FOLDERS.map((folder) => `src/pool/${folder}/case.ts`),
  ),
  folderOfPool("event-loop", [], [...BESIDE, thread]),
  folderOfPool("request", BESIDE, [thread]),
  folderOfPool("queue", BESIDE, [thread]),
  folderOfPool("supervision", [...BESIDE, thread], []),
  folderOfPool("delivery", [...BESIDE, thread], []),
  place(
    "src/worker/case.ts",
    [
      "collections, for a worker",
      "fork-join",
      "protocol",
      "callable, for a worker",
      "codec",
      "runtime",
      "errors",
      "native-queue",
    ],
    /^worker imports .* what both need stands in protocol/,
  ),
  place(
    "src/inline/case.ts",
    ["worker, for inline", "protocol", "runtime", "errors", "native-queue"],
    /^inline imports worker\/run-loop\.ts/,
  ),
  place(
    "src/collections/case.ts",
    ["callable", "callable, for a worker", "codec", "runtime", "errors", "native-queue"],
    /^collections imports /,
  ),
  place(
    "src/fork-join/case.ts",
    [
      "protocol",
      "callable",
      "callable, for a worker",
      "codec",
      "runtime",
      "errors",
      "native-queue",
    ],
    /^fork-join imports /,
  ),
  place(
    "src/protocol/case.ts",
    ["callable, for a worker", "codec", "runtime", "errors", "native-queue"],
    /^protocol imports /,
  ),
  place("src/callable/case.ts", ["runtime", "errors"], /^callable imports /),
  place("src/codec/case.ts", ["runtime", "errors"], /^codec imports /),
  place("src/codec/columns/case.ts", ["runtime", "errors"], /^codec imports /, [
    "src/codec/columns/beside.ts",
    "src/codec/encoder.ts",
  ]),
  place("src/trace/case.ts", ["runtime"], /^trace imports runtime/),
  place("src/timeline/case.ts", ["trace", "runtime", "errors"], /^timeline imports trace/),
  place("src/metrics/case.ts", ["index", "trace", "runtime"], /^metrics imports src\/index\.ts/),
  place("src/cli/case.ts", ["index", "runtime"], /^cli imports src\/index\.ts/),
  place(
    "src/cluster/case.ts",
    ["index", "pool, for outcomes", "codec", "runtime", "errors"],
    /^cluster imports src\/index\.ts/,
  ),
  place("src/runtime/case.ts", ["errors"], /^runtime imports errors\.ts alone/),
  place("native-queue/case.ts", [], /^native-queue imports nothing outside its folder/),
  place("src/build/case.ts", [], /^build imports nothing of ringpool/),
  place("src/new-room/case.ts", [], /^This folder is no room yet/, []),
];

/** Every form of an import of a literal. */
const FORMS: readonly ((path: string, name: string) => string)[] = [
  (path, name) => `import { ${name} } from "${path}"; ${name}();`,
  (path, name) => `import type { ${name} } from "${path}"; export type Of${name} = ${name};`,
  (path) => `import "${path}";`,
  (path) => `void import("${path}");`,
  (path, name) => `export { ${name} } from "${path}";`,
  (path, name) => `export type { ${name} } from "${path}";`,
  (path) => `export * from "${path}";`,
];

interface Line {
  readonly place: Place;
  readonly line: number;
  readonly path: string;
  readonly isAllowed: boolean;
  readonly says: RegExp;
}

const files = new Map<string, string[]>();
const lines: Line[] = [];

function add(of: Place, code: string, path: string, isAllowed: boolean, says: RegExp = of.says) {
  const text = files.get(of.file) ?? [];
  files.set(of.file, text);
  const line = text.push(code);
  lines.push({ place: of, line, path, isAllowed, says });
}

function pathTo(from: Place, file: string): string {
  const path = posix.relative(posix.dirname(from.file), file);
  return path.startsWith(".") ? path : `./${path}`;
}

function roomOf(file: string): string {
  return file.startsWith("native-queue/") ? "native-queue" : (file.split("/")[1] as string);
}

for (const of of places) {
  let count = 0;
  const addAll = (file: string, isAllowed: boolean): void => {
    const path = pathTo(of, file);
    for (const form of FORMS) add(of, form(path, `Name${count++}`), path, isAllowed);
  };
  for (const [room, doors] of Object.entries(DOORS)) {
    for (const door of doors) {
      if (roomOf(door) === roomOf(of.file)) continue;
      addAll(door, of.rooms.includes(room as Room));
      // A file behind the door.
      if (door.endsWith("/index.ts")) addAll(door.replace("index.ts", "behind/inner.ts"), false);
      if (door.endsWith("/index.ts")) addAll(door.replace("index.ts", "inner.ts"), false);
    }
  }
  for (const file of of.own) addAll(file, true);
  for (const file of of.notOwn) addAll(file, false);
  const isQueue = of.file.startsWith("native-queue/");
  const shipped = isQueue ? of.says : /^src is shipped/;
  const up = "../".repeat(of.file.split("/").length - 1);
  for (const folder of ["test", "examples", "bench", "scripts"])
    add(of, `import "${up}${folder}/x.ts";`, folder, false, shipped);
  const packages = isQueue ? of.says : /no runtime dependencies/;
  for (const name of ["lodash", "@scope/name", "bun", "file:///x.ts"])
    add(of, `import "${name}";`, name, false, packages);
  for (const name of ["node:fs", "bun:jsc"]) {
    add(of, `import "${name}";`, name, !isQueue);
  }
  // Detours to a file that the place may not import.
  for (const path of [
    "./../worker/x.ts",
    "./inner/../../worker/x.ts",
    "../pool/../worker/x.ts",
    "..",
  ])
    add(of, `import "${path}";`, path, false, isQueue ? /./ : /shortest path|imports/);
}

/** What oxlint has said of each line. */
const messages = new Map<string, string[]>();
let scratch = "";

interface Diagnostic {
  readonly code: string;
  readonly filename: string;
  readonly help?: string;
  readonly labels: readonly { readonly span: { readonly line: number } }[];
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "ringpool layers "));
  await cp(join(root, ".oxlintrc.json"), join(scratch, ".oxlintrc.json"));
  for (const [file, text] of files) {
    await mkdir(dirname(join(scratch, file)), { recursive: true });
    await Bun.write(join(scratch, file), `${text.join("\n")}\n`);
  }
  await Bun.write(
    join(scratch, "src/codec/type-of-import.ts"),
    `export type Of = import("../worker/index.ts").Of;\n`,
  );
  const report = join(scratch, "report.json");
  const oxlint = join(root, "node_modules/.bin/oxlint");
  const child = Bun.spawn([process.execPath, "--bun", oxlint, "-f", "json"], {
    cwd: scratch,
    env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env["PATH"]}` },
    // Into a file: oxlint does not wait for a pipe that is full.
    stdout: Bun.file(report),
    stderr: "inherit",
  });
  await child.exited;
  const { diagnostics } = (await Bun.file(report).json()) as { diagnostics: readonly Diagnostic[] };
  for (const { code, filename, help = "", labels } of diagnostics) {
    if (!/no-restricted-imports|consistent-type-imports/.test(code)) continue;
    const key = `${filename}:${labels[0]?.span.line}`;
    messages.set(key, [...(messages.get(key) ?? []), help]);
  }
});
afterAll(() => rm(scratch, { recursive: true }));

describe.each(places)("$file", (of) => {
  const own = lines.filter((line) => line.place === of);
  const saidOf = ({ line }: Line): string[] => messages.get(`${of.file}:${line}`) ?? [];

  test("is refused every import that its room may not have, with what to do", () => {
    const forbidden = own.filter(({ isAllowed }) => !isAllowed);
    expect(forbidden.length).toBeGreaterThan(20);
    const accepted = forbidden.filter((line) => !saidOf(line).some((said) => line.says.test(said)));
    expect(accepted.map((line) => `${line.path}: ${saidOf(line).join("; ")}`)).toEqual([]);
  });

  test("is granted every other import", () => {
    const refused = own.filter((line) => line.isAllowed && saidOf(line).length > 0);
    expect(refused.map((line) => `${line.path}: ${saidOf(line).join("; ")}`)).toEqual([]);
  });
});

test('a type written import("…"), which the other rule does not see, is refused', () => {
  expect(messages.has("src/codec/type-of-import.ts:1")).toBe(true);
});
