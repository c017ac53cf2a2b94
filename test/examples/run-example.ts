import { fileURLToPath } from "node:url";

export interface Ending {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs an example as a process of its own, without a terminal. */
export async function runExample(name: string, ...args: readonly string[]): Promise<Ending> {
  const child = Bun.spawn(commandOf(name, args), {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [exitCode, stdout, stderr] = await Promise.all([
    child.exited,
    child.stdout.text(),
    child.stderr.text(),
  ]);
  return { exitCode, stdout, stderr };
}

/** Runs an example on a pseudo-terminal. Returns all that it wrote there, escape codes included. */
export async function runOnTerminal(
  columns: number,
  name: string,
  ...args: readonly string[]
): Promise<{ readonly exitCode: number; readonly screen: string }> {
  const decoder = new TextDecoder();
  let screen = "";
  const ended = Promise.withResolvers<void>();
  const child = Bun.spawn(commandOf(name, args), {
    env: { ...process.env, TERM: "xterm" },
    terminal: {
      cols: columns,
      rows: 24,
      data: (_, bytes) => {
        screen += decoder.decode(bytes, { stream: true });
      },
      exit: () => ended.resolve(),
    },
  });
  const exitCode = await child.exited;
  await ended.promise;
  return { exitCode, screen };
}

function commandOf(name: string, args: readonly string[]): string[] {
  const file = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  return [process.execPath, file, ...args];
}
