import { ThreadPool } from "../../src/index.ts";
import * as c from "./calls.ts";
import { beat, watch } from "./hang.ts";
const pool = new ThreadPool(2);
await pool.ready();
watch(8, () => pool.stats().children);
for (let i = 0; i < 30; i++) {
  const got = await pool.run(c.manyShared, [200]);
  beat();
  if (got !== 19900) console.log("WRONG", got);
}
console.log(JSON.stringify(pool.stats().children));
await pool.close();
