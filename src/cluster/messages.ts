import { describeValue, TypeError } from "../runtime/index.ts";
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
  readonly results: readonly SentResult[];
}

/**
 * Checks the data of a job in the queue of requests, which anybody may have put there.
 *
 * @throws TypeError that says what is wrong
 */
export function checkChunk(data: unknown): ChunkMessage {
  const chunk = checkMessage(data);
  if (typeof chunk["producer"] !== "string" || !Array.isArray(chunk["requests"]))
    throw refusal("producer and requests", data);
  for (const request of chunk["requests"] as unknown[]) {
    if (!isRecord(request) || typeof request["id"] !== "number") throw refusal("id", request);
    if (typeof request["callable"] !== "string") throw refusal("callable", request);
  }
  return chunk as unknown as ChunkMessage;
}

/** As `checkChunk`, for a job in a queue of results. */
export function checkResults(data: unknown): ResultsMessage {
  const message = checkMessage(data);
  if (typeof message["machine"] !== "string" || !Array.isArray(message["results"]))
    throw refusal("machine and results", data);
  for (const result of message["results"] as unknown[])
    if (!isRecord(result) || typeof result["id"] !== "number") throw refusal("id", result);
  return message as unknown as ResultsMessage;
}

function checkMessage(data: unknown): Record<string, unknown> {
  if (!isRecord(data)) throw refusal("ringpool", data);
  if (data["ringpool"] !== MESSAGE_VERSION)
    throw new TypeError(
      `The job has another form than this version of ringpool reads; run one version everywhere: ringpool=${describeValue(data["ringpool"])} readable=${MESSAGE_VERSION}`,
    );
  if (typeof data["life"] !== "string") throw refusal("life", data);
  return data;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refusal(missing: string, data: unknown): TypeError {
  return new TypeError(
    `The job was not put by a ClusterPool: it lacks ${missing}: data=${describeValue(data)}`,
  );
}
