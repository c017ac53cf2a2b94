/** A Redis server of a test's own: on loopback, on a free port, with an append-only file, in a folder that is removed. */
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisClient } from "bun";

/** Why tests of clusters are skipped; undefined when they can run. */
export const NO_REDIS: string | undefined =
  Bun.which("redis-server") === null
    ? "redis-server is not installed: run apt-get install redis-server"
    : undefined;

if (NO_REDIS !== undefined) console.warn(`test/cluster is skipped: ${NO_REDIS}`);

/** The end of a title of tests that need the server. */
export const IF_REDIS: string = NO_REDIS === undefined ? "" : ` (skipped: ${NO_REDIS})`;

/** A port of loopback that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export class RedisServerOfTest {
  readonly port: number;
  readonly #folder: string;
  readonly #password: string;
  #process: Bun.Subprocess | undefined;

  private constructor(port: number, folder: string, password: string) {
    this.port = port;
    this.#folder = folder;
    this.#password = password;
  }

  /** @param password what clients must give; none when left out */
  static async start(password: string = ""): Promise<RedisServerOfTest> {
    const folder = await mkdtemp(join(tmpdir(), "ringpool-redis-"));
    const server = new RedisServerOfTest(await freePort(), folder, password);
    await server.resume();
    return server;
  }

  get url(): string {
    const credentials = this.#password === "" ? "" : `:${this.#password}@`;
    return `redis://${credentials}127.0.0.1:${this.port}`;
  }

  get pid(): number {
    return this.#process?.pid ?? -1;
  }

  /** Starts the server, with what it had stored. Resolves when it answers. */
  async resume(): Promise<void> {
    const settings = {
      port: this.port,
      bind: "127.0.0.1",
      dir: this.#folder,
      pidfile: join(this.#folder, "redis.pid"),
      appendonly: "yes",
      "maxmemory-policy": "noeviction",
      save: "",
      requirepass: this.#password,
    };
    const options = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, `${value}`]);
    this.#process = Bun.spawn(["redis-server", ...options], {
      stdout: "ignore",
      stderr: "ignore",
    });
    await this.#answer();
  }

  /** Ends the server as a crash would. What it has stored stays. */
  async kill(): Promise<void> {
    this.#process?.kill("SIGKILL");
    await this.#process?.exited;
  }

  /** Ends the server, and removes what it has stored. */
  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A client for what a test wants to look at. */
  client(): RedisClient {
    return new RedisClient(this.url);
  }

  /** Waits until the server takes connections: it says nothing when it does. */
  async #answer(): Promise<void> {
    for (;;) {
      if (this.#process?.exitCode !== null) throw new Error("redis-server has ended.");
      const client = new RedisClient(this.url, { autoReconnect: false });
      try {
        await client.connect();
        // It refuses this while it loads what it had stored.
        await client.send("DBSIZE", []);
        return;
      } catch {
        await Bun.sleep(10);
      } finally {
        client.close();
      }
    }
  }
}
