/**
 * Applies every mutation in turn, looks whether it is noticed, and writes down in docs/mutants.md what noticed it:
 * the mutations of the shipped queue by exploring what the tests explore (test/model/mutants), those of the pool and
 * the worker by running the tests that each of them names in a copy of the tree (test/mutants).
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
import { catchSourceMutant } from "../test/mutants/catch-source-mutant.ts";
import { SOURCE_MUTANTS } from "../test/mutants/mutants.ts";
import { ScratchTree } from "../test/mutants/scratch-tree.ts";
import { table, withSection } from "./plots/markdown.ts";

const MOST_CHARACTERS = 90;
const NOT_CAUGHT = "**not caught**";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { story: { type: "boolean", default: false } },
});
const words = positionals.join(" ");
const path = join(import.meta.dir, "../docs/mutants.md");

interface Listed {
  readonly file: string;
  readonly what: string;
}

/** What is written of one mutant behind its file and what is wrong; the third cell says what caught it. */
interface Noticed {
  readonly cells: readonly string[];
  readonly story: string;
}

let missed = 0;

/** Tries the mutants of one section of the page that are asked for, and writes the section. */
async function tryAll<M extends Listed>(
  section: string,
  header: readonly string[],
  mutants: readonly M[],
  notice: (mutant: M) => Promise<Noticed | undefined>,
): Promise<void> {
  const rows = rowsOf(await Bun.file(path).text());
  for (const mutant of mutants) {
    const { file, what } = mutant;
    if (!`${file} ${what}`.includes(words)) continue;
    const noticed = await notice(mutant);
    if (noticed === undefined) missed += 1;
    const row = [`\`${file}\``, what, ...(noticed?.cells ?? [NOT_CAUGHT])];
    while (row.length < header.length) row.push("");
    rows.set(`${file} ${what}`, row);
    console.log(row.join(" | "));
    if (values.story) console.log(`\n${noticed?.story}\n`);
  }
  const lines = mutants.flatMap(({ file, what }) => [rows.get(`${file} ${what}`) ?? []]);
  const tried = lines.filter((row) => row.length > 0);
  const caught = tried.filter((row) => row[2] !== NOT_CAUGHT).length;
  const content = `${caught} of ${tried.length} mutants are caught.\n\n${table(header, tried)}`;
  // Read again: the other section may have been written meanwhile.
  await Bun.write(path, withSection(await Bun.file(path).text(), section, content));
  console.log(content.split("\n")[0]);
}

/** The lines of the page's tables as they are, by file and mutation. */
function rowsOf(page: string): Map<string, string[]> {
  const cells = page
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.slice(2, -2).split(" | "));
  return new Map(cells.map((row) => [`${row[0]?.replaceAll("`", "")} ${row[1]}`, row]));
}

function short(message: string): string {
  const [sentence = ""] = message.split(/(?<=\.) /);
  return sentence.length > MOST_CHARACTERS ? `${sentence.slice(0, MOST_CHARACTERS)}…` : sentence;
}

await tryAll(
  "mutants",
  ["file", "mutation", "caught by", "explored", "what it said", "steps"],
  MUTANTS,
  async (mutant) => {
    const caught = await catchMutant(mutant);
    if (caught === undefined) return undefined;
    const { configuration, depth, message, steps, story } = caught;
    return { cells: [configuration, depth, short(message), String(steps)], story };
  },
);

await using tree = await ScratchTree.create();
await tryAll(
  "pool mutants",
  ["file", "mutation", "caught by", "in"],
  SOURCE_MUTANTS,
  async (mutant) => {
    const caught = await catchSourceMutant(tree, mutant);
    if (caught === undefined) return undefined;
    const tests = mutant.tests.map((file) => `\`${file}\``).join(", ");
    return { cells: [caught.by, tests], story: caught.output };
  },
);
process.exitCode = missed === 0 ? 0 : 1;
