import type { Browser, Page } from "puppeteer-core";

/** What a page of the site has, as a browser shows it. */
interface Visited {
  readonly links: readonly string[];
  readonly ids: ReadonlySet<string>;
}

/** All pages that can be reached, by their paths, and everything that is wrong with them, a line each. */
export interface Crawled {
  readonly paths: readonly string[];
  readonly problems: readonly string[];
}

/**
 * Visits every page of a site that its links lead to, in a browser, beginning with its first page. A problem is a link to no
 * page or to no heading, an error of the console or of a script, a request that fails or leaves the site, an image that does not show.
 */
export async function crawl(browser: Browser, origin: string): Promise<Crawled> {
  const visited = new Map<string, Visited | undefined>([["/", undefined]]);
  const problems: string[] = [];
  let paths = ["/"];
  while (paths.length > 0) {
    const next = new Set<string>();
    for (const path of paths) {
      const page = await visit(browser, origin, path, problems);
      visited.set(path, page);
      for (const { pathname } of linksWithin(page, origin))
        if (!visited.has(pathname)) next.add(pathname);
    }
    paths = [...next].filter((path) => !visited.has(path));
  }
  for (const [path, page] of visited) {
    for (const { pathname, hash } of linksWithin(page, origin)) {
      const ids = visited.get(pathname)?.ids;
      if (hash !== "" && ids?.has(decodeURIComponent(hash.slice(1))) === false)
        problems.push(`${path}: there is no heading for the link: link=${pathname}${hash}`);
    }
  }
  return { paths: [...visited.keys()].sort(), problems: [...new Set(problems)] };
}

function linksWithin(page: Visited | undefined, origin: string): URL[] {
  return (page?.links ?? []).map((link) => new URL(link)).filter((link) => link.origin === origin);
}

async function visit(
  browser: Browser,
  origin: string,
  path: string,
  problems: string[],
): Promise<Visited | undefined> {
  const tab = await browser.newPage();
  watch(tab, origin, (problem) => problems.push(`${path}: ${problem}`));
  const response = await tab.goto(origin + path, { waitUntil: "load" });
  if (response?.ok() !== true) {
    problems.push(`${path}: there is no such page, and a link leads to it`);
    await tab.close();
    return undefined;
  }
  const { links, ids, broken } = await tab.evaluate(pageFacts);
  for (const image of broken) problems.push(`${path}: an image does not show: image=${image}`);
  await tab.close();
  return { links, ids: new Set(ids) };
}

/** What `pageFacts` uses of a page. The repository's code has no types of browsers. */
declare const document: {
  readonly images: Iterable<{
    readonly src: string;
    readonly naturalWidth: number;
    loading: string;
    decode(): Promise<void>;
  }>;
  querySelectorAll(selector: string): Iterable<{ readonly id: string; readonly href: string }>;
};

/** Runs in the page. */
async function pageFacts(): Promise<{ links: string[]; ids: string[]; broken: string[] }> {
  const images = [...document.images];
  // One further down is loaded only when it is about to be seen.
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map((image) => image.decode().catch(() => undefined)));
  return {
    links: [...document.querySelectorAll("a[href]")].map(({ href }) => href),
    ids: [...document.querySelectorAll("[id]")].map(({ id }) => id),
    broken: images.filter((image) => image.naturalWidth === 0).map(({ src }) => src),
  };
}

/** Tells of everything that goes wrong in a tab from now on. */
export function watch(tab: Page, origin: string, tell: (problem: string) => void): void {
  tab.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warn")
      tell(`the console says: ${message.text()}`);
  });
  tab.on("pageerror", (error) => tell(`a script fails: ${String(error)}`));
  tab.on("requestfailed", (request) => tell(`a request fails: url=${request.url()}`));
  tab.on("request", (request) => {
    const { protocol, origin: target } = new URL(request.url());
    if (target !== origin && protocol !== "data:")
      tell(`a request leaves the site: url=${request.url()}`);
  });
  tab.on("response", (response) => {
    if (response.status() >= 400)
      tell(`a request gets ${response.status()}: url=${response.url()}`);
  });
}
