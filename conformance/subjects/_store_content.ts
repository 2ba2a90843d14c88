import { KEYSPACES } from "@bellhop/bellhop/bus";
import type { OpenStore } from "@bellhop/bellhop/ports";

/** Records of one scan. */
const PAGE = 1_000;

/** All bytes that a store holds which nobody has open, in base64. */
export async function contentOf(open: OpenStore): Promise<string> {
  const store = await open();
  let text = "";
  try {
    for (const keyspace of KEYSPACES) {
      for (let after: string | undefined = ""; after !== undefined;) {
        const records = await store.scan(keyspace, after, PAGE);
        for (const { key, value } of records) text += `${keyspace} ${key} ${value}\n`;
        after = records.length < PAGE ? undefined : records[PAGE - 1].key;
      }
    }
  } finally {
    await store.close();
  }
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}
