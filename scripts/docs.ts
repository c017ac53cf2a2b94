/**
 * Builds the site of the documents and the API reference.
 *
 *     bun run docs             writes docs/site/dist/html
 *     bun run docs --serve     and serves it on http://127.0.0.1:4173 until Ctrl-C
 */
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { buildSite } from "./docs/build-site.ts";
import { serveSite } from "./docs/serve-site.ts";

const { values } = parseArgs({
  options: {
    serve: { type: "boolean", default: false },
    port: { type: "string", default: "4173" },
  },
});
const root = join(import.meta.dir, "..");
const startedMs = performance.now();
const folder = await buildSite(root);
const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
console.log(`${relative(process.cwd(), folder)} is built in ${seconds} s.`);
if (values.serve) console.log(`It is served at ${serveSite(folder, Number(values.port)).url.href}`);
