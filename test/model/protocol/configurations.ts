/** The configurations that are explored. */
import { configuration } from "./configuration.ts";
import type { Configuration } from "./configuration.ts";

/** Small enough for every run of the tests. Each has something that the others do not have. */
export const SMALL: readonly Configuration[] = [
  configuration("event loop", {}),
  configuration("a worker that starts", { workers: 1, requests: 3, workersBegin: "starting" }),
  configuration("blocking parent", { parent: "blocks" }),
  configuration("both ways to wait at once", { requests: 1, parent: "both" }),
  configuration("a sleep word for each worker", { sleepWords: "one a worker" }),
  configuration("one task, cancellation, backlog", {
    requests: 3,
    tasks: 1,
    workers: 1,
    cancels: 2,
  }),
  configuration("bounded queue, cancellation", { workers: 1, requests: 3, qSize: 1, cancels: 2 }),
  configuration("dismissal", { requests: 1, dismissals: 1 }),
  configuration("kill", { workers: 1, requests: 2, kills: 1 }),
  configuration("kill, blocking parent", { requests: 1, kills: 1, parent: "blocks" }),
  configuration("kill, a slot for the successor, blocking parent", {
    workers: 1,
    kills: 1,
    slots: 2,
    parent: "blocks",
  }),
  configuration("exit", { workers: 1, requests: 2, exits: 1 }),
  configuration("exit, blocking parent", { workers: 1, exits: 1, parent: "blocks" }),
  configuration("crash", { requests: 1, crashes: 1 }),
  configuration("put together", { puts: "together" }),
  configuration("put together, a worker that starts", {
    puts: "together",
    workers: 1,
    requests: 4,
    workersBegin: "starting",
  }),
  configuration("put together, cancellation", {
    puts: "together",
    workers: 1,
    requests: 3,
    cancels: 2,
  }),
  configuration("put together, kill, blocking parent", {
    puts: "together",
    workers: 1,
    kills: 1,
    parent: "blocks",
  }),
];

/** For `bun run explore:protocol`: as large as one or two minutes allow. */
export const LARGE: readonly Configuration[] = [
  configuration("two starting workers", { workersBegin: "starting" }),
  configuration("three requests", { requests: 3 }),
  configuration("three requests, one task", { requests: 3, tasks: 1, parent: "blocks" }),
  configuration("three requests, two frames", { requests: 3, frames: 2, parent: "blocks" }),
  configuration("both ways to wait at once", { parent: "both" }),
  configuration("three workers", { workers: 3 }),
  configuration("three workers, blocking parent", { workers: 3, parent: "blocks" }),
  configuration("three workers, a sleep word each", {
    workers: 3,
    parent: "blocks",
    sleepWords: "one a worker",
  }),
  configuration("bounded queue, cancellation", { requests: 3, qSize: 1, cancels: 1, tasks: 1 }),
  configuration("kill, a slot for the successor", { workers: 1, kills: 1, slots: 2 }),
  configuration("kill and dismissal", { kills: 1, dismissals: 1, requests: 1 }),
  configuration("kill and dismissal, blocking parent", {
    kills: 1,
    dismissals: 1,
    requests: 1,
    parent: "blocks",
  }),
  configuration("two kills", { workers: 1, kills: 2 }),
  configuration("exit", { requests: 1, exits: 1 }),
  configuration("exit, blocking parent", { requests: 1, exits: 1, parent: "blocks" }),
  configuration("exit and kill", { workers: 1, exits: 1, kills: 1 }),
  configuration("crash", { crashes: 1 }),
  configuration("two crashes, one after the other", { workers: 1, crashes: 2 }),
  configuration("two crashes", { requests: 1, crashes: 2 }),
  configuration("put together, two starting workers", {
    puts: "together",
    workersBegin: "starting",
  }),
  configuration("put together, four requests, blocking parent", {
    puts: "together",
    requests: 4,
    parent: "blocks",
  }),
  configuration("put together, three workers", { puts: "together", workers: 3 }),
  configuration("put together, two workers, cancellation", {
    puts: "together",
    requests: 3,
    cancels: 1,
  }),
  configuration("put together, kill", { puts: "together", kills: 1 }),
  configuration("put together, crash", { puts: "together", crashes: 1 }),
];

/** Larger than that: explored when they are named, with `--states-only` and some gigabytes of memory. */
export const LARGEST: readonly Configuration[] = [
  configuration("two workers, one killed", { kills: 1 }),
  configuration("two workers, one killed, blocking parent", { kills: 1, parent: "blocks" }),
  configuration("three workers, one crash", { workers: 3, requests: 1, crashes: 1 }),
  configuration("three workers and three requests", { workers: 3, requests: 3, parent: "blocks" }),
];
