/** Runs the benchmarks: all, or those named. Each is a process of its own, one after the other. */
const QUESTIONS = ["burst", "callbacks", "run-sync", "idle"];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !QUESTIONS.includes(name));
if (unknown.length > 0) {
  console.error(
    `There is no such benchmark; there are ${QUESTIONS.join(", ")}: asked=${unknown.join(", ")}`,
  );
  process.exit(2);
}
for (const name of asked.length > 0 ? asked : QUESTIONS) {
  const script = new URL(`./${name}.ts`, import.meta.url).pathname;
  const { exitCode } = Bun.spawnSync(["bun", script], { stdout: "inherit", stderr: "inherit" });
  if (exitCode !== 0) process.exit(exitCode);
}
