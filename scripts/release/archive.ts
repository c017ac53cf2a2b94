/** The packed archive: what a registry would get, and what two tools say of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { $ } from "bun";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

/** An archive that was packed, in a folder of its own. */
export class PackedArchive implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Packs the package. `prepack` builds it. */
  static async pack(root: string): Promise<PackedArchive> {
    const archive = new PackedArchive(await mkdtemp(join(tmpdir(), "ringpool-")));
    // With CI set, `prepare` leaves the hooks of this checkout alone.
    const env = { ...process.env, CI: "true" };
    await $`${process.execPath} pm pack --quiet --filename ${archive.path}`
      .cwd(root)
      .env(env)
      .quiet();
    return archive;
  }

  /** The path of the archive. */
  get path(): string {
    return join(this.#folder, "ringpool.tgz");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The files of an archive, each with its size in bytes, by their paths in the package. */
export async function filesOf(archive: string): Promise<Map<string, number>> {
  const files = await new Bun.Archive(await Bun.file(archive).bytes()).files();
  return new Map([...files].map(([path, file]) => [path.replace(/^package\//, ""), file.size]));
}

/** What publint objects to. */
export async function objectionsOfPublint(archive: string): Promise<string[]> {
  const tarball = await Bun.file(archive).arrayBuffer();
  const { messages, pkg } = await publint({
    pack: { tarball },
    level: "warning",
    strict: true,
  });
  return messages.map((message) => {
    const sentence = formatMessage(message, pkg ?? {}, { color: false }) ?? message.code;
    return `publint objects to the archive: ${sentence}`;
  });
}

/** A problem as attw reports it. */
interface AttwProblem {
  readonly kind: string;
  readonly entrypoint?: string;
  readonly resolutionKind?: string;
}

/** What attw objects to in the types. */
export async function objectionsOfAttw(root: string, archive: string): Promise<string[]> {
  const attw = join(root, "node_modules/.bin/attw");
  // The types are our own, so none are looked for at DefinitelyTyped.
  const { stdout, stderr } =
    await $`${process.execPath} run --bun ${attw} ${archive} --no-definitely-typed --format json`
      .nothrow()
      .quiet();
  let problems: readonly AttwProblem[];
  try {
    const { analysis } = JSON.parse(stdout.toString()) as {
      readonly analysis: { readonly problems?: readonly AttwProblem[] };
    };
    problems = analysis.problems ?? [{ kind: "the package has no types" }];
  } catch {
    return [
      `attw cannot read the archive: ${stderr.toString().trim() || stdout.toString().trim()}`,
    ];
  }
  return problems.map(
    ({ kind, entrypoint = "all", resolutionKind = "all" }) =>
      `attw objects to the types of an entry: problem=${kind} entry=${entrypoint} resolution=${resolutionKind}`,
  );
}
