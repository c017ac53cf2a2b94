import { Map } from "../runtime/index.ts";
import type { MachinePresence } from "./presence.ts";
import type { SentResult } from "./messages.ts";

/** What a producer knows of one machine. */
export interface MachineFigures {
  /** What the machine is called, and `dismissMachine` takes. */
  readonly id: string;
  /** `"gone"`: it has given results, and does not say any more that it is there. */
  readonly state: "serving" | "dismissed" | "gone";
  /** Its host name; undefined once it is gone. */
  readonly host: string | undefined;
  /** Its process; undefined once it is gone. */
  readonly pid: number | undefined;
  /** The version of its registry; undefined when it serves all. */
  readonly version: string | undefined;
  /** How many threads it has; undefined once it is gone. */
  readonly threads: number | undefined;
  /** Requests that it runs or has waiting for a thread, of all producers. */
  readonly running: number | undefined;
  /** Results that this producer got from it. */
  readonly succeeded: number;
  /** Failures that this producer got from it. */
  readonly failed: number;
}

/** The figures of a `ClusterPool`. */
export interface ClusterStats {
  /** Requests put so far. */
  readonly put: number;
  /** Requests without an outcome. */
  readonly pending: number;
  /** Requests that have succeeded. */
  readonly succeeded: number;
  /** Requests that have failed. */
  readonly failed: number;
  /** Requests that were cancelled. */
  readonly cancelled: number;
  /** Results that came for a request that had its outcome: it ran twice, or was cancelled. */
  readonly late: number;
  /** Results of an earlier life of this producer. */
  readonly unclaimed: number;
  /** Results of runs after the first: their chunk was lost with a machine. */
  readonly repeated: number;
  /** Chunks that were put again, because the queue had lost them. */
  readonly resubmitted: number;
  /** Chunks under way. */
  readonly chunks: number;
  /** The machines that are there, and those that have given results. */
  readonly machines: readonly MachineFigures[];
}

interface ByOutcome {
  succeeded: number;
  failed: number;
}

/** What a producer counts. */
export class ClusterCounts {
  put = 0;
  succeeded = 0;
  failed = 0;
  cancelled = 0;
  late = 0;
  unclaimed = 0;
  repeated = 0;
  readonly #machines = new Map<string, ByOutcome>();

  /** A result of this life has come from a machine. */
  note(machine: string, { outcome, attempt }: SentResult): void {
    let counts = this.#machines.get(machine);
    if (counts === undefined) this.#machines.set(machine, (counts = { succeeded: 0, failed: 0 }));
    if (outcome === "succeeded" || outcome === "failed") {
      counts[outcome] += 1;
      if (attempt > 1) this.repeated += 1;
    }
  }

  /** The figures of the machines that are there, and of those that have given results. */
  machines(present: readonly MachinePresence[]): readonly MachineFigures[] {
    const there = new Map(present.map((machine) => [machine.id, machine]));
    const ids = new Map([...there, ...this.#machines].map(([id]) => [id, true]));
    return Array.from(ids.keys(), (id) => {
      const machine = there.get(id);
      const { succeeded, failed } = this.#machines.get(id) ?? { succeeded: 0, failed: 0 };
      return {
        id,
        state: machine?.state ?? "gone",
        host: machine?.host,
        pid: machine?.pid,
        version: machine?.version,
        threads: machine?.threads,
        running: machine?.running,
        succeeded,
        failed,
      };
    });
  }
}
