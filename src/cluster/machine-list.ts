import { Date, Set } from "../runtime/index.ts";
import type { Link } from "./connection.ts";
import type { ClusterNames } from "./names.ts";
import { presentOf } from "./presence.ts";
import type { MachinePresence } from "./presence.ts";

/** The machines that are there, as a producer last saw them. */
export class MachineList {
  readonly #names: ClusterNames;
  readonly #version: string;
  machines: readonly MachinePresence[] = [];
  /** Since when no machine serves the version; undefined while one does. */
  unservedSince: number | undefined = Date.now();

  constructor(names: ClusterNames, version: string) {
    this.#names = names;
    this.#version = version;
  }

  /** How many threads, and how many chunks at a time, the machines have that serve the version. */
  get capacity(): { readonly threads: number; readonly chunks: number } {
    let threads = 0;
    let chunks = 0;
    for (const machine of this.machines) {
      if (machine.state !== "serving" || !this.#serves(machine)) continue;
      threads += machine.threads;
      chunks += machine.concurrency;
    }
    return { threads, chunks };
  }

  /** The versions that the machines serve, for messages. */
  get versions(): readonly string[] {
    return this.machines.map(({ version }) => version ?? "all");
  }

  async refresh(link: Link): Promise<void> {
    const ids = (await link.send("SMEMBERS", [this.#names.machines])) as readonly string[];
    this.machines = await presentOf<MachinePresence>(link, ids, (id) => this.#names.machine(id));
    const there = new Set(this.machines.map(({ id }) => id));
    const gone = ids.filter((id) => !there.has(id));
    if (gone.length > 0) await link.send("SREM", [this.#names.machines, ...gone]);
    // A machine that was dismissed may still finish what it has.
    const isServed = this.machines.some((machine) => this.#serves(machine));
    this.unservedSince = isServed ? undefined : (this.unservedSince ?? Date.now());
  }

  #serves({ version }: MachinePresence): boolean {
    return version === undefined || version === this.#version;
  }
}
