import { afterEach, beforeEach, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { nearestProduct } from "../../examples/server/nearest-product.ts";
import { runExample } from "./run-example.ts";

const QUERY = "?query=smal+waltnut+cuboard";

let server: Bun.Subprocess<"ignore", "pipe", "pipe">;
let origin: string;

beforeEach(async () => {
  const file = fileURLToPath(new URL("../../examples/server.ts", import.meta.url));
  server = Bun.spawn([process.execPath, file, "0", "1"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const { value: line } = await server.stdout.getReader().read();
  origin = new TextDecoder().decode(line).replace("Listening on ", "").trim();
});

afterEach(async () => {
  server.kill("SIGKILL");
  await server.exited;
});

async function get(path: string): Promise<{ status: number; body: string }> {
  const response = await fetch(origin + path);
  return { status: response.status, body: await response.text() };
}

test("the server is reached on the loopback address that it prints", () => {
  expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});

test("both routes answer with what the search finds, and /health with ok", async () => {
  const found = { status: 200, body: JSON.stringify(nearestProduct("smal waltnut cuboard")) };
  expect(JSON.parse(found.body)).toEqual({ name: "small walnut cupboard", distance: 3 });
  expect(await get(`/inline${QUERY}`)).toEqual(found);
  expect(await get(`/pooled${QUERY}`)).toEqual(found);
  expect(await get("/health")).toEqual({ status: 200, body: "ok" });
});

test.each(["a", "RED OAK DESK", "grün & 50 % größer", "x".repeat(40)])(
  "both routes agree on %j",
  async (query) => {
    const parameters = `?${new URLSearchParams({ query }).toString()}`;
    const found = { status: 200, body: JSON.stringify(nearestProduct(query)) };
    expect(await get(`/inline${parameters}`)).toEqual(found);
    expect(await get(`/pooled${parameters}`)).toEqual(found);
  },
);

test.each([
  ["no query", "", 0],
  ["an empty query", "?query=", 0],
  ["a blank query", "?query=++", 0],
  ["a query that is too long", `?query=${"x".repeat(41)}`, 41],
])("%s is refused with 400 on both routes, and what a query is", async (_, parameters, length) => {
  const error = `query is a text of 1 to 40 letters: length=${length}`;
  for (const route of ["/inline", "/pooled"]) {
    const { status, body } = await get(route + parameters);
    expect({ status, body: JSON.parse(body) as unknown }).toEqual({ status: 400, body: { error } });
  }
});

test("another path is answered with 404", async () => {
  expect(await get("/")).toMatchObject({ status: 404 });
});

test("/health answers while the pool has more requests than workers all the time", async () => {
  const answered = new AbortController();
  const keepAsking = async (): Promise<number[]> => {
    const statuses: number[] = [];
    while (!answered.signal.aborted) statuses.push((await get(`/pooled${QUERY}`)).status);
    return statuses;
  };
  const load = Array.from({ length: 4 }, keepAsking);
  for (let i = 0; i < 10; i++) expect(await get("/health")).toEqual({ status: 200, body: "ok" });
  answered.abort();
  expect(new Set((await Promise.all(load)).flat())).toEqual(new Set([200]));
});

// Windows has no signals: there a process that is killed just ends.
test.skipIf(process.platform === "win32").each(["SIGTERM", "SIGINT"] as const)(
  "%s ends the server with exit code 0 and without a word",
  async (signal) => {
    await get(`/inline${QUERY}`);
    await get(`/pooled${QUERY}`);
    server.kill(signal);
    expect(await server.exited).toBe(0);
    expect(await server.stderr.text()).toBe("");
  },
);

test.each([
  ["a port that is no number", ["web"]],
  ["a port out of range", ["65536"]],
  ["no workers", ["0", "0"]],
  ["a third argument", ["0", "1", "2"]],
])("%s gives the usage and exit code 2", async (_, args) => {
  expect(await runExample("server.ts", ...args)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "Usage: bun examples/server.ts [port] [workers]\n",
  });
});
