/**
 * The beginning of an answer, and no more than that.
 *
 * @module
 */

/** What was read of a body. */
export interface Prefix {
  readonly text: string;
  /** Whether that is all there was. */
  readonly whole: boolean;
}

/** Reads a body up to `maxBytes` bytes, then cancels it; rejects if it breaks off. */
export async function readPrefix(response: Response, maxBytes: number): Promise<Prefix> {
  const { body } = response;
  if (body === null) return { text: "", whole: true };
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let left = maxBytes;
  while (true) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), whole: true };
    if (value.byteLength > left) {
      reader.cancel().catch(() => {});
      return { text: text + decoder.decode(value.subarray(0, left)), whole: false };
    }
    left -= value.byteLength;
    text += decoder.decode(value, { stream: true });
  }
}
