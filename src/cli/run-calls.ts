import { describeThrown, process } from "../runtime/index.ts";
import { openInputs } from "./inputs.ts";
import { Interruption } from "./interruption.ts";
import { Journal } from "./journal.ts";
import { findModule } from "./module-path.ts";
import type { FoundModule } from "./module-path.ts";
import { startProgress } from "./progress.ts";
import { howFar, howToGoOn } from "./report.ts";
import { Run } from "./run.ts";
import type { RunSettings } from "./settings.ts";
import { UsageError } from "./usage-error.ts";
import { WorkerPool } from "./worker-pool.ts";

/** The exit code of a command whose reader has gone: 128 and the number of SIGPIPE. */
const READER_GONE = 141;

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
  process.stderr.write(run.failures.report(run.done));
  return endOf(run, interruption, `${howFar(run, inputs)}. ${howToGoOn(settings)}`, settings);
}

function openJournal(
  { journal, form, lastArgument }: RunSettings,
  { path }: FoundModule,
  name: string,
): Journal | undefined {
  if (journal === undefined) return undefined;
  return Journal.open(journal, { module: path, function: name, form, argument: lastArgument });
}

/** Says why the run has ended before its time, if it has. Returns the exit code. */
function endOf(
  { output, fatal, failures, isStopped }: Run,
  { signal, exitCode }: Interruption,
  far: string,
  { halt }: RunSettings,
): number {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  if (fatal !== undefined) {
    say(`ringpool: ${describeThrown(fatal)}`);
    say(`Stopped: ${far}`);
    return 1;
  }
  if (exitCode !== undefined) {
    say(`Stopped by ${signal === "SIGINT" ? "Ctrl-C" : signal}: ${far}`);
    return exitCode;
  }
  if (output.failure !== undefined) {
    if (output.isClosed) return failures.count > 0 ? 1 : READER_GONE;
    say(`ringpool: The output cannot be written: ${output.failure.message}`);
    say(`Stopped: ${far}`);
    return 1;
  }
  if (isStopped && halt?.counts === "success") return 0;
  if (isStopped) say(`Stopped after ${failures.count === 1 ? "a failure" : "failures"}: ${far}`);
  return failures.count > 0 ? 1 : 0;
}
