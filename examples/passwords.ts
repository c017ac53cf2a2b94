/**
 * Sign-up and log-in with Argon2, of which each hash takes a core for some 50 ms, and 64 MB of memory.
 *
 *     bun examples/passwords.ts [port] [workers] [queue]      default: 3000, as many workers as cores, 32 waiting requests
 *
 *     curl localhost:3000/register -d '{ "name": "ada", "password": "correct horse" }'
 *     curl localhost:3000/login    -d '{ "name": "ada", "password": "correct horse" }'
 *
 * The workers bound the memory and the cores that hashing takes, and the queue bounds how long a client waits: when it is full,
 * a request is refused at once with 503, and the server goes on to answer those that it has accepted. Without the bound a burst of
 * log-ins would keep every later client waiting until it gives up, and then still be worked off. A client that closes its
 * connection while it waits gives up its place.
 */
import { availableParallelism } from "node:os";
import { QueueFull, ThreadPool } from "ringpool";

const USAGE = "Usage: bun examples/passwords.ts [port] [workers] [queue]";
const MAX_PASSWORD_LENGTH = 200;

/** What a client sends. */
interface Credentials {
  readonly name: string;
  readonly password: string;
}

/** Hashes by the names of users. A real server has a database here. */
type Users = Map<string, string>;

/** Runs in a worker. Its text is sent there: it uses nothing of this module. */
const hashOf = (password: string): string => Bun.password.hashSync(password);

/** Runs in a worker. */
const isHashOf = (password: string, hash: string): boolean =>
  Bun.password.verifySync(password, hash);

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function credentialsOf(request: Request): Promise<Credentials> {
  const body = (await request.json().catch(() => undefined)) as Partial<Credentials> | undefined;
  const { name, password } = body ?? {};
  if (typeof name !== "string" || name === "" || typeof password !== "string" || password === "")
    throw new Refusal(400, 'The body is { "name": "…", "password": "…" }.');
  if (password.length > MAX_PASSWORD_LENGTH)
    throw new Refusal(400, `A password has at most ${MAX_PASSWORD_LENGTH} characters.`);
  return { name, password };
}

/** Answers with what `work` returns, or says why not. */
async function answer(
  request: Request,
  work: (request: Request) => Promise<string>,
): Promise<Response> {
  try {
    return new Response(await work(request));
  } catch (error) {
    if (request.signal.aborted) return new Response(); // the client is gone, and reads no answer
    if (error instanceof Refusal) return new Response(error.message, { status: error.status });
    if (error instanceof QueueFull)
      return new Response("Too many log-ins at the moment.", {
        status: 503,
        headers: { "retry-after": "1" },
      });
    throw error;
  }
}

async function serve(port: number, workers: number, queue: number): Promise<void> {
  // With "throw" a full queue refuses a request at once; the default would let `run` queue it all the same.
  const pool = new ThreadPool(workers, { qSize: queue, rejectionPolicy: "throw" });
  const users: Users = new Map();
  // Verified for a name that there is none of, so that the time of the answer does not tell which names exist.
  const noOne = await pool.run(hashOf, ["no password"]);

  async function register(request: Request): Promise<string> {
    const { name, password } = await credentialsOf(request);
    if (users.has(name)) throw new Refusal(409, "The name is taken.");
    const hash = await pool.run(hashOf, [password], { signal: request.signal });
    // Another request may have taken it meanwhile.
    if (users.has(name)) throw new Refusal(409, "The name is taken.");
    users.set(name, hash);
    return "registered";
  }

  async function login(request: Request): Promise<string> {
    const { name, password } = await credentialsOf(request);
    const args = [password, users.get(name) ?? noOne] as const;
    const isRight = await pool.run(isHashOf, args, { signal: request.signal });
    if (!isRight || !users.has(name)) throw new Refusal(401, "Wrong name or password.");
    return "welcome";
  }

  const server = Bun.serve({
    hostname: "127.0.0.1", // other machines cannot reach it
    port,
    routes: {
      "/register": { POST: (request) => answer(request, register) },
      "/login": { POST: (request) => answer(request, login) },
    },
    fetch: () => new Response("There is POST /register and POST /login.", { status: 404 }),
  });
  console.log(`Listening on ${server.url.origin}`);

  const stop = async (): Promise<void> => {
    await server.stop();
    await pool.close({ timeoutMs: 10_000 });
  };
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());
}

/** The whole number that the text stands for, or NaN when it is none or is outside the range. */
function numberFrom(text: string, from: number, to: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : NaN;
  return number >= from && number <= to ? number : NaN;
}

/** Starts the server. Returns an exit code only when the command line is wrong. */
async function main(args: readonly string[]): Promise<number | undefined> {
  const [portText = "3000", workersText = String(availableParallelism()), queueText = "32"] = args;
  const port = numberFrom(portText, 0, 65_535);
  const workers = numberFrom(workersText, 1, 256);
  const queue = numberFrom(queueText, 1, 100_000);
  if (args.length > 3 || Number.isNaN(port + workers + queue)) {
    console.error(USAGE);
    return 2;
  }
  await serve(port, workers, queue);
  return undefined;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
