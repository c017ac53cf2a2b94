/** The plugin bundles the package's own sources, which name in their messages and comments what it looks for. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { ringpool } from "../../src/build/index.ts";

const ROOT = join(import.meta.dir, "../..");

async function bundle(
  entry: string,
  plugins: Bun.BunPlugin[],
): Promise<{ logs: string[]; text: string }> {
  const { logs, outputs } = await Bun.build({
    entrypoints: [join(ROOT, entry)],
    target: "bun",
    plugins,
    throw: false,
  });
  return { logs: logs.map(String), text: (await outputs[0]?.text()) ?? "" };
}

test.each(["src/index.ts", "src/worker/main.ts", "src/build/index.ts", "src/cli/main.ts"])(
  "%s",
  async (entry) => {
    const [plain, registered] = await Promise.all([
      bundle(entry, []),
      bundle(entry, [ringpool({ root: ROOT }) as Bun.BunPlugin]),
    ]);
    expect(registered.logs).toEqual(plain.logs);
    expect(registered.text).toContain(`" ${entry}", { exports: `);
    const messages = textsIn(plain.text);
    expect(messages).not.toEqual([]);
    expect(messages.filter((text) => !registered.text.includes(text))).toEqual([]);
  },
);

/** The texts of a bundle in which there are words that the plugin looks for. */
function textsIn(bundled: string): string[] {
  return Array.from(
    bundled.matchAll(
      /"(?:[^"\\\n]|\\.)*(?:import\.meta|fromModule)(?:[^"\\\n]|\\.)*"|`[^`\n]*(?:import\.meta|fromModule)[^`\n]*`/g,
    ),
    ([text]) => text,
  );
}
