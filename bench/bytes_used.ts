/** Bytes of the heap and of buffers beside it that are in use; needs `--v8-flags=--expose-gc`. */
export async function bytesUsed(): Promise<number> {
  for (let i = 0; i < 4; i++) { // buffers that were outgrown are given back between turns
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}
