/** The change log: its form, and what keeps a version from being released with it. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { objectionsToChangeLog } from "../../scripts/release/change-log.ts";

const TODAY = new Date("2026-12-01");
const GOOD = `# Changelog

The format is that of [Keep a Changelog](https://keepachangelog.com).

## Unreleased

## [1.2.0] - 2026-11-30

### Added

- Something.

## [1.1.0] - 2026-10-01

### Fixed

- Something else.
`;

test("a change log with a section for the version, and nothing unreleased, is accepted", () => {
  expect(objectionsToChangeLog(GOOD, "1.2.0", TODAY)).toEqual([]);
});

describe("a version is not released when", () => {
  test.each([
    [
      "it has no section",
      GOOD.replace(/## \[1\.2\.0\][^]*?(?=## \[1\.1\.0\])/, ""),
      'CHANGELOG.md has no section for the version of package.json; write one: heading="## [1.2.0] - 2026-12-01"',
    ],
    [
      "changes are left under Unreleased",
      GOOD.replace("## Unreleased\n", "## Unreleased\n\n### Added\n\n- More.\n"),
      'CHANGELOG.md still has changes under "Unreleased"; move them into the section of the version: version=1.2.0',
    ],
    [
      "there is no section Unreleased",
      GOOD.replace("## Unreleased\n\n", ""),
      'CHANGELOG.md has no section "Unreleased"; add an empty one above all others',
    ],
    [
      "a newer version has a section",
      GOOD.replace("## [1.2.0]", "## [1.3.0] - 2026-11-30\n\n### Added\n\n- More.\n\n## [1.2.0]"),
      "The newest section of CHANGELOG.md is not that of the version of package.json: newest=1.3.0 version=1.2.0",
    ],
    [
      "its section is empty",
      GOOD.replace("### Added\n\n- Something.\n\n", ""),
      "The section of the version in CHANGELOG.md is empty: version=1.2.0",
    ],
    [
      "its date is no day",
      GOOD.replace("2026-11-30", "2026-13-30"),
      "The section of the version in CHANGELOG.md has no date, such as 2026-12-01: version=1.2.0",
    ],
    [
      "its date is in the future",
      GOOD.replace("2026-11-30", "2026-12-24"),
      "The section of the version in CHANGELOG.md is dated in the future: version=1.2.0 date=2026-12-24",
    ],
  ])("%s", (_, text, sentence) => {
    expect(text).not.toBe(GOOD);
    expect(objectionsToChangeLog(text, "1.2.0", TODAY)).toEqual([sentence]);
  });

  test.each([
    [
      "the change log has a kind of change that there is none of",
      GOOD.replace("### Fixed", "## Fixed"),
    ],
    ["its heading has no date", GOOD.replace(" - 2026-11-30", " yesterday")],
  ])("%s", (_, text) => {
    expect(text).not.toBe(GOOD);
    expect(objectionsToChangeLog(text, "1.2.0", TODAY)).toEqual([
      expect.stringMatching(/^CHANGELOG\.md is not in the form of Keep a Changelog: ./),
    ]);
  });
});

test("the change log of the repository is in the form of Keep a Changelog", async () => {
  const text = await Bun.file(join(import.meta.dir, "../../CHANGELOG.md")).text();
  const objections = objectionsToChangeLog(text, "0.0.0-none", TODAY);
  expect(
    objections.filter((objection) => /form of|no section "Unreleased"/.test(objection)),
  ).toEqual([]);
});
