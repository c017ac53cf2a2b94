/** What the site is made of: its pages and their order, its links, and the entries of the API reference. */
import { describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { anchorOf, linkOnSite } from "../../scripts/docs/links.ts";
import { SECTIONS, inOrder } from "../../scripts/docs/order.ts";
import { documentsOf, titleOf } from "../../scripts/docs/pages.ts";
import { entriesOf } from "../../scripts/docs/reference.ts";

const root = join(import.meta.dir, "../..");

describe("the order of the pages", () => {
  test("names every page; a new one is added to SECTIONS in scripts/docs/order.ts", () => {
    const titles = new Set(SECTIONS.map(({ title }) => title));
    const missing = inOrder(documentsOf(root)).filter(({ title }) => !titles.has(title));
    expect(missing.flatMap(({ pages }) => pages)).toEqual([]);
  });

  test("has each page once", () => {
    const pages = inOrder(documentsOf(root)).flatMap((section) => section.pages);
    expect(pages.toSorted()).toEqual(documentsOf(root));
  });

  test("puts a page that it does not name behind all others", () => {
    const sections = inOrder(["docs/unknown.md", "README.md", "docs/from-other.md"]);
    expect(sections.map(({ pages }) => pages)).toEqual([
      ["README.md"],
      ["docs/from-other.md"],
      ["docs/unknown.md"],
    ]);
  });

  test("takes a new document without being told of it", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ringpool-pages-"));
    await mkdir(join(folder, "docs/decisions"), { recursive: true });
    await Bun.write(join(folder, "docs/new.md"), "# New\n");
    await Bun.write(join(folder, "docs/site/README.md"), "# No page\n");
    expect(documentsOf(folder)).toContain("docs/new.md");
    expect(documentsOf(folder)).not.toContain("docs/site/README.md");
    await rm(folder, { recursive: true });
  });
});

test("the page of examples has each of them", async () => {
  const page = await Bun.file(join(root, "examples/README.md")).text();
  const listed = [...page.matchAll(/\]\(([\w-]+\.ts)\)/g)].map(([, name]) => name as string);
  const examples = [...new Bun.Glob("*.ts").scanSync({ cwd: join(root, "examples") })];
  expect(listed.toSorted()).toEqual(examples.toSorted());
});

describe("a link of a document", () => {
  const places = {
    "README.md": "index.md",
    LICENSE: "source/LICENSE.md",
    "docs/streams.md": "docs/streams.md",
    "docs/decisions": "docs/decisions/index.md",
    "docs/decisions/0001-one.md": "docs/decisions/0001-one.md",
  };
  test.each([
    ["docs/streams.md#the-context", "index.md", "./docs/streams.md#the-context"],
    ["../README.md", "docs/streams.md", "../index.md"],
    ["LICENSE", "index.md", "./source/LICENSE.md"],
    ["decisions/", "docs/streams.md", "./decisions/index.md"],
    ["../streams.md", "docs/decisions/0001-one.md", "../streams.md"],
    ["#limits", "docs/streams.md", "#limits"],
    ["https://bun.com/docs#x", "docs/streams.md", "https://bun.com/docs#x"],
    ["missing.md", "docs/streams.md", "missing.md"],
    ["interfaces/Some.md#x", "reference/ringpool/index.md", "interfaces/Some.md#x"],
  ])("%s on the page %s leads to %s", (target, page, expected) => {
    expect(linkOnSite(target, page, places)).toBe(expected);
  });
});

test.each([
  ["`src/pool`: the parent's side", "srcpool-the-parents-side"],
  ["What may import what", "what-may-import-what"],
  ["broadcast()", "broadcast"],
])("the anchor of the heading %s is that of GitHub", (heading, anchor) => {
  expect(anchorOf(heading)).toBe(anchor);
});

test("the title of a page is its first heading, without marks", () => {
  expect(titleOf("Text.\n\n# The command `ringpool run`\n\n# Other\n")).toBe(
    "The command ringpool run",
  );
});

describe("the API reference", () => {
  test("has an entry for each of package.json", async () => {
    const { exports } = (await Bun.file(join(root, "package.json")).json()) as {
      exports: Record<string, unknown>;
    };
    const paths = Object.keys(exports).filter((path) => path !== "./package.json");
    expect([...entriesOf(root).keys()]).toEqual(paths.map((path) => `ringpool${path.slice(1)}`));
  });

  test.each([...entriesOf(root)])(
    "describes %s: the comment at the top of its source ends with @module and that name",
    async (entry, source) => {
      const text = await Bun.file(join(root, source)).text();
      expect(/^\/\*\*[^]*?\* @module (\S+)\n \*\//.exec(text)?.[1]).toBe(entry);
    },
  );
});
