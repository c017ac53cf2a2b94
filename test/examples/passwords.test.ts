import { afterAll, beforeAll, expect, test } from "bun:test";
import { fileURLToPath } from "node:url";
import { runExample } from "./run-example.ts";

let server: Bun.Subprocess<"ignore", "pipe", "pipe">;
let origin: string;

/** One worker, and one request may wait. */
beforeAll(async () => {
  const file = fileURLToPath(new URL("../../examples/passwords.ts", import.meta.url));
  server = Bun.spawn([process.execPath, file, "0", "1", "1"], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const { value: line } = await server.stdout.getReader().read();
  origin = new TextDecoder().decode(line).replace("Listening on ", "").trim();
});

afterAll(async () => {
  server.kill("SIGKILL");
  await server.exited;
});

async function post(path: string, body: unknown): Promise<{ status: number; body: string }> {
  const response = await fetch(origin + path, { method: "POST", body: JSON.stringify(body) });
  return { status: response.status, body: await response.text() };
}

test("a user logs in with the password that was registered, and with no other", async () => {
  const ada = { name: "ada", password: "correct horse" };
  expect(await post("/register", ada)).toEqual({ status: 200, body: "registered" });
  expect(await post("/login", ada)).toEqual({ status: 200, body: "welcome" });
  const refused = { status: 401, body: "Wrong name or password." };
  expect(await post("/login", { ...ada, password: "battery staple" })).toEqual(refused);
  expect(await post("/login", { ...ada, name: "bob" })).toEqual(refused);
  // Nor with the password of the hash that stands for unknown names.
  expect(await post("/login", { name: "bob", password: "no password" })).toEqual(refused);
});

test("a name is taken once", async () => {
  const ada = { name: "grace", password: "correct horse" };
  await post("/register", ada);
  expect(await post("/register", { ...ada, password: "other" })).toEqual({
    status: 409,
    body: "The name is taken.",
  });
});

test("a burst is refused beyond the bound, and what was accepted is answered", async () => {
  // The worker would have to hash 62 times before the server has read them, for none to be refused.
  const burst = Array.from({ length: 64 }, (_, index) =>
    post("/register", { name: `user ${index}`, password: "correct horse" }),
  );
  const answers = await Promise.all(burst);
  const accepted = answers.filter(({ status }) => status === 200);
  const refused = answers.filter(({ status }) => status === 503);
  expect(accepted.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  expect(accepted.length + refused.length).toBe(64);
  expect(refused[0]?.body).toBe("Too many log-ins at the moment.");
  // Afterwards there is room again.
  expect((await post("/register", { name: "late", password: "x" })).status).toBe(200);
});

test.each([
  ["no JSON", "name=ada"],
  ["no password", { name: "ada" }],
  ["a password that is no text", { name: "ada", password: 1 }],
  ["an empty name", { name: "", password: "x" }],
  ["a password that is too long", { name: "ada", password: "x".repeat(201) }],
])("%s is refused with 400", async (_, body) => {
  expect((await post("/register", body)).status).toBe(400);
});

test("another method and another path are answered with 404", async () => {
  expect((await fetch(`${origin}/login`)).status).toBe(404);
  expect((await post("/", {})).status).toBe(404);
});

test.each([
  ["a port that is no number", ["web"]],
  ["no workers", ["0", "0"]],
  ["no queue", ["0", "1", "0"]],
  ["a fourth argument", ["0", "1", "1", "1"]],
])("%s gives the usage and exit code 2", async (_, args) => {
  expect(await runExample("passwords.ts", ...args)).toEqual({
    exitCode: 2,
    stdout: "",
    stderr: "Usage: bun examples/passwords.ts [port] [workers] [queue]\n",
  });
});

// The last test, because it ends the server. Windows has no signals: there a process that is killed just ends.
test.skipIf(process.platform === "win32")(
  "SIGTERM ends the server with exit code 0, without a word about a client that has gone away",
  async () => {
    const controller = new AbortController();
    const gone = fetch(`${origin}/register`, {
      method: "POST",
      body: JSON.stringify({ name: "gone", password: "x" }),
      signal: controller.signal,
    });
    controller.abort();
    expect(await gone.catch((error: Error) => error.name)).toBe("AbortError");
    await post("/login", { name: "gone", password: "x" });
    server.kill("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(await server.stderr.text()).toBe("");
  },
);
