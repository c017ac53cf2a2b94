import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RedisClient } from "bun";

/** A Redis server of the demo's own, with the settings that a cluster needs. */
export interface RedisOfDemo {
  readonly url: string;
  /** Ends the server, and removes what it has stored. */
  stop(): Promise<void>;
}

/** Starts a server on a free port of loopback. Throws when redis-server is not installed. */
export async function startRedis(): Promise<RedisOfDemo> {
  if (Bun.which("redis-server") === null)
    throw new Error("redis-server is not installed; on Debian run: apt-get install redis-server");
  const folder = mkdtempSync(join(tmpdir(), "ringpool-demo-redis-"));
  const port = await freePort();
  const settings = {
    bind: "127.0.0.1",
    port,
    dir: folder,
    pidfile: join(folder, "redis.pid"),
    appendonly: "yes", // what was put survives a restart
    "maxmemory-policy": "noeviction", // nothing is dropped to make room
    save: "",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = Bun.spawn(["redis-server", ...args], { stdout: "ignore", stderr: "ignore" });
  const url = `redis://127.0.0.1:${port}`;
  while (!(await answers(url))) {
    if (server.exitCode !== null) throw new Error("redis-server has ended before it answered.");
    await Bun.sleep(20);
  }
  return {
    url,
    async stop() {
      server.kill();
      await server.exited;
      rmSync(folder, { recursive: true });
    },
  };
}

async function answers(url: string): Promise<boolean> {
  const client = new RedisClient(url, { autoReconnect: false });
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    client.close();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
