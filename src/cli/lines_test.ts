import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { Stop } from "./exit_code.ts";
import { type Line, lines } from "./lines.ts";

async function* chunksOf(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let from = 0;
  for (let place = 0; from < bytes.length; place++) {
    const size = sizes.length === 0 ? bytes.length : sizes[place % sizes.length];
    yield bytes.subarray(from, from += size);
  }
}

async function read(bytes: Uint8Array, sizes: readonly number[] = []): Promise<Line[]> {
  return await Array.fromAsync(lines(chunksOf(bytes, sizes)));
}

Deno.test("lines() gives the same lines however the bytes are cut", async () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", "😀", "\n", "\r\n", " ") });
  await fc.assert(fc.asyncProperty(text, fc.array(fc.integer({ min: 1, max: 5 })), async (text, sizes) => {
    const wanted = text.split(/\r?\n/);
    if (wanted.at(-1) === "") wanted.pop();
    const found = await read(new TextEncoder().encode(text), sizes);
    assertEquals(found.map((line) => line.text), wanted);
    assertEquals(found.map((line) => line.number), wanted.map((_, place) => place + 1));
  }));
});

Deno.test("lines() counts every byte", async () => {
  let bytes = 0;
  const input = new TextEncoder().encode("one\ntwo\nthree");
  await Array.fromAsync(lines(chunksOf(input, [2]), (count) => bytes += count));
  assertEquals(bytes, input.length);
});

Deno.test("lines() names the line where bytes are not UTF-8", async () => {
  const bytes = new Uint8Array([97, 10, 98, 10, 0xff, 0xfe]);
  const error = await assertRejects(() => read(bytes, [4]), Stop);
  assertEquals(error.message, "the input is not UTF-8, at line 3 or after it");
});
