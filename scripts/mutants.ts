/**
 * Applies every mutation of test/model/mutants to the shipped queue, explores what the tests explore, and
 * writes down in docs/mutants.md what noticed it.
 *
 *     bun run mutants [words of a mutant or its file …] [--story]
 *
 * With words only those mutants are tried, and only their lines written anew. With `--story` each failure
 * is told step by step. Exits with 1 when a mutant was not caught.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { catchMutant } from "../test/model/mutants/catch-mutant.ts";
import { MUTANTS } from "../test/model/mutants/mutants.ts";
import { table, withSection } from "./plots/markdown.ts";

const MOST_CHARACTERS = 90;
const NOT_CAUGHT = "**not caught**";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { story: { type: "boolean", default: false } },
});
const words = positionals.join(" ");
const path = join(import.meta.dir, "../docs/mutants.md");
const page = await Bun.file(path).text();

/** The lines of the table as they are, by mutation. */
const rows = new Map(
  page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.slice(2, -2).split(" | "))
    .map((cells) => [cells[1] as string, cells]),
);
let missed = 0;

for (const mutant of MUTANTS) {
  if (!`${mutant.file} ${mutant.what}`.includes(words)) continue;
  const caught = await catchMutant(mutant);
  if (caught === undefined) missed += 1;
  const row = [
    `\`${mutant.file}\``,
    mutant.what,
    caught?.configuration ?? NOT_CAUGHT,
    caught?.depth ?? "",
    caught === undefined ? "" : short(caught.message),
    caught === undefined ? "" : String(caught.steps),
  ];
  rows.set(mutant.what, row);
  console.log(row.join(" | "));
  if (values.story) console.log(`\n${caught?.story}\n`);
}

const lines = MUTANTS.flatMap(({ what }) => [rows.get(what) ?? []]).filter((row) => row.length > 0);
const caught = lines.filter((row) => row[2] !== NOT_CAUGHT).length;
const header = ["file", "mutation", "caught by", "explored", "what it said", "steps"];
const content = `${caught} of ${lines.length} mutants are caught.\n\n${table(header, lines)}`;
await Bun.write(path, withSection(page, "mutants", content));
console.log(content.split("\n")[0]);
process.exitCode = missed === 0 ? 0 : 1;

function short(message: string): string {
  const [sentence = ""] = message.split(/(?<=\.) /);
  return sentence.length > MOST_CHARACTERS ? `${sentence.slice(0, MOST_CHARACTERS)}…` : sentence;
}
