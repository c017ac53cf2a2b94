/**
 * Turns a folder of Markdown files into HTML files, with the library `marked` in the workers.
 *
 *     bun examples/markdown-site.ts [folder of Markdown] [folder for HTML]      default: docs, and a new temporary folder
 *
 * Prints one line for each page, in the order of their names, and how many there are. Needs `bun add marked`.
 */
import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { marked } from "marked";
import { ThreadPool } from "ringpool";

interface Page {
  readonly title: string;
  readonly words: number;
}

/** Runs in a worker: reads a Markdown file and writes the page. */
export async function renderPage(source: string, target: string): Promise<Page> {
  const text = await Bun.file(source).text();
  const title = /^#\s+(.+)$/m.exec(text)?.[1] ?? source;
  const body = await marked.parse(text);
  await mkdir(dirname(target), { recursive: true });
  await Bun.write(
    target,
    `<!doctype html>\n<meta charset="utf-8">\n<title>${Bun.escapeHTML(title)}</title>\n${body}`,
  );
  return { title, words: text.match(/\p{L}[\p{L}\p{N}'-]*/gu)?.length ?? 0 };
}

if (import.meta.main) {
  const from = resolve(process.argv[2] ?? join(import.meta.dir, "../docs"));
  const to = resolve(process.argv[3] ?? (await mkdtemp(join(tmpdir(), "markdown-site-"))));
  const files = [...new Bun.Glob("**/*.md").scanSync(from)].toSorted();
  await using pool = new ThreadPool();
  const jobs = files.map((file): [source: string, target: string] => [
    join(from, file),
    join(to, file.replace(/\.md$/, ".html")),
  ]);
  const pages = await pool.starmap(renderPage, jobs);
  for (const [index, { title, words }] of pages.entries())
    console.log(`${relative(".", jobs[index]?.[1] ?? "")}  ${title} (${words} words)`);
  console.log(`${pages.length} pages in ${to}`);
}
