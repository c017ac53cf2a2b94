import { catchMutant } from "../model/mutants/catch-mutant.ts";
import { MUTANTS } from "../model/mutants/mutants.ts";
const names = [
  "helpers:",
  "buffers:",
  "figures:",
  "bits:",
  "cell:",
  "board:",
  "burial: the dead",
  "burial: its part",
  "park: no second look at the board",
];
for (const m of MUTANTS) {
  if (!names.some((n) => m.what.startsWith(n))) continue;
  const t = performance.now();
  const c = await catchMutant(m);
  console.log(
    c === undefined ? "SURVIVES" : "caught",
    m.what,
    "|",
    c?.configuration,
    c?.depth,
    c?.message?.slice(0, 80),
    Math.round(performance.now() - t),
  );
}
