import { guardAdvice, placeIn, Error, WeakSet, loadedErrors } from "../runtime/index.ts";

const explained = new WeakSet<Error>();

/**
 * Says of an error of a module's top level that the main module has run again in a worker, when that is where the error
 * comes from. The error stays the same object, because every import of the module gives it.
 *
 * @param isMain whether the main module was to be loaded; otherwise it may have been imported by another one
 */
export function explainLoadError(
  error: unknown,
  mainPath: string | undefined,
  isMain: boolean,
): unknown {
  if (
    !(error instanceof Error) ||
    explained.has(error) ||
    error instanceof loadedErrors().CallableError
  )
    return error;
  const stack: unknown = error.stack;
  const isInMain =
    mainPath !== undefined && typeof stack === "string" && stack.includes(`${mainPath}:`);
  if (!isMain && !isInMain) return error;
  try {
    explained.add(error);
    const { message, cause } = error;
    const place = placeIn(stack);
    const note = mainRanAgain(
      place,
      isPortInUse(error) ? "It starts a server, and the program's own has the port. " : "",
    );
    const reason = new (loadedErrors().CallableError)(note);
    reason.stack = `${reason.name}: ${note}\n    at module code (${place})`;
    Object.defineProperty(error, "message", {
      value: `${message}\n${note}`,
      configurable: true,
      writable: true,
    });
    if (typeof stack === "string")
      error.stack = stack.replace(message, () => `${message}\n${note}`);
    if (cause === undefined)
      Object.defineProperty(error, "cause", {
        value: reason,
        configurable: true,
        writable: true,
      });
  } catch {
    // It is frozen, or its properties throw.
  }
  return error;
}

export function isPortInUse(error: unknown): boolean {
  return error instanceof Error && (error as { code?: unknown }).code === "EADDRINUSE";
}

export function mainRanAgain(place: string, what = ""): string {
  return `The main module ran again in a worker, which has loaded it for a callable. ${what}${guardAdvice()}. at=${place}`;
}
