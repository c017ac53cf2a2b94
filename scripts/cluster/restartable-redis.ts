import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisClient } from "bun";

/** A Redis server with an append-only file, which is killed and started again with what it had stored. */
export class RestartableRedis {
  readonly url: string;
  readonly #port: number;
  readonly #folder: string;
  #server: Bun.Subprocess | undefined;

  private constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
    this.url = `redis://127.0.0.1:${port}`;
  }

  static async start(): Promise<RestartableRedis> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const redis = new RestartableRedis(port, await mkdtemp(join(tmpdir(), "ringpool-redis-")));
    await redis.resume();
    return redis;
  }

  async resume(): Promise<void> {
    const settings = `--port ${this.#port} --bind 127.0.0.1 --appendonly yes --maxmemory-policy noeviction`;
    const command = ["redis-server", ...settings.split(" "), "--save", "", "--dir", this.#folder];
    this.#server = Bun.spawn(command, { stdout: "ignore", stderr: "ignore" });
    while (!(await this.#answers())) await Bun.sleep(10);
  }

  async kill(): Promise<void> {
    this.#server?.kill("SIGKILL");
    await this.#server?.exited;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true });
  }

  async #answers(): Promise<boolean> {
    const client = new RedisClient(this.url, { autoReconnect: false });
    try {
      await client.connect();
      await client.send("DBSIZE", []);
      return true;
    } catch {
      return false;
    } finally {
      client.close();
    }
  }
}
