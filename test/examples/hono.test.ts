import { expect, test } from "bun:test";
import { countPrimes } from "../../examples/hono.ts";
import { serveExample } from "./served-example.ts";

test("the Hono example counts primes in a worker, and refuses what is no limit", async () => {
  await using served = await serveExample("hono.ts", "0");
  const counted = await fetch(`${served.origin}/primes/1000`);
  expect(await counted.json()).toEqual({ limit: 1000, primes: countPrimes(1000) });
  const refused = await fetch(`${served.origin}/primes/many`);
  expect([refused.status, await refused.json()]).toEqual([
    400,
    { error: "limit is a whole number, 0 to 1000000000" },
  ]);
});

test("a client that drops the connection stops its run, and the server goes on", async () => {
  await using served = await serveExample("hono.ts", "0");
  const dropping = new AbortController();
  const dropped = fetch(`${served.origin}/primes/1000000000`, { signal: dropping.signal }).then(
    () => "answered",
    () => "dropped",
  );
  // The server has got the other request by the time that it answers this one.
  expect(await (await fetch(`${served.origin}/health`)).text()).toBe("ok");
  dropping.abort();
  expect(await dropped).toBe("dropped");
  expect(await served.nextLine()).toBe(
    "The client is gone, and the run was stopped: limit=1000000000",
  );
  const counted = await fetch(`${served.origin}/primes/10`);
  expect(await counted.json()).toEqual({ limit: 10, primes: 4 });
  expect(await served.stop()).toBe(0);
});
