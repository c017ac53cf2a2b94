let ticks = 0;
export function beat(): void {
  ticks = 0;
}
export function watch(limit: number, tell: () => unknown): void {
  setInterval(() => {
    if (++ticks > limit * 10) {
      console.log("HANG", tell());
      process.exit(1);
    }
  }, 100).unref();
}
