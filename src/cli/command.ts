import { process } from "../runtime/index.ts";
import { describeCalls } from "./dry-run.ts";
import { printMessage } from "./message.ts";
import { parseCommand } from "./settings.ts";
import { runCalls } from "./run-calls.ts";
import { HELP } from "./usage.ts";
import { UsageError } from "./usage-error.ts";
import { packageVersion } from "./version.ts";

/** Does what the words after `ringpool` ask for. Returns the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  try {
    const command = parseCommand(args);
    switch (command.kind) {
      case "help":
        process.stdout.write(HELP);
        return 0;
      case "version":
        process.stdout.write(`${packageVersion()}\n`);
        return 0;
      case "run": {
        const { settings } = command;
        return await (settings.isDryRun ? describeCalls(settings) : runCalls(settings));
      }
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await printMessage(`ringpool: ${error.message}\n`);
    return 2;
  }
}
