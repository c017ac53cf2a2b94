/**
 * A process with one pool, which echoes byte arrays through one worker. Prints nanoseconds an array, when it is warm.
 *
 *     bun bench/processes/bytes.ts CONTESTANT BYTES
 */
import { bytesBurst } from "../bytes.ts";
import { firstRivals } from "../contestants/index.ts";
import { interleave } from "../interleave.ts";
import { medianOf } from "../rounds.ts";

const [name = "", bytes = "0"] = process.argv.slice(2);
const contestant = firstRivals.find((one) => one.name === name);
if (contestant === undefined) throw new Error(`There is no such contestant: asked=${name}`);
const pool = await contestant.start(1);
const { sample, arrays } = bytesBurst(pool, Number(bytes));
const { rounds } = await interleave([{ name, sample }], "alone", { warmUpMs: 800, rounds: 3 });
console.log(medianOf(rounds[0]?.medians ?? []) / arrays);
process.exit();
