/**
 * The pages of the site, in the folder that the generator reads: copies of the repository's documents, a page for each other
 * file that they link to, and an index of the decisions. What the sidebar shows is in `pages/sidebar.json`, and where each
 * file of the repository is in the site is in `pages/places.json`.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { cp, rm } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileOf, leadsToFile } from "./links.ts";
import { inOrder } from "./order.ts";
import { entriesOf } from "./reference.ts";
import { PAGES } from "./tools.ts";

/** A line of the sidebar: a page, or a group of them. */
export interface SidebarItem {
  readonly text: string;
  readonly link?: string;
  readonly collapsed?: boolean;
  readonly items?: readonly SidebarItem[];
}

const DECISIONS = "docs/decisions";

/** The documents of the repository: every one of them is a page. */
export function documentsOf(root: string): string[] {
  const documents = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "examples/README.md",
    "native-queue/README.md",
  ];
  for (const folder of ["docs", DECISIONS]) {
    for (const file of new Bun.Glob("*.md").scanSync({ cwd: join(root, folder) }))
      documents.push(`${folder}/${file}`);
  }
  return documents.sort();
}

/** The first heading of a document, without its marks. */
export function titleOf(text: string): string {
  const [, heading = ""] = /^# (.+)$/m.exec(text) ?? [];
  return heading.replaceAll(/[`*]/g, "").trim();
}

/** The place of a document in the site. */
function placeOf(document: string): string {
  return document.replace(/README\.md$/, "index.md");
}

/** Writes all pages but those of the API reference. */
export async function writePages(root: string): Promise<void> {
  const pages = join(root, PAGES);
  const documents = documentsOf(root);
  const places: Record<string, string> = {};
  for (const document of documents) places[document] = placeOf(document);
  places[DECISIONS] = `${DECISIONS}/index.md`;

  await rm(pages, { recursive: true, force: true });
  await cp(join(root, "docs/plots"), join(pages, "docs/plots"), { recursive: true });
  for (const document of documents) {
    const text = readFileSync(join(root, document), "utf8");
    await Bun.write(join(pages, placeOf(document)), text);
    for (const file of filesLinkedFrom(text, document)) {
      if (Object.hasOwn(places, file) || !isFile(join(root, file))) continue;
      if (file.startsWith("docs/plots/")) continue;
      places[file] = `source/${file}.md`;
      await Bun.write(join(pages, `source/${file}.md`), pageOfFile(root, file));
    }
  }
  await Bun.write(join(pages, DECISIONS, "index.md"), indexOfDecisions(root, documents));
  await Bun.write(join(pages, "places.json"), JSON.stringify(places, undefined, 2));
}

/** Writes what the sidebar shows. The pages must be there, those of the API reference too. */
export async function writeSidebar(root: string): Promise<void> {
  const pages = join(root, PAGES);
  const documents = inOrder(documentsOf(root)).map(({ title, pages: inSection }) => ({
    text: title,
    collapsed: inSection.length > 20,
    items: inSection.map((document) => ({
      text: document === "README.md" ? "What it is" : titleOf(readPage(root, placeOf(document))),
      link: linkTo(placeOf(document)),
    })),
  }));
  const sidebar: SidebarItem[] = [...documents];
  const beforeProject = sidebar.findIndex(({ text }) => text === "The project");
  sidebar.splice(beforeProject, 0, referenceItem(root));
  await Bun.write(join(pages, "sidebar.json"), JSON.stringify(sidebar, undefined, 2));
}

function referenceItem(root: string): SidebarItem {
  const items = [...entriesOf(root).keys()].map((entry): SidebarItem => {
    const folder = `reference/${entry}`;
    const members = [
      ...new Bun.Glob("{classes,interfaces}/*.md").scanSync({
        cwd: join(root, PAGES, folder),
      }),
    ];
    return {
      text: entry,
      link: linkTo(`${folder}/index.md`),
      collapsed: true,
      items: members
        .map((file) => file.replaceAll("\\", "/"))
        .sort()
        .map((file) => ({ text: basename(file, ".md"), link: linkTo(`${folder}/${file}`) })),
    };
  });
  return { text: "API reference", link: linkTo("reference/index.md"), items };
}

function readPage(root: string, place: string): string {
  return readFileSync(join(root, PAGES, place), "utf8");
}

function linkTo(place: string): string {
  return `/${place.replace(/(?:index)?\.md$/, "")}`;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

/** The files that a document may link to. What stands in a code block is taken too, and does no harm. */
function filesLinkedFrom(text: string, document: string): string[] {
  return [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target]) => target as string)
    .filter(leadsToFile)
    .map((target) => fileOf(target, document));
}

/** A page that shows a file of the repository. */
function pageOfFile(root: string, file: string): string {
  const text = readFileSync(join(root, file), "utf8").trimEnd();
  const fence = "`".repeat(
    Math.max(3, ...[...text.matchAll(/`+/g)].map(([run]) => run.length + 1)),
  );
  const language = extname(file).slice(1) || "text";
  return `# ${basename(file)}\n\n\`${file}\`\n\n${fence}${language}\n${text}\n${fence}\n`;
}

function indexOfDecisions(root: string, documents: readonly string[]): string {
  const lines = documents
    .filter((document) => document.startsWith(`${DECISIONS}/`))
    .map((document) => {
      const title = titleOf(readFileSync(join(root, document), "utf8"));
      return `- [${title}](${basename(document)})`;
    });
  return `# Decisions\n\nWhy things are as they are, where a reader would otherwise ask.\n\n${lines.join("\n")}\n`;
}
