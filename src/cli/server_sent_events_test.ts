import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { lines } from "./lines.ts";
import { serverSentEvents } from "./server_sent_events.ts";

async function read(text: string, cuts: readonly number[] = []): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let i = 1; i < places.length; i++) yield bytes.subarray(places[i - 1], places[i]);
  }
  return await Array.fromAsync(serverSentEvents(lines(chunks())));
}

Deno.test("serverSentEvents() gives each event's data, wherever the stream is cut", async () => {
  const data = fc.array(fc.jsonValue().map((value) => JSON.stringify(value)), { maxLength: 5 });
  await fc.assert(fc.asyncProperty(data, fc.array(fc.nat()), async (given, cuts) => {
    const text = given.map((one) => `event: attempt\ndata: ${one}\n\n`).join(":\n\n");
    assertEquals(await read(text, cuts), given);
  }));
});

Deno.test("serverSentEvents() passes over comments and what has not ended", async () => {
  assertEquals(await read(":\n\nretry: 5\n\ndata:a\r\ndata: b\r\n\r\ndata: cut off"), ["a\nb"]);
});
