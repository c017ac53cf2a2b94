import { describe, expect, test } from "bun:test";
import * as errors from "../src/errors.ts";

const { PayloadError, ThreadPoolError, WorkerDied, ...plain } = errors;

describe("the pool's errors", () => {
  test.each(Object.entries(plain))(
    "%s has its name, its message and its cause",
    (name, PoolError) => {
      const error = new PoolError("Do this.", { cause: "why" });
      expect(error).toBeInstanceOf(ThreadPoolError);
      expect([error.name, String(error), error.cause]).toEqual([name, `${name}: Do this.`, "why"]);
      expect(error.stack).toStartWith(`${name}: Do this.`);
      expect(Object.keys(error)).toEqual([]);
    },
  );

  test("are ThreadPoolErrors and Errors, under their own names", () => {
    for (const [name, PoolError] of Object.entries(errors)) {
      expect(PoolError.prototype.name).toBe(name);
      expect(PoolError.prototype instanceof Error).toBe(true);
    }
  });

  test("PayloadError has a path, which is empty by default", () => {
    expect(new PayloadError("m", { path: "args[0]" }).path).toBe("args[0]");
    expect(new PayloadError("m").path).toBe("");
    expect(Object.hasOwn(new PayloadError("m"), "cause")).toBe(false);
  });

  test("WorkerDied has the id of the worker, its exit code and the cause", () => {
    const cause = new Error("why");
    const error = new WorkerDied("m", { workerId: 2, exitCode: 13, cause });
    expect([error.workerId, error.exitCode, error.cause]).toEqual([2, 13, cause]);
    expect(new WorkerDied("m", { workerId: 0 }).exitCode).toBe(null);
  });
});
