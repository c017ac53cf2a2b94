/**
 * The load of `bench/questions/server.ts`, which starts this script as a separate process. It asks a server for
 * /health every few milliseconds, and for another path meanwhile. Prints one line of JSON, a `LoadReport`.
 *
 *     bun bench/server-load.ts ORIGIN SECONDS                               /health alone
 *     bun bench/server-load.ts ORIGIN SECONDS PATH --rate=100 [--seed=1]    and PATH, 100 times a second
 *     bun bench/server-load.ts ORIGIN SECONDS PATH --connections=4          and PATH, 4 at any time
 *
 * With `--rate`, a request is sent at its due time even when earlier ones have no answer, and its latency counts
 * from its due time. So a server that stalls for 50 ms is charged for every request of these 50 ms, and not for
 * one (no "coordinated omission"). The due times are random, like those of many users, but the same for the same
 * `--seed`. With `--connections`, each connection waits for its answer before the next request, and latency
 * counts from the sending.
 *
 * It uses plain HTTP/1.1 over sockets and not fetch, because then a connection is kept and no other thread takes part.
 */
import { parseArgs } from "node:util";

export interface Latencies {
  readonly requests: number;
  readonly perSecond: number;
  /** The percentiles "50", "90" and "99", in milliseconds. */
  readonly percentiles: Readonly<Record<string, number>>;
}

export interface LoadReport {
  readonly health: Latencies;
  readonly load: Latencies;
  /** How late the requests for /health were sent. This part of their latency comes from this process. */
  readonly lateness: Latencies;
}

const HEALTH_PERIOD_MS = 5;
const HEALTH_CONNECTIONS = 16;
/** More requests than this are unanswered only when the server stalls. Then requests wait here, and the wait counts. */
const RATE_CONNECTIONS = 64;
/** The longest time that a server may take for the last answers. */
const PATIENCE_MS = 10_000;

/** A connection that is kept: a request, its answer, the next request. */
class Connection {
  readonly #socket: Bun.Socket;
  #received = "";
  #onAnswer: ((answer: string) => void) | undefined;

  private constructor(socket: Bun.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
  }

  static async open(origin: URL): Promise<Connection> {
    const opened = Promise.withResolvers<Connection>();
    let connection: Connection;
    await Bun.connect({
      hostname: origin.hostname,
      port: Number(origin.port),
      socket: {
        open: (socket) => opened.resolve((connection = new Connection(socket))),
        data: (_, bytes) => connection.#receive(bytes),
        close: () => connection.#closed(),
      },
    });
    return opened.promise;
  }

  /** Sends the request at once. */
  ask(path: string): Promise<string> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
      this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    });
  }

  end(): void {
    this.#socket.end();
  }

  #receive(bytes: Buffer): void {
    this.#received += bytes.toString("latin1");
    const headerEnd = this.#received.indexOf("\r\n\r\n");
    if (headerEnd < 0) return;
    const length = /content-length: (\d+)/i.exec(this.#received)?.[1];
    if (length === undefined) throw new Error(`No length in an answer: answer=${this.#received}`);
    if (this.#received.length < headerEnd + 4 + Number(length)) return;
    const answer = this.#received;
    const onAnswer = this.#onAnswer;
    this.#received = "";
    this.#onAnswer = undefined;
    onAnswer?.(answer);
  }

  #closed(): void {
    if (this.#onAnswer !== undefined) throw new Error("The server closed a connection in use.");
  }
}

/** Sends each request over a free connection, in the order in which they come. */
class Client {
  readonly #connections: readonly Connection[];
  readonly #free: Connection[];
  readonly #waiting: ((connection: Connection) => void)[] = [];

  private constructor(connections: readonly Connection[]) {
    this.#connections = connections;
    this.#free = [...connections];
  }

  static async open(origin: URL, count: number): Promise<Client> {
    return new Client(
      await Promise.all(Array.from({ length: count }, () => Connection.open(origin))),
    );
  }

  async ask(path: string): Promise<void> {
    const connection = this.#free.pop() ?? (await this.#nextFree());
    const answer = await connection.ask(path);
    if (!answer.startsWith("HTTP/1.1 200 "))
      throw new Error(`The server refused: answer=${answer}`);
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(connection);
    else next(connection);
  }

  close(): void {
    for (const connection of this.#connections) connection.end();
  }

  #nextFree(): Promise<Connection> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

/**
 * Waits until a time. Bun's timers fire up to a millisecond early or late, which is longer than an answer of /health
 * takes. So the timer is set early, and the rest passes in turns of the event loop.
 */
async function until(dueMs: number): Promise<void> {
  const leftMs = dueMs - performance.now();
  if (leftMs > 1) await Bun.sleep(Math.floor(leftMs));
  while (performance.now() < dueMs) await new Promise((resolve) => setImmediate(resolve));
}

/** Sends a request after each gap. Returns when all are answered. */
async function askAtRate(
  client: Client,
  path: string,
  gapMs: () => number,
  endMs: number,
): Promise<{ latenciesMs: number[]; latenessMs: number[] }> {
  const latenciesMs: number[] = [];
  const latenessMs: number[] = [];
  const pending: Promise<void>[] = [];
  for (let dueMs = performance.now() + gapMs(); dueMs < endMs; dueMs += gapMs()) {
    const sentMs = dueMs;
    await until(sentMs);
    latenessMs.push(performance.now() - sentMs);
    pending.push(client.ask(path).then(() => void latenciesMs.push(performance.now() - sentMs)));
  }
  await Promise.all(pending);
  return { latenciesMs, latenessMs };
}

/** Sends the next request on each connection as soon as it has an answer. */
async function askClosedLoop(
  client: Client,
  path: string,
  connections: number,
  endMs: number,
): Promise<number[]> {
  const latenciesMs: number[] = [];
  const loop = async (): Promise<void> => {
    for (let sentMs = performance.now(); sentMs < endMs; sentMs = performance.now()) {
      await client.ask(path);
      latenciesMs.push(performance.now() - sentMs);
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  return latenciesMs;
}

/** Makes exponential gaps, as between independent requests, from a generator with a seed (mulberry32). */
function randomGaps(perSecond: number, seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const fraction = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    return (-Math.log(1 - fraction) * 1000) / perSecond;
  };
}

function latenciesOf(valuesMs: readonly number[], seconds: number): Latencies {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const percentile = (p: number): number => sorted[Math.ceil((sorted.length * p) / 100) - 1] ?? NaN;
  return {
    requests: sorted.length,
    perSecond: sorted.length / seconds,
    percentiles: { 50: percentile(50), 90: percentile(90), 99: percentile(99) },
  };
}

/** Asks for the path at a rate, or over a number of connections without a pause. */
async function askForPath(origin: URL, path: string, endMs: number, load: Load): Promise<number[]> {
  const { rate, connections, seed } = load;
  const client = await Client.open(origin, rate > 0 ? RATE_CONNECTIONS : connections);
  const latenciesMs =
    rate > 0
      ? (await askAtRate(client, path, randomGaps(rate, seed), endMs)).latenciesMs
      : await askClosedLoop(client, path, connections, endMs);
  client.close();
  return latenciesMs;
}

interface Load {
  readonly rate: number;
  readonly connections: number;
  readonly seed: number;
}

async function main(): Promise<void> {
  const text = { type: "string", default: "0" } as const;
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { rate: text, connections: text, seed: text },
  });
  const [originText = "", secondsText = "", path] = positionals;
  const origin = new URL(originText);
  const seconds = Number(secondsText);
  const load: Load = {
    rate: Number(values.rate),
    connections: Number(values.connections),
    seed: Number(values.seed),
  };

  const giveUp = (): never => {
    console.error(`The server does not answer any more: origin=${originText}`);
    process.exit(1);
  };
  const patience = setTimeout(giveUp, seconds * 1000 + PATIENCE_MS);
  const client = await Client.open(origin, HEALTH_CONNECTIONS);
  const endMs = performance.now() + seconds * 1000;
  const [health, latenciesMs] = await Promise.all([
    askAtRate(client, "/health", () => HEALTH_PERIOD_MS, endMs),
    path === undefined ? [] : askForPath(origin, path, endMs, load),
  ]);
  client.close();
  clearTimeout(patience);
  const report: LoadReport = {
    health: latenciesOf(health.latenciesMs, seconds),
    load: latenciesOf(latenciesMs, seconds),
    lateness: latenciesOf(health.latenessMs, seconds),
  };
  console.log(JSON.stringify(report));
}

await main();
