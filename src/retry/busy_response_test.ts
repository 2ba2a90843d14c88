import { assertEquals } from "@std/assert";
import { manualClock } from "../testing/manual_clock.ts";
import { busyResponse } from "./busy_response.ts";
import { retry } from "./retry.ts";

Deno.test("busyResponse() asks again for what may pass, with Retry-After in either form", () => {
  const asks = (status: number, retryAfter?: string) =>
    busyResponse(new Response(null, { status, headers: retryAfter ? { "retry-after": retryAfter } : {} }), 1, 10_000);
  assertEquals([200, 204, 304, 400, 404, 409, 501].map((status) => asks(status)), Array(7).fill(false));
  assertEquals([408, 425, 429, 500, 502, 503, 504].map((status) => asks(status)), Array(7).fill(0));
  assertEquals(asks(503, "7"), 7_000);
  assertEquals(asks(429, "Thu, 01 Jan 1970 00:00:30 GMT"), 20_000);
  assertEquals(asks(503, "soon"), 0);
});

Deno.test("retry() with busyResponse waits as the server asks and returns the last response", async () => {
  const clock = manualClock(0);
  const times: number[] = [];
  const last = retry(
    () => {
      times.push(clock.nowMs());
      return new Response("busy", { status: 503, headers: { "retry-after": "5" } });
    },
    { retries: 2, baseMs: 10 },
    { clock, retryOn: busyResponse },
  );
  await clock.settle(60_000);
  assertEquals([times, (await last).status, await (await last).text()], [[0, 5_000, 10_000], 503, "busy"]);
});
