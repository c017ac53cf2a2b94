/** The documents: their links lead somewhere, and the files that they name exist. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { PAGES, ROOT } from "./pages.ts";

/** A path in a code span that begins with one of the repository's folders. */
const NAMED_PATH = /`((?:src|native-queue|test|docs|examples|bench|scripts)\/[\w./-]*)`/g;

/** The text without its code blocks, in which nothing is a link. */
function textOf(document: string): string {
  return readFileSync(join(ROOT, document), "utf8").replace(/^```[^]*?^```/gm, "");
}

/** The targets of all links and images that are not addresses on the web. */
function relativeLinksOf(text: string): string[] {
  const inline = /\]\(<?([^()\s<>]+)>?(?:\s+"[^"]*")?\)/g;
  const byReference = /^ {0,3}\[[^\]]+\]:\s+<?(\S+?)>?(?:\s|$)/gm;
  const inHtml = /\b(?:href|src|srcset)="([^"\s]+)"/g;
  return [inline, byReference, inHtml]
    .flatMap((form) => Array.from(text.matchAll(form)))
    .map(([, target]) => target as string)
    .filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors of all headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading as string);
  const counts = new Map<string, number>();
  return new Set(
    headings.map((heading) => {
      const anchor = heading
        .replaceAll(/\]\([^)]*\)/g, "]") // of a link only the text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-");
      const count = counts.get(anchor) ?? 0;
      counts.set(anchor, count + 1);
      return count === 0 ? anchor : `${anchor}-${count}`;
    }),
  );
}

/** What is wrong with a link, or undefined when it leads to a file and to a heading in it. */
function objectionTo(link: string, document: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const file =
    path === "" ? document : relative(ROOT, join(ROOT, dirname(document), decodeURI(path)));
  if (!existsSync(join(ROOT, file))) return `${link}: no such file`;
  if (anchor !== undefined && !anchorsOf(textOf(file)).has(anchor))
    return `${link}: no such heading`;
  return undefined;
}

describe.each(PAGES)("%s", (document) => {
  test("links to files and headings that exist", () => {
    const objections = relativeLinksOf(textOf(document)).map((link) => objectionTo(link, document));
    expect(objections.filter((objection) => objection !== undefined)).toEqual([]);
  });

  test("names files and folders that exist", () => {
    const named = [...textOf(document).matchAll(NAMED_PATH)].map(([, path]) => path as string);
    // What a build writes is there after the build alone.
    const missing = named.filter((path) => !existsSync(join(ROOT, path)) && !isBuilt(path));
    expect(missing).toEqual([]);
  });
});

/** Whether git ignores the file. */
function isBuilt(path: string): boolean {
  return Bun.spawnSync(["git", "check-ignore", "--quiet", path], { cwd: ROOT }).exitCode === 0;
}

/** What the package has of the repository, by package.json. */
const isPacked = (file: string): boolean =>
  manifest.files.some((part) => file === part || file.startsWith(`${part}/`));

test("pages of the package lead to pages of the package", () => {
  const objections = PAGES.filter(isPacked).flatMap((page) =>
    relativeLinksOf(textOf(page))
      .map((link) => link.split("#")[0] ?? "")
      .filter((path) => path !== "")
      .map((path) => relative(ROOT, join(ROOT, dirname(page), path)))
      .filter((file) => !isPacked(file))
      .map((file) => `${page}: ${file}`),
  );
  expect(objections).toEqual([]);
});

describe("the check of a link", () => {
  test("objects to a missing file and to a missing heading", () => {
    expect(objectionTo("docs/missing.md", "README.md")).toBe("docs/missing.md: no such file");
    expect(objectionTo("docs/security.md#missing", "README.md")).toBe(
      "docs/security.md#missing: no such heading",
    );
    expect(objectionTo("security.md#limits", "docs/architecture.md")).toBeUndefined();
  });

  test("finds links and images, and leaves out addresses on the web", () => {
    const text =
      '[a](b.md#c) ![d](e.svg "Title") [f](https://g.com) [h](<i.md>)\n\n[j]: k.md\n<img src="l.svg">';
    expect(relativeLinksOf(text)).toEqual(["b.md#c", "e.svg", "i.md", "k.md", "l.svg"]);
  });

  test("makes the anchor of a heading as GitHub does", () => {
    expect(anchorsOf("## `src/pool`: the parent's side\n")).toEqual(
      new Set(["srcpool-the-parents-side"]),
    );
    expect(anchorsOf("# A\n## A\n## [B](c.md)\n")).toEqual(new Set(["a", "a-1", "b"]));
  });
});

test("every decision record has the number of its file, and each number once", () => {
  const files = PAGES.filter((document) => document.startsWith("docs/decisions/"));
  const titles = files.map((file) => Number(/^# (\d+)\. /.exec(textOf(file))?.[1]));
  expect(new Set(titles).size).toBe(files.length);
  expect(files.map((file) => Number(/(\d{4})-[^/]*$/.exec(file)?.[1]))).toEqual(titles);
});
