/** The text of a timeline. What a browser makes of it is in `page.test.ts`. */
import { describe, expect, test } from "bun:test";
import { parseHTML } from "linkedom";
import { ThreadPool } from "../../src/index.ts";
import { timelineHTML, timelineSVG } from "../../src/timeline/index.ts";
import { modelOf } from "../../src/timeline/read-trace.ts";
import { thrownBy } from "../pool/rejection.ts";
import { HOSTILE, hostileTrace } from "./hostile-trace.ts";

describe("a timeline page", () => {
  test("holds the same whatever form the trace has", async () => {
    await using pool = new ThreadPool(1, { name: "forms" });
    const trace = pool.trace();
    await pool.run((value: number) => value, [1]);
    trace.stop();
    const page = timelineHTML(trace);
    expect(page).toContain("<title>Timeline of forms</title>");
    expect(timelineHTML(trace.toJSON())).toBe(page);
    expect(timelineHTML(JSON.parse(JSON.stringify(trace)))).toBe(page);
    // The list of events has no name of a pool.
    expect(timelineHTML(trace.events, { title: "A list" })).toContain("<title>A list</title>");
  });

  test("loads nothing: its policy forbids it, and all of its scripts are in it", () => {
    const { document } = parseHTML(timelineHTML(hostileTrace()));
    const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content");
    expect(policy).toStartWith("default-src 'none';");
    expect(
      [...document.querySelectorAll("script")].map((script) => script.getAttribute("src")),
    ).toEqual([null, null, null]);
    expect([...document.querySelectorAll("link")].map((link) => link.getAttribute("href"))).toEqual(
      ["data:,"],
    );
  });

  test("keeps the names of a program as text", () => {
    const page = timelineHTML(hostileTrace(), { title: HOSTILE });
    const { document } = parseHTML(page);
    expect(document.querySelectorAll("img")).toHaveLength(0);
    expect(page.match(/<title>([^]*?)<\/title>/)?.[1]).not.toContain("<");
    const model = JSON.parse(document.querySelector("#model")?.textContent ?? "") as {
      names: string[];
    };
    expect(model.names).toContain(HOSTILE);
    // Every "</script" of the page ends one of its own three scripts.
    expect(page.match(/<\/script/gi)).toHaveLength(3);
  });

  test("says how many runs the trace has left out", () => {
    const { document } = parseHTML(timelineHTML(hostileTrace()));
    expect(document.querySelector("header")?.textContent).toContain("runs left out by the trace3");
  });
});

describe("a timeline picture", () => {
  test("is an SVG with a lane for each worker, and names as text", () => {
    const svg = timelineSVG(hostileTrace(), { title: HOSTILE, width: 640 });
    expect(svg).toStartWith('<svg width="640"');
    expect(svg).not.toContain("<img");
    const { document } = parseHTML(svg);
    const texts = [...document.querySelectorAll("text")].map((text) => text.textContent);
    expect(texts).toContain("worker 2");
    expect(texts).toContain("plain");
  });

  test("shows a trace without a run", async () => {
    await using pool = new ThreadPool(0);
    expect(timelineSVG(pool.trace().stop())).toStartWith("<svg ");
    expect(timelineHTML(pool.trace().stop())).toContain("</html>");
  });
});

describe("the figures of a timeline", () => {
  test("are the shares of the time in which workers were busy", () => {
    const { meanUtilisation, utilisation, workers, queue, lanes } = modelOf(
      hostileTrace(),
      undefined,
    );
    expect(workers).toBe(2);
    expect(lanes).toEqual([HOSTILE, "worker 2"]);
    // 50 and 30 of 60 milliseconds.
    expect(meanUtilisation).toBeCloseTo((50 + 30) / 120, 5);
    const at = (ms: number) => utilisation.findLast(([from]) => from <= ms)?.[1];
    expect([at(0.5), at(10), at(30), at(55)]).toEqual([0, 0.5, 1, 0]);
    expect(queue).toEqual([
      [0.5, 2],
      [20, 0],
    ]);
  });

  test("count a worker that runs several requests at a time as busy once", async () => {
    const { traceEvents, ...others } = hostileTrace();
    const [, , , run] = traceEvents;
    const beside = { ...run!, tid: 100_001 };
    const model = modelOf({ ...others, traceEvents: [...traceEvents, beside] }, undefined);
    expect(model.lanes).toHaveLength(3);
    expect(model.workers).toBe(2);
    expect(model.meanUtilisation).toBeCloseTo((50 + 30) / 120, 5);
  });

  test("read of 50,000 runs", () => {
    const { traceEvents, ...others } = hostileTrace();
    const many = Array.from({ length: 50_000 }, (_, i) => ({
      ...traceEvents[4]!,
      ts: i,
      name: `n${i % 30}`,
    }));
    const model = modelOf({ ...others, traceEvents: many }, undefined);
    expect(model.runs).toHaveLength(50_000);
    expect(model.names).toHaveLength(30);
  });
});

test.each([
  [undefined, "trace=undefined"],
  [{}, "trace="],
  ['{"traceEvents":[]}', "trace="],
  [{ traceEvents: "none" }, "trace="],
])("refuses what is no trace: %j", (trace, said) => {
  const error = thrownBy(() => timelineHTML(trace as never)) as Error;
  expect(error).toBeInstanceOf(TypeError);
  expect(error.message).toStartWith("A timeline is made from a Trace of pool.trace()");
  expect(error.message).toContain(said);
});

test("refuses events of another format, and bad options", () => {
  expect(() => timelineHTML([{ at: 1 }] as never)).toThrow(
    "None of the events is of the Trace Event format",
  );
  expect(() => timelineHTML([], { title: 1 as never })).toThrow("title is a text: title=1");
  expect(() => timelineHTML([], { width: 1 } as never)).toThrow("option=width");
  expect(() => timelineSVG([], { width: 10 })).toThrow(
    "width is a number of pixels from 200 to 10,000",
  );
});
