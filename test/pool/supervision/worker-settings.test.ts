import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { ThreadPool } from "../../../src/index.ts";
import { environment } from "../fixtures/worker-callables.ts";
import { SCRIPT_TEST_MS } from "../script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

describe("the environment of workers", () => {
  test("is this thread's, or the one that is given", async () => {
    process.env["RINGPOOL_TEST"] = "inherited";
    await using inheriting = new ThreadPool(1);
    expect(await inheriting.run(environment, ["RINGPOOL_TEST"])).toBe("inherited");
    await using given = new ThreadPool(1, { env: { OTHER: "given" } });
    expect(await given.run(environment, ["OTHER"])).toBe("given");
    expect(await given.run(environment, ["RINGPOOL_TEST"])).toBeUndefined();
    delete process.env["RINGPOOL_TEST"];
  });
});
