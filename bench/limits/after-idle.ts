/**
 * What a round trip after 20 ms of idleness costs for the functions that it enters. A number goes to a worker and back by
 * postMessage; on either side 0, 16, 32 and 64 small functions are entered with it. All are compiled, and like everything else no
 * longer in the processor's caches:
 *
 *     bun bench/limits/after-idle.ts
 *
 * Takes 20 seconds. Prints the time of a round trip, the median and the middle half.
 */
const IDLE_MS = 20;
const CALLS = 200;
const WARM_UP_CALLS = 10_000;
const COUNTS = [0, 16, 32, 64];

/** As source, because both threads need functions of their own. Each has objects of its own, as the parts of a pool have. */
const FUNCTIONS = `
  const parts = Array.from({ length: 64 }, (_, index) => ({ at: index, next: { value: 0, list: [0] } }));
  const functions = parts.map((_, index) => new Function("part", "value",
    "part.next.value = value + " + index + "; part.at = (part.at + 1) | 0;" +
    "if (part.next.list.length > 8) part.next.list = [part.at]; part.next.list.push(value); return part.next.value"));
  const enter = (count, value) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += functions[i](parts[i], value);
    return sum;
  };
`;
const SERVE = `self.onmessage = ({ data: [count, value] }) => { enter(count, value); postMessage(value); };`;

const worker = new Worker(URL.createObjectURL(new Blob([FUNCTIONS + SERVE])));
// oxlint-disable-next-line typescript/no-implied-eval -- both threads run the same text; it is our own
const enter = new Function(`${FUNCTIONS} return enter;`)() as (
  count: number,
  value: number,
) => number;
let resolve: (value: unknown) => void = () => {};
worker.addEventListener("message", ({ data }) => resolve(data));

function roundTrip(count: number, value: number): Promise<unknown> {
  return new Promise((done) => {
    resolve = done;
    enter(count, value);
    worker.postMessage([count, value]);
  });
}

for (const count of COUNTS) for (let i = 0; i < WARM_UP_CALLS; i++) await roundTrip(count, i);
const times = COUNTS.map(() => [] as number[]);
for (let i = 0; i < CALLS; i++) {
  for (const [index, count] of COUNTS.entries()) {
    await Bun.sleep(IDLE_MS);
    const start = Bun.nanoseconds();
    await roundTrip(count, i);
    times[index]?.push((Bun.nanoseconds() - start) / 1000);
  }
}
for (const [index, count] of COUNTS.entries()) {
  const sorted = (times[index] ?? []).toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(share * CALLS)] as number).toFixed(0);
  console.log(`${count} functions on either side: ${at(0.5)} us (${at(0.25)} to ${at(0.75)})`);
}
process.exit();
