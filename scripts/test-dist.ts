/**
 * Runs the tests of the public interface against the built package: builds it, and runs every test that uses nothing of
 * the sources but what the package exports.
 *
 *     bun run test:dist [word …]     only files whose path contains one of the words
 *     bun run test:dist --list       says which files those are, and why the others are not
 */
import { join } from "node:path";
import { buildPackage } from "./build/build-package.ts";
import { DistTree } from "./test-dist/dist-tree.ts";
import { chooseTests } from "./test-dist/choose-tests.ts";

const root = join(import.meta.dir, "..");
const words = process.argv.slice(2);
const { onDist, onSources } = chooseTests(root);

if (words[0] === "--list") {
  for (const file of onDist) console.log(`dist  ${file}`);
  for (const { file, inner } of onSources) console.log(`src   ${file}  ${inner.join(" ")}`);
} else {
  const files = onDist.filter(
    (file) => words.length === 0 || words.some((word) => file.includes(word)),
  );
  if (files.length === 0) {
    console.error(`No test of the public interface has such a name: words=${words.join(",")}`);
    process.exit(2);
  }
  await buildPackage(root);
  await using tree = await DistTree.create(root);
  process.exitCode = await tree.run(files);
}
