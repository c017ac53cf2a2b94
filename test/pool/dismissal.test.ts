/**
 * Workers that are busy, parked or dying are dismissed, joined, terminated and created in any order. Another
 * seed each time, printed when something goes wrong; `DISMISSAL_SEED=… bun run test pool/dismissal` takes that one.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { SCRIPT_TEST_MS, runScript } from "./script.ts";

setDefaultTimeout(SCRIPT_TEST_MS);

const SEQUENCES = 30;
const seed = process.env["DISMISSAL_SEED"] ?? crypto.getRandomValues(new Int32Array(1))[0];

test("no order of calls hangs, loses a request, or makes the lists of workers wrong", async () => {
  const { exitCode, signal, lines, stderr } = await runScript(
    "dismissal.ts",
    `${seed}`,
    `${SEQUENCES}`,
  );
  const story = `DISMISSAL_SEED=${seed}\n${stderr}\nthe last sequence: ${JSON.stringify(lines.at(-1))}`;
  expect({ exitCode, signal, last: lines.at(-1) }, story).toEqual({
    exitCode: 0,
    signal: null,
    last: "held",
  });
});
