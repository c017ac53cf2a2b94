/**
 * Errors of Bun's loader, in a form that survives the way to the parent.
 *
 * `BuildMessage` (a module does not parse) and `ResolveMessage` (it is not found) are native
 * classes: everything in them is a getter of their prototype, and a BuildMessage has no stack, so
 * that neither place nor code would arrive. What a module throws by itself is left alone.
 */

interface LoaderMessage {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly position?: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly lineText: string;
  } | null;
}

export function portableLoadError(error: unknown): unknown {
  const tag = Object.prototype.toString.call(error);
  if (tag === "[object BuildMessage]") return syntaxError(error as LoaderMessage);
  if (tag === "[object ResolveMessage]") return resolveError(error as LoaderMessage);
  if (
    error instanceof AggregateError &&
    error.errors.some((each) => portableLoadError(each) !== each)
  ) {
    const errors = error.errors.map(portableLoadError);
    return new AggregateError(errors, `${error.message}: ${errors.map(String).join("; ")}`);
  }
  return error;
}

function syntaxError({ message, position }: LoaderMessage): SyntaxError {
  if (!position) return new SyntaxError(message);
  const { file, line, column, lineText } = position;
  const place = `${file}:${line}:${column}`;
  const error = new SyntaxError(`${message} (${place})`);
  error.stack = `SyntaxError: ${error.message}\n    at ${place}\n\n    ${lineText.trim()}`;
  return error;
}

function resolveError({ name, message, code }: LoaderMessage): Error {
  const error = Object.assign(new Error(message), { name, code });
  error.stack = `${name}: ${message}`;
  return error;
}
