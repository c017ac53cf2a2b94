import { describeValue, Set, TypeError } from "../runtime/index.ts";
import { isName } from "./names.ts";
import type { SentValue } from "./values.ts";

/** The version of the jobs' form. Jobs of another one are refused by name. */
export const MESSAGE_VERSION = 1;

/** One request, as it stands in a job. Its value, or its frame, is the array of arguments. */
export interface SentRequest extends SentValue {
  /** The number of the request within the life of its producer. */
  readonly id: number;
  /** The name under which the registry of the machines holds the callable. */
  readonly callable: string;
  /** The requestID, when the program has chosen it. */
  readonly requestID?: string | number;
  readonly timeoutMs?: number;
  readonly retries?: number;
  /** Whether the producer wants what the callable reports. */
  readonly wantsProgress?: boolean;
  /** The headers of the trace that the place belongs to that has put the request. */
  readonly trace?: Readonly<Record<string, string>>;
}

/** The data of a job in the queue of requests: requests of one priority that travel together. */
export interface ChunkMessage {
  readonly ringpool: number;
  readonly producer: string;
  /** Tells this life of the producer from earlier ones of the same name. */
  readonly life: string;
  readonly priority: number;
  /** How often the chunk was put before, because it was lost from the queue. */
  readonly lost?: number;
  readonly requests: readonly SentRequest[];
}

/** How one request has ended on a machine, or what it has reported. Its value, or its frame, is the result or the error. */
export interface SentResult extends SentValue {
  readonly id: number;
  readonly outcome: "succeeded" | "failed" | "progress" | "lost";
  /** Which run of the request this was, from 1. */
  readonly attempt: number;
  /** The time since the result of its chunk before this one, or since the chunk began, in milliseconds. */
  readonly ms: number;
  /** The error in words, for those who read the queue. */
  readonly error?: string;
  readonly callable: string;
  readonly requestID?: string | number;
}

/** The data of a job in the queue of results of one producer. */
export interface ResultsMessage {
  readonly ringpool: number;
  readonly machine: string;
  readonly life: string;
  readonly results?: readonly SentResult[];
  /** Says that the machine did not take a chunk. */
  readonly refused?: RefusedChunk;
}

/** A chunk that a machine did not take, and why. */
export interface RefusedChunk {
  readonly jobId: string;
  readonly reason: string;
  /** What the machine reads of a job, in bytes, when the chunk was larger. */
  readonly maxBytes?: number;
}

/** BullMQ takes the smallest priority first, from 1 on; this one is that of requests without any. */
export const PRIORITY_ZERO = 1_000_000;
/** The largest priority of a request; the smallest is its negative. */
export const PRIORITY_MAX: number = PRIORITY_ZERO - 1;
/** The longest time that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;
/** How often a request may run again. */
const RETRIES_MAX = 2 ** 31 - 1;

type Check = (value: unknown) => boolean;

const isId: Check = (value) => isWhole(value, 1, Number.MAX_SAFE_INTEGER);

/** What a job holds beside its requests. Names become parts of keys and of queues. */
const OF_CHUNK: Readonly<Record<string, Check>> = {
  producer: isName,
  life: isName,
  priority: (value) => isWhole(value, -PRIORITY_MAX, PRIORITY_MAX),
  lost: (value) => value === undefined || isWhole(value, 0, Number.MAX_SAFE_INTEGER),
  requests: (value) => Array.isArray(value) && value.length > 0,
};

/** What a request holds beside its arguments and its trace, which are checked where they are read. */
const OF_REQUEST: Readonly<Record<string, Check>> = {
  id: isId,
  callable: (value) => typeof value === "string",
  requestID: isRequestID,
  timeoutMs: (value) =>
    value === undefined || (typeof value === "number" && value > 0 && value <= LONGEST_MS),
  retries: (value) => value === undefined || isWhole(value, 0, RETRIES_MAX),
  wantsProgress: (value) => value === undefined || typeof value === "boolean",
};

const OUTCOMES: ReadonlySet<unknown> = new Set(["succeeded", "failed", "progress", "lost"]);

const OF_RESULTS: Readonly<Record<string, Check>> = {
  machine: isName,
  life: isName,
  results: (value) => value === undefined || Array.isArray(value),
  refused: (value) => value === undefined || isRecord(value),
};

const OF_RESULT: Readonly<Record<string, Check>> = {
  id: isId,
  outcome: (value) => OUTCOMES.has(value),
  attempt: (value) => isWhole(value, 1, Number.MAX_SAFE_INTEGER),
  ms: (value) => typeof value === "number" && value >= 0,
  callable: (value) => typeof value === "string",
  requestID: isRequestID,
};

const OF_REFUSAL: Readonly<Record<string, Check>> = {
  jobId: (value) => typeof value === "string",
  reason: (value) => typeof value === "string",
  maxBytes: (value) => value === undefined || isWhole(value, 1, Number.MAX_SAFE_INTEGER),
};

/**
 * Checks the data of a job in the queue of requests, which anybody may have put there.
 *
 * @throws TypeError that says what is wrong
 */
export function checkChunk(data: unknown): ChunkMessage {
  const chunk = checkMessage(data);
  checkFields(chunk, OF_CHUNK);
  const ids = new Set<unknown>();
  for (const request of chunk["requests"] as unknown[]) {
    checkFields(request, OF_REQUEST);
    const { id } = request;
    if (ids.has(id)) throw refusal("an id of its own for each request", "id", id);
    ids.add(id);
  }
  return chunk as unknown as ChunkMessage;
}

/** As `checkChunk`, for a job in a queue of results. */
export function checkResults(data: unknown): ResultsMessage {
  const message = checkMessage(data);
  checkFields(message, OF_RESULTS);
  for (const result of (message["results"] ?? []) as unknown[]) checkFields(result, OF_RESULT);
  if (message["refused"] !== undefined) checkFields(message["refused"], OF_REFUSAL);
  return message as unknown as ResultsMessage;
}

function checkMessage(data: unknown): Record<string, unknown> {
  if (!isRecord(data)) throw refusal("ringpool", "data", data);
  if (data["ringpool"] !== MESSAGE_VERSION)
    throw new TypeError(
      `The job has another form than this version of ringpool reads; run one version everywhere: ringpool=${describeValue(data["ringpool"])} readable=${MESSAGE_VERSION}`,
    );
  return data;
}

function checkFields(
  record: unknown,
  checks: Readonly<Record<string, Check>>,
): asserts record is Record<string, unknown> {
  if (!isRecord(record)) throw refusal(Object.keys(checks)[0]!, "data", record);
  for (const [field, isValid] of Object.entries(checks)) {
    // An inherited value, such as that of "constructor", is none.
    const value = Object.hasOwn(record, field) ? record[field] : undefined;
    if (!isValid(value)) throw refusal(`a valid ${field}`, field, value);
  }
}

/** Whether it is an object of JSON, and no array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isRequestID(value: unknown): boolean {
  return value === undefined || typeof value === "string" || Number.isFinite(value);
}

function refusal(missing: string, name: string, value: unknown): TypeError {
  return new TypeError(
    `The job was not put by a ClusterPool: it lacks ${missing}: ${name}=${describeValue(value)}`,
  );
}
