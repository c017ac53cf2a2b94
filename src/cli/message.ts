import { process, Promise } from "../runtime/index.ts";

/** Writes to standard error, and resolves when its reader has taken it or has gone. The process may end then. */
export async function printMessage(text: string): Promise<void> {
  if (text === "") return;
  await new Promise<void>((resolve) => {
    process.stderr.once("error", () => resolve());
    process.stderr.write(text, () => resolve());
  });
}
