/** `bun run release:check`: in a scratch copy of the checkout each rule is broken once, and says so in one sentence. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  MOST_ARCHIVE_BYTES,
  MOST_INSTALLED_BYTES,
  objectionsToSize,
} from "../../scripts/release/packed-files.ts";
import { PackedArchive } from "../../scripts/release/archive.ts";
import { RULES } from "../../scripts/release/rules.ts";
import { copyCheckout, run, runOrThrow } from "../package/project.ts";
import type { Ran } from "../package/project.ts";

// It packs, and the machine may be busy.
setDefaultTimeout(180_000);

const folder = await mkdtemp(join(tmpdir(), "ringpool-release-"));
const root = join(folder, "checkout");
const today = new Date().toISOString().slice(0, 10);
let packed: PackedArchive;

const git = (...words: readonly string[]): Promise<string> =>
  runOrThrow(
    root,
    "git",
    "-c",
    "user.name=a",
    "-c",
    "user.email=a@b",
    "-c",
    "commit.gpgsign=false",
    ...words,
  );

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const path = join(root, file);
  const text = await Bun.file(path).text();
  const changed = change(text);
  expect(changed).not.toBe(text);
  await Bun.write(path, changed);
}

beforeAll(async () => {
  await copyCheckout(root);
  await Bun.write(join(root, ".gitignore"), "node_modules\ndist/\n");
  // What is unreleased becomes the section of the version.
  const { version } = (await Bun.file(join(root, "package.json")).json()) as { version: string };
  await edit("CHANGELOG.md", (text) =>
    text
      .replaceAll(new RegExp(`^## \\[?${RegExp.escape(version)}\\]?.*$`, "gm"), "")
      .replace(/^## Unreleased$/m, `## Unreleased\n\n## [${version}] - ${today}`),
  );
  await git("init", "--quiet");
  await git("add", "-A");
  await git("commit", "--quiet", "--message=all");
  packed = await PackedArchive.pack(root);
});
afterAll(async () => {
  await packed[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What a rule says of the scratch copy. */
async function saidBy(rule: string, archive: string = packed.path): Promise<string[]> {
  return (RULES[rule] as (typeof RULES)[string])({ root, archive: () => Promise.resolve(archive) });
}

/** Breaks the scratch copy, asks a rule, and mends it. */
async function saidAfter(rule: string, break_: () => Promise<unknown>): Promise<string[]> {
  try {
    await break_();
    return await saidBy(rule);
  } finally {
    await git("reset", "--quiet", "--hard");
    await git("clean", "--quiet", "--force", "-d");
  }
}

/** An archive whose files are other ones; undefined leaves a file out. */
async function archiveWith(files: Readonly<Record<string, string | undefined>>): Promise<string> {
  const all: Record<string, Blob | string> = Object.fromEntries(
    await new Bun.Archive(await Bun.file(packed.path).bytes()).files(),
  );
  for (const [file, text] of Object.entries(files)) {
    if (text === undefined) delete all[`package/${file}`];
    else all[`package/${file}`] = text;
  }
  const path = join(folder, "other.tgz");
  await Bun.Archive.write(path, all, { compress: "gzip" });
  return path;
}

test("a checkout whose release is prepared passes", async () => {
  const said = await Promise.all(
    Object.keys(RULES)
      .filter((rule) => rule !== "consumers") // test/package.test.ts and test/package are these
      .map(async (rule) => [rule, await saidBy(rule)]),
  );
  expect(said.filter(([, sentences]) => (sentences as string[]).length > 0)).toEqual([]);
});

describe("a release is refused, in one sentence, for", () => {
  test("a change that is not committed", async () => {
    const said = await saidAfter("tree", () => Bun.write(join(root, "src/new.ts"), "export {};\n"));
    expect(said).toEqual([
      "The checkout has changes that are not committed; commit or remove them: files=src/new.ts",
    ]);
  });

  test("a version that is no semantic one", async () => {
    const said = await saidAfter("version", () =>
      edit("package.json", (text) => text.replace(/"version": ".*"/, '"version": "1.2"')),
    );
    expect(said).toEqual([
      "The version of package.json is no semantic version, such as 1.2.3: version=1.2",
    ]);
  });

  test("a version that another commit has", async () => {
    const said = await saidAfter("version", async () => {
      await edit("package.json", (text) => text.replace(/"version": ".*"/, '"version": "9.9.9"'));
      await git("tag", "v9.9.9");
      await git("commit", "--quiet", "--all", "--message=later");
    });
    expect(said).toEqual([
      expect.stringMatching(
        /^The version was released from another commit; give package\.json the next one: tag=v9\.9\.9 commit=\w{40}$/,
      ),
    ]);
    await git("reset", "--quiet", "--hard", "HEAD^");
  });

  test("a version without a section of the change log", async () => {
    const said = await saidAfter("changelog", () =>
      edit("package.json", (text) => text.replace(/"version": ".*"/, '"version": "9.9.9"')),
    );
    expect(said).toEqual([
      `CHANGELOG.md has no section for the version of package.json; write one: heading="## [9.9.9] - ${today}"`,
    ]);
  });

  test("a file that nobody expects", async () => {
    const archive = await archiveWith({ "docs/site/config.ts": "export {};" });
    expect(await saidBy("files", archive)).toEqual([
      expect.stringMatching(
        /^The archive holds a file that no rule .* expects; .*: file=docs\/site\/config\.ts$/,
      ),
    ]);
  });

  test("a file that is missing", async () => {
    const archive = await archiveWith({ "dist/worker.d.cts": undefined });
    expect(await saidBy("files", archive)).toEqual([
      "The archive lacks a file that the package needs: file=dist/worker.d.cts",
    ]);
  });

  test("its size", async () => {
    const archive = await archiveWith({ "docs/large.md": "x".repeat(MOST_INSTALLED_BYTES) });
    expect(await saidBy("size", archive)).toEqual([
      expect.stringMatching(
        /^The installed files are larger than they may be: bytes=\d+ limit=\d+$/,
      ),
    ]);
    expect(objectionsToSize(MOST_ARCHIVE_BYTES + 1, 0)).toEqual([
      `The archive is larger than it may be: bytes=${MOST_ARCHIVE_BYTES + 1} limit=${MOST_ARCHIVE_BYTES}`,
    ]);
    expect(objectionsToSize(MOST_ARCHIVE_BYTES, MOST_INSTALLED_BYTES)).toEqual([]);
  });

  test("an entry without a file, which publint sees", async () => {
    const archive = await archiveWith({ "dist/build.js": undefined });
    const said = await saidBy("publint", archive);
    expect(said.length).toBeGreaterThan(0);
    for (const sentence of said)
      expect(sentence).toMatch(/^publint objects to the archive: .*dist\/build\.js/);
  });

  test("types that do not resolve, which attw sees", async () => {
    const archive = await archiveWith({ "dist/worker.d.ts": undefined });
    const said = await saidBy("attw", archive);
    expect(said.length).toBeGreaterThan(0);
    for (const sentence of said)
      expect(sentence).toMatch(
        /^attw objects to the types of an entry: problem=\w+ entry=\.\/worker resolution=\w+/,
      );
  });

  test("a test of the packed package that fails", async () => {
    const said = await saidAfter("consumers", () =>
      Bun.write(
        join(root, "test/package.test.ts"),
        'import { expect, test } from "bun:test";\ntest("is installed", () => expect(1).toBe(2));\n',
      ),
    );
    expect(said).toEqual([
      "A test of the packed package fails; run bun test test/package: test=is installed",
    ]);
  });
});

describe("the command", () => {
  const releaseCheck = (...rules: readonly string[]): Promise<Ran> =>
    run(root, process.execPath, "scripts/release-check.ts", ...rules);

  test("succeeds when all rules that it is asked for are kept", async () => {
    expect(await releaseCheck("tree", "version", "changelog")).toEqual({
      stdout: "ok    tree\nok    version\nok    changelog\nThis checkout can be released.\n",
      stderr: "",
      exitCode: 0,
    });
  });

  test("fails with each reason on a line", async () => {
    await Bun.write(join(root, "one.txt"), "1");
    const { stdout, stderr, exitCode } = await releaseCheck("tree", "version");
    await rm(join(root, "one.txt"));
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: "ok    version\nIt cannot be released: reasons=1\n",
      stderr:
        "FAIL  tree  The checkout has changes that are not committed; commit or remove them: files=one.txt\n",
      exitCode: 1,
    });
  });

  test("refuses a rule that there is none of", async () => {
    const { stderr, exitCode } = await releaseCheck("speed");
    expect({ stderr, exitCode }).toEqual({
      stderr: `no such rule: speed; rules=${Object.keys(RULES).join(",")}\n`,
      exitCode: 2,
    });
  });
});
