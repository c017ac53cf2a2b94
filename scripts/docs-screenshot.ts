/**
 * Builds the site, and takes the picture of it that CONTRIBUTING.md shows: `docs/plots/site.png`.
 *
 *     bun run docs:screenshot
 */
import { join } from "node:path";
import { launchChromium } from "../test/site/chromium.ts";
import { buildSite } from "./docs/build-site.ts";
import { serveSite } from "./docs/serve-site.ts";

const root = join(import.meta.dir, "..");
const PICTURE = "docs/plots/site.png";

await using opened = new AsyncDisposableStack();
const server = serveSite(await buildSite(root));
opened.defer(() => server.stop(true));
const browser = await launchChromium();
opened.defer(() => browser.close());
const tab = await browser.newPage();
await tab.setViewport({ width: 1280, height: 720 });
await tab.goto(new URL("/docs/collections.html", server.url).href, { waitUntil: "networkidle0" });
await tab.screenshot({ path: join(root, PICTURE), optimizeForSpeed: false });
console.log(`${PICTURE} is written.`);
