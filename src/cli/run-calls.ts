import { describeThrown, process } from "../runtime/index.ts";
import { openInputs } from "./inputs.ts";
import { Interruption } from "./interruption.ts";
import { Journal } from "./journal.ts";
import { printMessage } from "./message.ts";
import { findModule } from "./module-path.ts";
import type { FoundModule } from "./module-path.ts";
import { READER_GONE } from "./output.ts";
import { startProgress } from "./progress.ts";
import { howFar, howToGoOn } from "./report.ts";
import { Run } from "./run.ts";
import type { RunSettings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Calls the function for each input. Returns the exit code. */
export async function runCalls(settings: RunSettings): Promise<number> {
  const module = findModule(settings.module);
  const inputs = await openInputs(settings);
  const pool = new WorkerPool(module, settings, inputs.total);
  const journal = openJournal(settings, module, await pool.functionName());
  const progress = await startProgress(settings.showsProgress, inputs.total);
  const say = (text: string): void => {
    progress.clear();
    process.stderr.write(`${text}\n`);
  };
  const onStopping = (): void =>
    say("Stopping when the running calls have ended; Ctrl-C stops at once.");
  const run = new Run(settings, { inputs, pool, journal, progress, onStopping });
  const interruption = new Interruption(
    () => {
      run.stop("soon");
      if (run.running > 0)
        say("Stopping when the running calls have ended; Ctrl-C again stops at once.");
    },
    () => {
      journal?.flush();
      progress.end();
      process.stderr.write(`Stopped: ${howFar(run, inputs)}.\n`);
    },
  );
  await run.go();
  await pool.close();
  progress.end();
  journal?.close();
  if (run.fatal instanceof UsageError) throw run.fatal;
  const far = `${howFar(run, inputs)}. ${howToGoOn(settings)}`;
  const { exitCode, message } = endOf(run, interruption, far, settings);
  await printMessage(run.failures.report(run.done) + message);
  return exitCode;
}

function openJournal(
  { journal, form, lastArgument }: RunSettings,
  { path }: FoundModule,
  name: string,
): Journal | undefined {
  if (journal === undefined) return undefined;
  return Journal.open(journal, { module: path, function: name, form, argument: lastArgument });
}

/** The exit code, and why the run has ended before its time, if it has. */
function endOf(
  { output, fatal, failures, isStopped }: Run,
  { signal, exitCode }: Interruption,
  far: string,
  { halt }: RunSettings,
): { readonly exitCode: number; readonly message: string } {
  if (fatal !== undefined) {
    return { exitCode: 1, message: `ringpool: ${describeThrown(fatal)}\nStopped: ${far}\n` };
  }
  if (exitCode !== undefined) {
    const by = signal === "SIGINT" ? "Ctrl-C" : signal;
    return { exitCode, message: `Stopped by ${by}: ${far}\n` };
  }
  const failed = failures.count > 0 ? 1 : 0;
  if (output.isClosed) return { exitCode: failed === 1 ? 1 : READER_GONE, message: "" };
  if (output.failure !== undefined) {
    const problem = `The output cannot be written: ${output.failure.message}`;
    return { exitCode: 1, message: `ringpool: ${problem}\nStopped: ${far}\n` };
  }
  if (isStopped && halt?.counts === "success") return { exitCode: 0, message: "" };
  if (!isStopped) return { exitCode: failed, message: "" };
  const what = failures.count === 1 ? "a failure" : "failures";
  return { exitCode: failed, message: `Stopped after ${what}: ${far}\n` };
}
