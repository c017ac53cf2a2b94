import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileReport } from "../../examples/demo/file-report.ts";
import { listFolder } from "../../examples/demo/folder-listing.ts";
import type { ListedFile } from "../../examples/demo/folder-listing.ts";
import { compareOutcomes } from "../../examples/demo/outcomes.ts";
import type { Outcome } from "../../examples/demo/outcomes.ts";

let folder: string;
let file: ListedFile;
let outcome: Outcome & { report: object };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ringpool-demo-"));
  writeFileSync(join(folder, "file"), "some words\n");
  [file] = listFolder(folder).files as [ListedFile];
  outcome = { report: fileReport(file.path) };
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function compareWith(other: Outcome | undefined) {
  const others = new Map(other === undefined ? [] : [[file, other]]);
  return compareOutcomes([file], new Map([[file, outcome]]), others);
}

test("equal reports are no difference", () => {
  const other = { report: fileReport(file.path) };
  expect(compareWith(other)).toEqual({ different: [], changed: [] });
});

test.each(["bytes", "sha256", "gzipBytes", "lines", "words"])(
  "a report that differs in %s alone is a difference",
  (field) => {
    const other = { report: { ...outcome.report, [field]: "other" } } as unknown as Outcome;
    expect(compareWith(other)).toEqual({ different: [file], changed: [] });
  },
);

test("a failure in one way only is a difference", () => {
  expect(compareWith({ failure: "EACCES" })).toEqual({ different: [file], changed: [] });
});

test("an outcome in one way only is a difference", () => {
  expect(compareWith(undefined)).toEqual({ different: [file], changed: [] });
});

test("a file that was written to during the run is no difference, but is named", () => {
  writeFileSync(file.path, "other and more words\n");
  const other = { report: fileReport(file.path) };
  expect(compareWith(other)).toEqual({ different: [], changed: [file] });
});

test("a file that vanished during the run is no difference, but is named", () => {
  rmSync(file.path);
  expect(compareWith({ failure: "ENOENT" })).toEqual({ different: [], changed: [file] });
});
