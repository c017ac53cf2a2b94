import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterPool, serveMachine } from "../../src/cluster/index.ts";
import { registry } from "./fixtures/tasks.ts";
import { freePort, IF_REDIS, NO_REDIS } from "./redis-server.ts";

const NO_OPENSSL =
  Bun.which("openssl") === null
    ? " (skipped: openssl is not installed: apt-get install openssl)"
    : "";

describe.skipIf(NO_REDIS !== undefined || NO_OPENSSL !== "")(
  `a server with TLS${IF_REDIS}${NO_OPENSSL}`,
  () => {
    let folder: string;
    let ca: string;
    let port: number;
    let server: Bun.Subprocess;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "ringpool-tls-"));
      port = await freePort();
      const request = "req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2";
      const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
      Bun.spawnSync(["openssl", ...request.split(" "), ...names], {
        cwd: folder,
        stderr: "ignore",
      });
      ca = await Bun.file(join(folder, "cert.pem")).text();
      const files = "--tls-cert-file cert.pem --tls-key-file key.pem --tls-ca-cert-file cert.pem";
      const settings = `--port 0 --tls-port ${port} --tls-auth-clients no --bind 127.0.0.1 --requirepass secret`;
      server = Bun.spawn(
        [
          "redis-server",
          ...settings.split(" "),
          ...files.split(" "),
          "--save",
          "",
          "--dir",
          folder,
        ],
        { cwd: folder, stdout: "pipe", stderr: "ignore" },
      );
      let text = "";
      for await (const bytes of server.stdout as ReadableStream<Uint8Array>) {
        text += new TextDecoder().decode(bytes);
        if (text.includes("Ready to accept connections")) break;
      }
    });
    afterAll(async () => {
      server.kill();
      await server.exited;
      await rm(folder, { recursive: true });
    });

    test("is used by all connections of a machine and of a producer, from a URL and from parts", async () => {
      const url = { url: `rediss://:secret@localhost:${port}`, tls: { ca } };
      const parts = { host: "localhost", port, password: "secret", tls: { ca } };
      const machine = await serveMachine({ name: "t", connection: url, registry, threads: 1 });
      const options = { name: "t", connection: parts };
      const cluster = await ClusterPool.connect<typeof registry>(options);
      expect(await cluster.run("add", [1, 2])).toBe(3);
      await cluster.close();
      await machine.dismiss();
    });

    test("is refused when its certificate is not trusted, or the password is wrong", async () => {
      const untrusted = { url: `rediss://:secret@localhost:${port}` };
      const wrong = { url: `rediss://:wrong-word@localhost:${port}`, tls: { ca } };
      for (const connection of [untrusted, wrong]) {
        const connecting = ClusterPool.connect({ name: "t", connection });
        const error = (await connecting.catch((it: unknown) => it)) as Error;
        expect(error.message).toContain(`server=localhost:${port}`);
        expect(Bun.inspect(error)).not.toContain("-word");
      }
    });
  },
);
