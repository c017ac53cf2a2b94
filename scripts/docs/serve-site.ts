import { join, normalize } from "node:path";

/** Serves a built site on the loopback interface, as any server of files would: there is no file but those of the folder. */
export function serveSite(folder: string, port: number = 0): Bun.Server<undefined> {
  return Bun.serve({
    hostname: "127.0.0.1",
    port,
    async fetch(request) {
      const path = decodeURIComponent(new URL(request.url).pathname);
      const name = path.endsWith("/") ? `${path}index.html` : path;
      const file = Bun.file(join(folder, normalize(name)));
      if (await file.exists()) return new Response(file);
      const missing = Bun.file(join(folder, "404.html"));
      return new Response(missing, { status: 404 });
    },
  });
}
