/** What the workers of the pictured pool do. They wait instead of computing, so that the picture is the same on any machine. */

export function thumbnail(ms: number): number {
  Bun.sleepSync(ms);
  return ms;
}

export function parse(ms: number): number {
  Bun.sleepSync(ms);
  return ms;
}

export function upload(ms: number): number {
  Bun.sleepSync(ms);
  if (ms > 30) throw new Error("The server has closed the connection.");
  return ms;
}
