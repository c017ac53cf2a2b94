import { describeValue, RangeError, TypeError } from "../runtime/index.ts";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * Checks a name that becomes a part of keys in Redis.
 *
 * @throws TypeError or RangeError that names the option, what it may be, and the value
 */
export function checkName(value: unknown, option: string): string {
  if (typeof value !== "string")
    throw new TypeError(`${option} is a text: ${option}=${describeValue(value)}`);
  if (!NAME.test(value))
    throw new RangeError(
      `${option} has 1 to 100 letters, digits, dots, dashes and underscores, and begins with a letter or a digit: ${option}=${describeValue(value)}`,
    );
  return value;
}

/** Whether it is a name that `checkName` takes. */
export function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}

const JOB_NAME = /^chunk of (.*)$/;
const JOB_ID = /^(.*)-[0-9]+$/;

/** What a chunk is called: a machine that cannot read it tells its producer. */
export function jobNameOf(producer: string): string {
  return `chunk of ${producer}`;
}

/** Who has put a chunk, by its name and its id, which anybody may have chosen; undefined when no producer has. */
export function producerOf(
  jobName: unknown,
  jobId: unknown,
): { readonly producer: string; readonly life: string } | undefined {
  const producer = typeof jobName === "string" ? JOB_NAME.exec(jobName)?.[1] : undefined;
  const life = typeof jobId === "string" ? JOB_ID.exec(jobId)?.[1] : undefined;
  return isName(producer) && isName(life) ? { producer, life } : undefined;
}

/** The names in Redis of everything that belongs to one cluster. */
export class ClusterNames {
  readonly name: string;
  readonly prefix: string;
  /** What the keys of ringpool itself begin with, beside those of BullMQ. */
  readonly #own: string;

  constructor(name: string, prefix: string) {
    this.name = name;
    this.prefix = prefix;
    this.#own = `${prefix}:${name}:ringpool`;
  }

  /** The queue of the requests of one version. "" is the version of producers that name none. */
  requests(version: string): string {
    return version === "" ? this.name : `${this.name}@${version}`;
  }

  /** The queue of the results for one producer. */
  results(producer: string): string {
    return `${this.name}~${producer}`;
  }

  /** The set of the ids of the machines that have registered. */
  get machines(): string {
    return `${this.#own}:machines`;
  }

  /** What one machine tells of itself. It expires unless the machine renews it. */
  machine(id: string): string {
    return `${this.#own}:machine:${id}`;
  }

  /** A hash: when each producer was last seen, in milliseconds of the server's clock. */
  get producers(): string {
    return `${this.#own}:producers`;
  }

  /** What one producer tells of itself. It expires unless the producer renews it. */
  producer(id: string): string {
    return `${this.#own}:producer:${id}`;
  }

  /** The stream of what concerns all machines: cancellations, dismissals, new producers. */
  get control(): string {
    return `${this.#own}:control`;
  }
}
