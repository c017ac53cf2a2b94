/**
 * `bun run docs:check`: builds the site, and uses it in Chromium. It is no part of the other tests, because it takes a minute.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "puppeteer-core";
import { buildSite } from "../../scripts/docs/build-site.ts";
import { writeReference } from "../../scripts/docs/reference.ts";
import { SITE } from "../../scripts/docs/tools.ts";
import { serveSite } from "../../scripts/docs/serve-site.ts";
import { inOrder } from "../../scripts/docs/order.ts";
import { documentsOf } from "../../scripts/docs/pages.ts";
import { CHROMIUM, NO_CHROMIUM, launchChromium } from "./chromium.ts";
import { crawl, watch } from "./crawl.ts";

/** What the functions use that run in the page. The repository's code has no types of browsers. */
declare const document: { readonly body: object };
declare function getComputedStyle(element: object): { readonly backgroundColor: string };
declare const location: { readonly pathname: string };

setDefaultTimeout(600_000);
const root = join(import.meta.dir, "../..");
// In CI it must be there, and what uses it fails without it.
const isSkipped = CHROMIUM === undefined && process.env["CI"] === undefined;
if (isSkipped) console.warn(NO_CHROMIUM);

describe.skipIf(isSkipped)("the site", () => {
  let folder: string;
  let browser: Browser;
  let origin: string;
  const opened = new AsyncDisposableStack();

  beforeAll(async () => {
    folder = await buildSite(root);
    const server = serveSite(folder);
    opened.defer(() => server.stop(true));
    ({ origin } = server.url);
    browser = await launchChromium();
    opened.defer(() => browser.close());
  });
  afterAll(() => opened.disposeAsync());

  /** Opens a page of the site, and fails with what went wrong in it. */
  async function onPage(path: string, use: (tab: Page) => Promise<void>): Promise<void> {
    const tab = await browser.newPage();
    const problems: string[] = [];
    watch(tab, origin, (problem) => problems.push(problem));
    await tab.goto(origin + path);
    await use(tab);
    await tab.close();
    expect(problems).toEqual([]);
  }

  test("has no dead link or anchor, no error in the console, and no page that none leads to", async () => {
    const { paths, problems } = await crawl(browser, origin);
    expect(problems).toEqual([]);
    const built = [...new Bun.Glob("**/*.html").scanSync({ cwd: folder })]
      .filter((file) => file !== "404.html")
      .map((file) => `/${file}`.replace(/\/index\.html$/, "/"));
    expect(built.filter((path) => !paths.includes(path))).toEqual([]);
  });

  test.each([
    ["backpressure", "/docs/streams"],
    ["resQSize", "/reference/ringpool/interfaces/ThreadPoolOptions"],
  ])("finds the page for the word %s", async (word, path) => {
    await onPage("/", async (tab) => {
      await tab.locator("#local-search button").click();
      await tab.locator(".VPLocalSearchBox input").fill(word);
      await tab.waitForSelector(".VPLocalSearchBox .result");
      const results = await tab.$$eval(".VPLocalSearchBox a.result", (links) =>
        links.map(({ href }) => new URL(href).pathname),
      );
      expect(results.map((result) => result.replace(/\.html$/, ""))).toContain(path);
      await tab.keyboard.press("Enter");
      await tab.waitForFunction((first) => location.pathname === first, {}, results[0] as string);
      const text = await tab.$eval("main", (main) => main.textContent);
      expect(text.toLowerCase()).toContain(word.toLowerCase());
    });
  });

  test("turns dark and light again", async () => {
    await onPage("/", async (tab) => {
      const background = (): Promise<string> =>
        tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const light = await background();
      await tab.locator(".VPNavBarAppearance button").click();
      await tab.waitForSelector("html.dark");
      expect(await background()).not.toBe(light);
      await tab.locator(".VPNavBarAppearance button").click();
      await tab.waitForSelector("html:not(.dark)");
      expect(await background()).toBe(light);
    });
  });

  test("shows the pages in the order in which a reader meets them", async () => {
    await onPage("/", async (tab) => {
      const titles = await tab.$$eval(".VPSidebar .VPSidebarItem.level-0 > .item .text", (items) =>
        items.map(({ textContent }) => textContent),
      );
      const expected = inOrder(documentsOf(root)).map(({ title }) => title);
      expect(titles.filter((title) => title !== "API reference")).toEqual(expected);
    });
  });
});

describe.skipIf(isSkipped)("the crawl", () => {
  test("tells what is wrong with a page", async () => {
    const folder = await mkdtemp(join(tmpdir(), "ringpool-site-"));
    await Bun.write(
      join(folder, "index.html"),
      `<!doctype html><link rel="icon" href="data:,"><h1 id="here">One</h1>
       <a href="#here">good</a> <a href="#there">bad</a> <a href="/missing.html">missing</a>
       <a href="/two.html#x">bad</a> <img src="/none.png"><script>throw new Error("oops")</script>`,
    );
    await Bun.write(
      join(folder, "two.html"),
      `<!doctype html><link rel="icon" href="data:,"><img src="https://example.invalid/a.png">`,
    );
    await Bun.write(join(folder, "404.html"), "<!doctype html>none");
    const server = serveSite(folder);
    const browser = await launchChromium();
    const { problems } = await crawl(browser, server.url.origin);
    const told = (words: RegExp): unknown => expect.stringMatching(words);
    expect(problems).toEqual(
      expect.arrayContaining([
        told(/^\/: there is no heading for the link: link=\/#there$/),
        told(/^\/: there is no heading for the link: link=\/two\.html#x$/),
        told(/^\/missing\.html: there is no such page/),
        told(/^\/: an image does not show: image=.*\/none\.png$/),
        told(/^\/: a script fails: .*oops/),
        told(/^\/two\.html: a request leaves the site: url=https:\/\/example\.invalid/),
      ]),
    );
    expect(problems.filter((problem) => problem.includes("#here"))).toEqual([]);
    await browser.close();
    await server.stop(true);
    await rm(folder, { recursive: true });
  });
});

test("the API reference is refused for a name without a docstring, a link to nothing, an entry without a description", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ringpool-reference-"));
  for (const part of ["src", "native-queue", "package.json", "tsconfig.json"])
    await cp(join(root, part), join(folder, part), { recursive: true });
  for (const part of ["package.json", "bun.lock", "typedoc.json", "tsconfig.json"])
    await cp(join(root, SITE, part), join(folder, SITE, part));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const entry = join(folder, "src/worker/index.ts");
  const text = await Bun.file(entry).text();
  const broken = text
    .replace(/^ \* @module .*\n/m, "")
    .replace(/\nexport \{/, "\nexport const bare: number = 1;\n$&");
  const errors = join(folder, "src/errors.ts");
  const linked = (await Bun.file(errors).text()).replace(
    "/** Options of a `WorkerDied`. */",
    "/** Options of {@link Nothing}. */",
  );
  await Bun.write(entry, broken);
  await Bun.write(errors, linked);
  const said = await writeReference(folder, true).then(
    () => "",
    (error: Error) => error.message,
  );
  await rm(folder, { recursive: true });
  for (const warning of [
    /Nothing.*ringpool\.WorkerDiedOptions/,
    /src\/worker \(Module\).* does not have any documentation/,
    /src\/worker\.bare \(Variable\).* does not have any documentation/,
    /Found 0 errors and 3 warnings/,
  ]) {
    expect(said).toMatch(warning);
  }
});
