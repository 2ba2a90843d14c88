import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseRetryAfter } from "../core/retry/retry_after.ts";
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

Deno.test("busyResponse() reads a date in each form of HTTP as the core does, and a word as no wish", () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const pad = (value: number) => String(value).padStart(2, "0");
  // Years of two digits mean the same to every platform up to 2049.
  fc.assert(fc.property(fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2049, 11, 31) }), (ms) => {
    const date = new Date(ms);
    const imf = date.toUTCString();
    const [, day, month, year, time] = /, (\d\d) (\w+) (\d+) (\S+) GMT/.exec(imf)!;
    const forms = [
      imf,
      `${["Sun", "Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur"][date.getUTCDay()]}day, ` +
      `${day}-${month}-${pad(Number(year) % 100)} ${time} GMT`,
      `${imf.slice(0, 3)} ${month} ${String(Number(day)).padStart(2, " ")} ${time} ${year}`,
    ];
    for (const form of forms) {
      const response = new Response(null, { status: 503, headers: { "retry-after": form } });
      assertEquals([form, busyResponse(response, 1, nowMs)], [form, parseRetryAfter(form, nowMs)!]);
    }
  }));
  for (const text of ["2026-01-02", "1e3", "-5", "1.5", "Monday", "Mon:12"]) {
    const response = new Response(null, { status: 503, headers: { "retry-after": text } });
    assertEquals([text, busyResponse(response, 1, nowMs)], [text, 0]);
  }
});
