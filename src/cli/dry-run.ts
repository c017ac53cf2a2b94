import { FailureList, failureOf, labelOf } from "./failures.ts";
import { openInputs } from "./inputs.ts";
import { printMessage } from "./message.ts";
import { findModule } from "./module-path.ts";
import { Output, READER_GONE } from "./output.ts";
import type { RunSettings } from "./settings.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Prints the call of each input and makes none. The module is loaded, which shows whether it has the function. */
export async function describeCalls(settings: RunSettings): Promise<number> {
  const inputs = await openInputs(settings);
  const pool = new WorkerPool(findModule(settings.module), { ...settings, jobs: 1 }, 1);
  await pool.functionName();
  const failures = new FailureList(settings.isVerbose);
  let index = 0;
  const output = new Output(
    () => {},
    () => {},
  );
  for (let batch = await inputs.batches.next(); batch.done !== true;) {
    for (const input of batch.value) {
      try {
        output.write(await pool.describe(input));
      } catch (error) {
        failures.add(index, labelOf(inputs.noun, index, input), failureOf(error));
      }
      index += 1;
    }
    await output.flush();
    if (output.failure !== undefined) break;
    batch = await inputs.batches.next();
  }
  await pool.close();
  await printMessage(failures.report(index));
  if (failures.count > 0) return 1;
  return output.isClosed ? READER_GONE : 0;
}
