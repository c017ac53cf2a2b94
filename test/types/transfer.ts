import type { MessagePort } from "node:worker_threads";
import type { ThreadPool } from "../../src/index.ts";
import { transfer } from "../../src/worker/index.ts";
import { exactly } from "./exactly.ts";

/** The result of a callable is the value, whatever is moved of it. */
export async function results(pool: ThreadPool): Promise<void> {
  const render = (size: number): Uint8Array<ArrayBuffer> => {
    const pixels = new Uint8Array(size);
    return transfer(pixels, [pixels.buffer]);
  };
  exactly<Uint8Array<ArrayBuffer>>()(await pool.run(render, [4]));
  exactly<{ readonly part: ArrayBuffer }>()(
    await pool.run(
      async (part: ArrayBuffer): Promise<{ readonly part: ArrayBuffer }> => {
        return transfer({ part }, [part]);
      },
      [new ArrayBuffer(4)],
    ),
  );
  exactly<number>()(transfer<number>(4, []));
}

export function lists(port: MessagePort, buffer: ArrayBuffer): void {
  transfer([port, buffer], [port, buffer]);
  transfer(buffer, [buffer] as const);
  // @ts-expect-error: no list
  transfer(buffer);
  // @ts-expect-error: not in a list
  transfer(buffer, buffer);
  // @ts-expect-error: a number cannot be moved
  transfer(buffer, [1]);
}
