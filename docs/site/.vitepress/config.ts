import { readFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig } from "vitepress";
import type { MarkdownOptions } from "vitepress";
import { anchorOf, linkOnSite } from "../../../scripts/docs/links.ts";
import type { Places } from "../../../scripts/docs/links.ts";
import type { SidebarItem } from "../../../scripts/docs/pages.ts";

// `bun run docs` writes the pages, and these two files beside them.
const pages = join(import.meta.dirname, "../dist/pages");
const places = JSON.parse(readFileSync(join(pages, "places.json"), "utf8")) as Places;
const sidebar = JSON.parse(readFileSync(join(pages, "sidebar.json"), "utf8")) as SidebarItem[];

type MarkdownIt = Parameters<NonNullable<MarkdownOptions["config"]>>[0];

/** Makes the links of the documents lead to pages of the site, and shows `{{` as it is written: Vue would evaluate it. */
function asOnSite(md: MarkdownIt): void {
  md.core.ruler.push("links-on-site", ({ tokens, env }) => {
    const page = (env as { relativePath: string }).relativePath;
    for (const token of tokens.flatMap(({ children }) => children ?? [])) {
      const target = token.type === "link_open" ? token.attrGet("href") : null;
      if (target !== null) token.attrSet("href", linkOnSite(target, page, places));
    }
  });
  const { text } = md.renderer.rules;
  md.renderer.rules.text = (tokens, index, ...rest) =>
    (text?.(tokens, index, ...rest) ?? "").replaceAll("{{", "&#123;&#123;");
}

/** Two rings of slots, as the queue has them. */
const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" fill="none" stroke="#3b7dd8" stroke-width="5">
<circle cx="16" cy="16" r="12" stroke-dasharray="7.4 2"/><circle cx="16" cy="16" r="4" fill="#3b7dd8" stroke="none"/></svg>`;

// oxlint-disable-next-line import/no-default-export -- VitePress takes its settings from there
export default defineConfig({
  title: "ringpool",
  description: "A thread pool for Bun on lock-free queues in shared memory",
  lang: "en",
  srcDir: "dist/pages",
  outDir: "dist/html",
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(ICON)}` }]],
  markdown: { anchor: { slugify: anchorOf }, config: asOnSite },
  themeConfig: {
    sidebar: sidebar as never,
    outline: [2, 3],
    search: { provider: "local" },
    nav: [
      { text: "API reference", link: "/reference/" },
      { text: "Changelog", link: "/CHANGELOG" },
    ],
    docFooter: { prev: "Previous", next: "Next" },
  },
});
