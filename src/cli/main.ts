/*
 * The command `ringpool`: `package.json` names the file that is built from this one.
 *
 * This room is a program that uses the package as any other would: it imports the public entry, and of the other rooms the
 * runtime alone. No room imports it. It must never know how the pool works inside.
 */
import { process, exitProcess } from "../runtime/index.ts";
import { runCommand } from "./command.ts";

// Where nobody reads messages any more, nothing can be said.
process.stderr.on("error", () => {});
// Input that nobody reads any more would keep the process alive.
exitProcess(await runCommand(process.argv.slice(2)));
