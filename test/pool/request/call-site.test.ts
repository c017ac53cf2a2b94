import { describe, expect, test } from "bun:test";
import { CallSites } from "../../../src/pool/request/call-site.ts";
import { runScript } from "../script.ts";

function stackAfter(sites: CallSites): string {
  const error = new RangeError("of the callable");
  sites.capture().appendTo(error);
  return error.stack ?? "";
}

describe("the place of a put", () => {
  test("is appended to the stack that an error has", () => {
    const stack = stackAfter(new CallSites());
    expect(stack).toStartWith("RangeError: of the callable");
    expect(stack).toMatch(/--- put here ---\n.*call-site\.test\.ts/s);
  });

  test("is exact for the first puts of a burst, and shared by those that follow", () => {
    const sites = new CallSites();
    const titles = Array.from({ length: 20 }, () => /--- (.*) ---/.exec(stackAfter(sites))?.[1]);
    expect(titles[0]).toBe("put here");
    expect(titles.at(-1)).toBe("put here, or later in the same burst");
    sites.endBurst();
    expect(stackAfter(sites)).toContain("--- put here ---");
  });

  test("is all the stack of an error that has none", () => {
    const error = new DOMException("of the callable", "DataCloneError");
    new CallSites().capture().appendTo(error);
    expect(error.stack).toMatch(
      /^DataCloneError: of the callable\n.*put here.*call-site\.test\.ts/s,
    );
  });

  test("leaves alone what is thrown and is no error", () => {
    const thrown = { some: "object" };
    new CallSites().capture().appendTo(thrown);
    expect(thrown).toEqual({ some: "object" });
  });

  test("of a top-level put is printed by Bun for an error that nobody catches", async () => {
    const { stderr } = await runScript("fails-at-top-level.ts");
    expect(stderr).toContain("uncaught");
    expect(stderr).toMatch(/at module code \(.*fails-at-top-level\.ts:6:\d+\)/);
  });
});
