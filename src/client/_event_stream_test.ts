import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { BellhopError } from "../core/error.ts";
import { eventsIn } from "./_event_stream.ts";

function bodyOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(sink) {
      for (const piece of pieces) sink.enqueue(piece);
      sink.close();
    },
  });
}

Deno.test("eventsIn() reads the same events however the body is cut", async () => {
  const text =
    ':\n\nevent: delivery\ndata: {"é":"😀"}\n\n: word\r\n\r\nevent:ended\rdata:a\rdata: b\r\rdata: last\n\nevent: cut';
  const bytes = new TextEncoder().encode(text);
  const wanted = [
    { event: "delivery", data: '{"é":"😀"}' },
    { event: "ended", data: "a\nb" },
    { event: "message", data: "last" },
  ];
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
    const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
    const pieces = at.slice(1).map((end, n) => bytes.subarray(at[n], end)).filter(({ length }) => length > 0);
    let heard = 0;
    const events = await Array.fromAsync(eventsIn(bodyOf(pieces), 1_000, () => heard++));
    assertEquals(events, wanted);
    assertEquals(heard, pieces.length);
  }));
});

Deno.test("eventsIn() gives up on an event beyond its bound", async () => {
  const body = bodyOf([new TextEncoder().encode(`data: ${"x".repeat(200)}`)]);
  const error = await assertRejects(() => Array.fromAsync(eventsIn(body, 100, () => {})), BellhopError);
  assertEquals(error.code, "response-too-large");
});
