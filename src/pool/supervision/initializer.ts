import { describeCallable } from "../../callable/describe.ts";
import type { Callable, ModuleCallable } from "../../callable/describe.ts";
import { Encoder } from "../../codec/index.ts";
import { PayloadError } from "../../errors.ts";
import type { InitializerMessage } from "../../protocol/flags.ts";

/**
 * What workers are told of their initializer.
 *
 * @throws CallableError, PayloadError when it or an argument cannot cross to a worker
 */
export function initializerMessage(
  initializer: Callable | ModuleCallable | undefined,
  initargs: readonly unknown[],
): InitializerMessage | undefined {
  if (initializer === undefined) return undefined;
  const definition = describeCallable(initializer);
  const encoder = new Encoder();
  const frame = new Uint8Array(encoder.prepare(initargs, "initargs"));
  encoder.copyTo(frame, 0);
  if (encoder.transferList.length > 0) {
    throw new PayloadError(
      "The initializer's arguments go to every worker, and something among them can only be moved to one: path=initargs",
      { path: "initargs" },
    );
  }
  return { definition, frame, handles: encoder.handles };
}
