/**
 * Prints the SHA-256 of files, as `sha256sum` does. The program is synchronous from its first line to its last, as many
 * command-line tools are, and yet uses all cores: `mapSync` and `runSync` block until the workers have answered.
 *
 *     bun examples/checksums.ts <file…>
 *     bun examples/checksums.ts --total <file…>      one checksum more, of all the lines
 */
import { readFileSync } from "node:fs";
import { ThreadPool } from "ringpool";

/** Runs in a worker. */
export function checksumOf(file: string): string {
  return new Bun.CryptoHasher("sha256").update(readFileSync(file)).digest("hex");
}

function main(args: readonly string[]): number {
  const files = args.filter((arg) => arg !== "--total");
  if (files.length === 0) {
    console.error("Usage: bun examples/checksums.ts [--total] <file…>");
    return 2;
  }
  using pool = new ThreadPool();
  let failed = 0;
  const lines: string[] = [];
  for (const [index, outcome] of pool.mapSync(checksumOf, files, { settle: true }).entries()) {
    const file = files[index] ?? "";
    if (outcome.status === "fulfilled") lines.push(`${outcome.value}  ${file}`);
    else {
      failed += 1;
      console.error(`checksums: ${file}: ${(outcome.reason as Error).message}`);
    }
  }
  for (const line of lines) console.log(line);
  if (args.includes("--total")) {
    const text = lines.join("\n");
    // A function written in the call: it uses only its arguments.
    console.log(
      pool.runSync(
        (all: string) => new Bun.CryptoHasher("sha256").update(all).digest("hex"),
        [text],
      ),
      " total",
    );
  }
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = main(process.argv.slice(2));
