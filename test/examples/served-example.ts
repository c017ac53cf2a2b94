import { fileURLToPath } from "node:url";

/** An example that serves on a port of the loopback address. */
export interface ServedExample extends AsyncDisposable {
  readonly origin: string;
  /** The next line that it prints. */
  nextLine: () => Promise<string>;
  /** Asks it to stop, and returns its exit code. */
  stop: () => Promise<number>;
}

/** Starts an example, which prints first where it listens. */
export async function serveExample(
  name: string,
  ...args: readonly string[]
): Promise<ServedExample> {
  const file = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const child = Bun.spawn([process.execPath, file, ...args], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "inherit",
  });
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const nextLine = async (): Promise<string> => {
    for (let end = text.indexOf("\n"); ; end = text.indexOf("\n")) {
      if (end >= 0) {
        const line = text.slice(0, end);
        text = text.slice(end + 1);
        return line;
      }
      const { done, value } = await reader.read();
      if (done) throw new Error(`The example has ended: printed=${JSON.stringify(text)}`);
      text += value;
    }
  };
  const listening = await nextLine();
  return {
    origin: listening.replace("Listening on ", "").trim(),
    nextLine,
    stop: () => {
      child.kill("SIGTERM");
      return child.exited;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.exited;
    },
  };
}
