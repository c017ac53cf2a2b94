/**
 * Measures whether `/health` stays quick while a web app burns CPU. `examples/server.ts` runs as one process.
 * `bench/server-load.ts` runs as another and asks for /health 200 times a second: in turns from a server with
 * nothing else to do, under load on /inline, and under the same load on /pooled; and from a server whose pool is written by
 * hand, under the same load.
 *
 *     bun run bench server
 *
 * The load is 100 requests a second, each about 5 ms of CPU: half of one core. They come at random and do not wait
 * for each other, like those of many users, and both routes get the same ones. Connections that ask again as soon
 * as they have an answer are not a fair load. They ask the faster route for more: on two cores four of them get
 * 190 requests a second from /inline, 250 from /pooled. And they use the whole machine, so the figures would show
 * how the system divides two cores among two busy workers, the event loop and the load itself.
 *
 * Some of this effect remains at any load. With as many workers as cores, from time to time each core has a busy
 * worker, and the event loop gets its turn when the system decides. So there are two pools: one of two workers, and
 * one of a single worker, which leaves a core to the event loop on a machine with two cores. The load process is
 * delayed too, although a client on another machine would not be. "lateness" shows how much, and it is part of the
 * figures of /health.
 */
import { FLAT, RINGPOOL } from "../contestants/names.ts";
import { medianOf } from "../rounds.ts";
import { report } from "../result.ts";
import type { Case, Figure, Measured } from "../result.ts";
import type { LoadReport } from "../server-load.ts";
import { inFull } from "../settings.ts";

const ROUNDS = inFull(3, 1);
const SECONDS = inFull(2, 0.1);
const WARM_UP_SECONDS = inFull(1, 0.1);
const REQUESTS_PER_SECOND = 100;
const QUERY = "?query=smal+waltnut+cuboard"; // 20 letters

/** What the server does meanwhile. Under the name of a pool: it runs the requests in that pool. */
const SITUATIONS = ["idle", "inline", RINGPOOL, FLAT] as const;
type Situation = (typeof SITUATIONS)[number];
type Round = Readonly<Record<Situation, LoadReport>>;

interface RunningServer extends AsyncDisposable {
  readonly origin: string;
}

async function startServer(file: string, workers: number): Promise<RunningServer> {
  const script = new URL(file, import.meta.url).pathname;
  const server = Bun.spawn([process.execPath, ...process.execArgv, script, "0", String(workers)], {
    stdout: "pipe",
    stderr: "inherit",
  });
  let output = "";
  const decoder = new TextDecoder();
  for await (const bytes of server.stdout) {
    output += decoder.decode(bytes, { stream: true });
    if (output.includes("\n")) break;
  }
  const stop = async (): Promise<void> => {
    server.kill("SIGTERM");
    await server.exited;
  };
  const origin = /http:\/\/\S+/.exec(output)?.[0];
  if (origin === undefined) {
    await stop();
    throw new Error(`The server did not start: output=${output}`);
  }
  return { origin, [Symbol.asyncDispose]: stop };
}

async function load(origin: string, seconds: number, ...how: string[]): Promise<LoadReport> {
  const script = new URL("../server-load.ts", import.meta.url).pathname;
  const child = Bun.spawn([process.execPath, script, origin, String(seconds), ...how], {
    stdout: "pipe",
    stderr: "inherit",
  });
  const [output, exitCode] = await Promise.all([child.stdout.text(), child.exited]);
  if (exitCode !== 0) throw new Error(`The load failed: exitCode=${exitCode}`);
  return JSON.parse(output) as LoadReport;
}

async function measureRounds(origin: string, byHand: string): Promise<Round[]> {
  for (const route of [`${origin}/inline`, `${origin}/pooled`, `${byHand}/pooled`]) {
    const { origin: server, pathname } = new URL(route);
    await load(server, WARM_UP_SECONDS, pathname + QUERY, "--connections=4");
  }
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const how = [`--rate=${REQUESTS_PER_SECOND}`, `--seed=${round}`];
    rounds.push({
      idle: await load(origin, SECONDS),
      inline: await load(origin, SECONDS, `/inline${QUERY}`, ...how),
      [RINGPOOL]: await load(origin, SECONDS, `/pooled${QUERY}`, ...how),
      [FLAT]: await load(byHand, SECONDS, `/pooled${QUERY}`, ...how),
    });
  }
  return rounds;
}

function figuresOf(
  rounds: readonly Round[],
  which: keyof LoadReport,
  situations: readonly Situation[] = SITUATIONS,
): Figure[] {
  return situations.map((situation) => {
    const ofRounds = (p: string): number[] =>
      rounds.map((round) => round[situation][which].percentiles[p] ?? NaN);
    return {
      contestant: situation,
      median: medianOf(ofRounds("50")),
      from: Math.min(...ofRounds("50")),
      to: Math.max(...ofRounds("50")),
      percentiles: {
        50: medianOf(ofRounds("50")),
        90: medianOf(ofRounds("90")),
        99: medianOf(ofRounds("99")),
      },
    };
  });
}

/** The median over the rounds of the ratio within each round. */
function p99Multiple(rounds: readonly Round[], situation: Situation): number {
  const p99 = ({ health }: LoadReport): number => health.percentiles["99"] ?? NaN;
  return medianOf(rounds.map((round) => p99(round[situation]) / p99(round.idle)));
}

const cases: Case[] = [];
const targets: Measured[] = [];
for (const [workers, id] of [
  [2, "server-2"],
  [1, "server-1"],
] as const) {
  const label = workers === 1 ? "1 worker" : `${workers} workers`;
  await using server = await startServer("../../examples/server.ts", workers);
  await using byHand = await startServer("../processes/server-by-hand.ts", workers);
  const rounds = await measureRounds(server.origin, byHand.origin);
  const unit = "ms";
  cases.push(
    { name: `/health, ${label}`, unit, figures: figuresOf(rounds, "health") },
    {
      name: `its lateness, ${label}: how late it was asked for`,
      unit,
      figures: figuresOf(rounds, "lateness"),
    },
    {
      name: `the load's own requests, ${label}`,
      unit,
      figures: figuresOf(rounds, "load", ["inline", RINGPOOL, FLAT]),
    },
  );
  targets.push({ id, measured: p99Multiple(rounds, RINGPOOL) });
}
await report({
  name: "server",
  title: `/health of a server, idle and with ${REQUESTS_PER_SECOND} requests/s of 5 ms each in its event loop or in its pool`,
  cases,
  targets,
});
