/** A machine of the measurements, as a process of its own. Its options come as JSON in the first argument. */
import { serveMachine } from "../../src/cluster/index.ts";
import type { MachineOptions } from "../../src/cluster/index.ts";
import { registry } from "./tasks.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as Omit<MachineOptions, "registry">;
const machine = await serveMachine({ ...options, registry });
console.log(machine.id);
