/** Runs all benchmarks, or the named ones, one after the other. Each runs in its own process. */
import { readdirSync } from "node:fs";

const folder = new URL("./questions/", import.meta.url).pathname;
const questions = readdirSync(folder)
  .map((file) => file.replace(/\.ts$/, ""))
  .toSorted();

const asked = process.argv.slice(2).filter((name) => name !== "--");
const unknown = asked.filter((name) => !questions.includes(name));
if (unknown.length > 0) {
  console.error(
    `There is no such benchmark; there are ${questions.join(", ")}: asked=${unknown.join(", ")}`,
  );
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : questions) {
  const { exitCode } = Bun.spawnSync([process.execPath, `${folder}${name}.ts`], {
    stdout: "inherit",
    stderr: "inherit",
  });
  if (exitCode !== 0) process.exit(exitCode);
}
