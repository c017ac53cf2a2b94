/** The order in which a reader meets the pages: the sidebar of the site. */

/** A part of the sidebar. */
export interface Section {
  readonly title: string;
  /** Paths of pages in the repository. A pattern stands for every page that no line before it names. */
  readonly pages: readonly string[];
}

/**
 * A page that is in none of these sections still gets into the site, below a title of its own, and a test says that it is missing here.
 */
export const SECTIONS: readonly Section[] = [
  {
    title: "Start here",
    pages: ["README.md", "docs/guide.md", "docs/choosing.md", "examples/README.md"],
  },
  {
    title: "Using the pool",
    pages: [
      "docs/collections.md",
      "docs/streams.md",
      "docs/fork-join.md",
      "docs/testing.md",
      "docs/running.md",
      "docs/bundling.md",
      "docs/command-line.md",
      "docs/observability.md",
      "docs/tracing.md",
      "docs/cluster.md",
      "docs/troubleshooting.md",
    ],
  },
  {
    title: "Coming from",
    pages: ["docs/from-*.md", "docs/python-parity.md"],
  },
  {
    title: "How it works",
    pages: [
      "docs/performance.md",
      "docs/architecture.md",
      "native-queue/README.md",
      "docs/security.md",
      "docs/glossary.md",
    ],
  },
  {
    title: "The project",
    pages: ["CHANGELOG.md", "CONTRIBUTING.md", "docs/mutants.md"],
  },
  { title: "Decisions", pages: ["docs/decisions/*.md"] },
];

/** The title of the section for pages that no section names. */
const REST = "More";

/** The sections with the pages that exist, each page once, and at the end those that no section names. */
export function inOrder(pages: readonly string[]): Section[] {
  const left = new Set([...pages].sort());
  const sections = SECTIONS.map(({ title, pages: patterns }) => ({
    title,
    pages: patterns.flatMap((pattern) => takeMatching(left, pattern)),
  }));
  return [...sections, { title: REST, pages: [...left] }].filter((section) => section.pages.length);
}

function takeMatching(left: Set<string>, pattern: string): string[] {
  const glob = new Bun.Glob(pattern);
  const matching = [...left].filter((page) => glob.match(page));
  for (const page of matching) left.delete(page);
  return matching;
}
