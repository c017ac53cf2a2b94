/** What has to be true before a version is released. Each rule says what is wrong, a sentence for each reason. */
import { join } from "node:path";
import { $ } from "bun";
import { filesOf, objectionsOfAttw, objectionsOfPublint } from "./archive.ts";
import { objectionsToChangeLog } from "./change-log.ts";
import { objectionsToFiles, objectionsToSize } from "./packed-files.ts";

/** The checkout that is to be released. */
export interface Candidate {
  readonly root: string;
  /** The path of the packed archive; it is packed when a rule first asks for it. */
  archive(): Promise<string>;
}

/** What keeps a candidate from being released, a sentence each. */
type Rule = (candidate: Candidate) => Promise<string[]>;

/** The grammar of https://semver.org. */
const SEMANTIC =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-z-][0-9a-z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-z-][0-9a-z-]*))*)?(?:\+[0-9a-z-]+(?:\.[0-9a-z-]+)*)?$/i;

/** The tests of the packed package, in projects of other people. */
const CONSUMER_TESTS = ["./test/package.test.ts", "./test/package"];

/** All rules, the quick ones first. */
export const RULES: Readonly<Record<string, Rule>> = {
  async tree({ root }) {
    const { stdout, exitCode } = await $`git status --porcelain`.cwd(root).nothrow().quiet();
    if (exitCode !== 0) return [`The folder is no checkout of git: folder=${root}`];
    const changed = stdout.toString().split("\n").filter(Boolean);
    if (changed.length === 0) return [];
    const files = changed.map((line) => line.slice(3)).join(",");
    return [
      `The checkout has changes that are not committed; commit or remove them: files=${files}`,
    ];
  },

  async version({ root }) {
    const version = await versionOf(root);
    if (!SEMANTIC.test(version))
      return [
        `The version of package.json is no semantic version, such as 1.2.3: version=${version}`,
      ];
    const tag = `v${version}`;
    const { stdout } = await $`git rev-list -n 1 ${`refs/tags/${tag}`} --`
      .cwd(root)
      .nothrow()
      .quiet();
    const tagged = stdout.toString().trim();
    const head = (await $`git rev-parse HEAD`.cwd(root).nothrow().quiet()).stdout.toString().trim();
    return tagged === "" || tagged === head
      ? []
      : [
          `The version was released from another commit; give package.json the next one: tag=${tag} commit=${tagged}`,
        ];
  },

  async changelog({ root }) {
    const text = await Bun.file(join(root, "CHANGELOG.md")).text();
    return objectionsToChangeLog(text, await versionOf(root), new Date());
  },

  async files(candidate) {
    return objectionsToFiles((await filesOf(await candidate.archive())).keys());
  },

  async size(candidate) {
    const archive = await candidate.archive();
    const sizes = [...(await filesOf(archive)).values()];
    return objectionsToSize(
      Bun.file(archive).size,
      sizes.reduce((sum, bytes) => sum + bytes, 0),
    );
  },

  publint: async (candidate) => objectionsOfPublint(await candidate.archive()),

  attw: async (candidate) => objectionsOfAttw(candidate.root, await candidate.archive()),

  async consumers({ root }) {
    const { exitCode, stdout, stderr } =
      await $`${process.execPath} test --timeout 180000 ${CONSUMER_TESTS}`
        .cwd(root)
        .nothrow()
        .quiet();
    if (exitCode === 0) return [];
    const printed = stdout.toString() + stderr.toString();
    const failed = [...printed.matchAll(/^\(fail\) (.+?)(?: \[[\d.]+ms\])?$/gm)].map(
      ([, title]) => title,
    );
    return failed.length === 0
      ? [`The tests of the packed package did not run to their end: exitCode=${exitCode}`]
      : failed.map(
          (title) => `A test of the packed package fails; run bun test test/package: test=${title}`,
        );
  },
};

async function versionOf(root: string): Promise<string> {
  const { version } = (await Bun.file(join(root, "package.json")).json()) as { version?: unknown };
  return String(version);
}
