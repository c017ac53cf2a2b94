/** What compiles of the option `inline`. */
import { ThreadPool } from "../../src/index.ts";
import type { ThreadPoolOptions } from "../../src/index.ts";

const isTest: boolean = process.env["NODE_ENV"] === "test";

export const pool: ThreadPool = new ThreadPool(isTest ? 0 : undefined, { inline: isTest });
export const options: ThreadPoolOptions = { inline: undefined };
export const initialized: ThreadPool = new ThreadPool(0, {
  inline: true,
  initializer: (path: string) => path.length,
  initargs: ["a"],
});

// @ts-expect-error -- true or false
export const named: ThreadPool = new ThreadPool(0, { inline: "yes" });
